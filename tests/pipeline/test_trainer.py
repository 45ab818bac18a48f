"""Interrupted training is continued by the same training only."""

import os
import types

import pytest

from cafer_tf.config import Config
from pipeline import trainer


@pytest.fixture
def arguments(tmp_path):
    for name in ('train-0.gz', 'train-1.gz', 'eval-0.gz'):
        (tmp_path / name).write_bytes(b'records')
        os.utime(tmp_path / name, ns=(10**18, 10**18))
    return types.SimpleNamespace(
        train_files=[str(tmp_path / 'train-*')], eval_files=[str(tmp_path / 'eval-*')], custom_config={'code': 'x'}
    )


def test_the_same_training_finds_its_backup(arguments):
    assert trainer.backup_key(Config(), 0.5, arguments) == trainer.backup_key(Config(), 0.5, arguments)


def test_another_training_does_not(arguments, tmp_path):
    keys = [trainer.backup_key(Config(), 0.5, arguments)]
    keys.append(trainer.backup_key(Config.from_dict({'training': {'seed': 1}}), 0.5, arguments))
    keys.append(trainer.backup_key(Config(), 0.6, arguments))
    arguments.custom_config['code'] = 'y'
    keys.append(trainer.backup_key(Config(), 0.5, arguments))
    (tmp_path / 'train-1.gz').write_bytes(b'RECORDS')  # rewritten, of the same size
    keys.append(trainer.backup_key(Config(), 0.5, arguments))
    (tmp_path / 'eval-1.gz').write_bytes(b'more')
    keys.append(trainer.backup_key(Config(), 0.5, arguments))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize('network', ['encoder', 'head'])
def test_a_training_from_other_pretrained_weights_does_not_either(arguments, tmp_path, network):
    weights = tmp_path / 'weights.pth'
    weights.write_bytes(b'one')
    os.utime(weights, ns=(10**18, 10**18))
    config = Config.from_dict({'network': {f'{network}_weights': str(weights)}})
    before = trainer.backup_key(config, 0.5, arguments)
    assert before == trainer.backup_key(config, 0.5, arguments) != trainer.backup_key(Config(), 0.5, arguments)
    weights.write_bytes(b'two')  # in the same place, of the same size
    assert trainer.backup_key(config, 0.5, arguments) != before


def test_a_backup_vanishes_at_once(tmp_path, monkeypatch):
    backup = tmp_path / 'backup' / '0123456789abcdef'
    backup.mkdir(parents=True)
    (backup / 'state').write_text('of a training')
    other = backup.with_name('fedcba9876543210')
    other.mkdir()
    seen = []
    monkeypatch.setattr(trainer.shutil, 'rmtree', lambda path, **_: seen.append((path.name, backup.exists())))
    trainer.remove_backup(backup)  # dies here: nothing is deleted
    monkeypatch.undo()
    ((aside, still_there),) = seen
    assert not still_there
    assert not aside.isalnum()
    assert {path.name for path in backup.parent.iterdir()} == {aside, other.name}
    trainer.remove_leftovers(backup.parent)
    assert list(backup.parent.iterdir()) == [other]


def test_a_training_without_a_backup_leaves_nothing_to_remove(tmp_path):
    trainer.remove_backup(tmp_path / 'backup' / '0123456789abcdef')
    trainer.remove_leftovers(tmp_path / 'backup')
    assert list(tmp_path.iterdir()) == []
