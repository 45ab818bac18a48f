import json

import numpy as np
import pytest
import tensorflow as tf
from records import write

from cafer_tf import Config, callbacks, input, training

THRESHOLD = 0.6


def make_config(**values):
    settings = {'epochs': 3, 'batch_size': 16, 'learning_rate': 3e-3, **values}
    return Config.from_dict({'input': {'image_size': 32}, 'network': {'head_dropout': 0.1}, 'training': settings})


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('records')
    rng = np.random.default_rng(0)
    return [
        str(write(folder / f'{name}.gz', rng.uniform(-0.7, 0.7, (n, 2)))) for name, n in (('train', 96), ('eval', 32))
    ]


@pytest.fixture(scope='module')
def trained(files, tmp_path_factory, request):
    """A run, what it printed, and the folder of its logs."""
    logs = tmp_path_factory.mktemp('logs')
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr('builtins.print', lambda *parts, **_: lines.append(' '.join(map(str, parts))))
        model = training.train(make_config(), THRESHOLD, files[:1], files[1:], log_directory=logs)
    return model, lines, logs


def test_returns_the_model_of_the_best_epoch(trained, files):
    model, lines, _ = trained
    assert len(lines) == 3
    printed = [float(line.split('validation CCC ')[1].split()[0]) for line in lines]
    score = model.evaluate(input.evaluation_dataset(files[1:], make_config()), verbose=0, return_dict=True)['ccc']
    assert score == pytest.approx(max(printed), abs=6e-4)
    assert max(printed) > min(printed)


def test_the_same_seed_gives_the_same_run(trained, files):
    again = training.train(make_config(), THRESHOLD, files[:1], files[1:])
    for one, other in zip(trained[0].get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_learning_rate_decays_by_the_configured_factor_an_epoch(trained):
    for optimizer in (trained[0].optimizer, trained[0].critic_optimizer):
        assert optimizer.iterations.numpy() == 3 * 6  # 96 examples in batches of 16
        schedule = tf.keras.optimizers.schedules.deserialize(optimizer.get_config()['learning_rate'])
        assert [float(schedule(step)) for step in (0, 6, 18)] == pytest.approx([3e-3, 3e-3 * 0.9, 3e-3 * 0.9**3])


def test_writes_scalars_for_tensorboard(trained):
    tags = set()
    for path in (trained[2] / 'train').glob('events*'):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            tags |= {value.tag for value in event.summary.value}
    assert {'epoch_loss', 'epoch_critic_loss', 'epoch_margin', 'epoch_ccc', 'epoch_adversarial_loss'} <= tags


def test_a_run_that_was_stopped_continues_and_keeps_its_best_epoch(files, tmp_path, monkeypatch, capsys):
    class Killed(Exception):
        pass

    original = callbacks.EpochProgress.on_epoch_begin

    def dies(self, epoch, logs=None):
        if epoch == 2:
            raise Killed
        original(self, epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(callbacks.EpochProgress, 'on_epoch_begin', dies)
        with pytest.raises(Killed):
            training.train(make_config(), THRESHOLD, files[:1], files[1:], backup_directory=tmp_path)
    before = json.loads((tmp_path / 'best.json').read_text())
    capsys.readouterr()
    model = training.train(make_config(), THRESHOLD, files[:1], files[1:], backup_directory=tmp_path)
    printed = capsys.readouterr().out
    assert 'epoch   3/3' in printed
    assert 'epoch   2/3' not in printed
    assert model.optimizer.iterations.numpy() == model.critic_optimizer.iterations.numpy() == 18
    assert json.loads((tmp_path / 'best.json').read_text())['val_ccc'] >= before['val_ccc']
    finished = training.train(make_config(), THRESHOLD, files[:1], files[1:], backup_directory=tmp_path)
    assert 'epoch' not in capsys.readouterr().out  # nothing is left to do but to restore
    for one, other in zip(model.get_weights(), finished.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_best_weights_come_back(tmp_path):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=[1])])
    keeper = callbacks.BestWeights(tmp_path)
    keeper.set_model(model)
    keeper.on_train_begin()
    for epoch, score in enumerate([0.1, 0.5, 0.3]):
        model.set_weights([np.full([1, 1], epoch), np.zeros(1)])
        keeper.on_epoch_end(epoch, {callbacks.MONITOR: score})
    keeper.on_train_end()
    assert model.get_weights()[0].item() == 1
    assert keeper.best == {'epoch': 1, callbacks.MONITOR: 0.5}
    again = callbacks.BestWeights(tmp_path)
    again.set_model(model)
    again.on_train_begin()
    again.on_epoch_end(3, {callbacks.MONITOR: 0.4})
    assert again.best['epoch'] == 1


def test_a_score_that_is_not_finite_is_never_the_best(tmp_path):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=[1])])
    keeper = callbacks.BestWeights(tmp_path)
    keeper.set_model(model)
    keeper.on_epoch_end(0, {callbacks.MONITOR: float('nan')})
    with pytest.raises(ArithmeticError, match='val_ccc was not finite after any epoch'):
        keeper.on_train_end()
    keeper.on_epoch_end(1, {callbacks.MONITOR: 0.2})
    keeper.on_epoch_end(2, {callbacks.MONITOR: float('nan')})
    assert keeper.best['epoch'] == 1
