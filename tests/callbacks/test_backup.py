import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.averaging import WeightAverage
from cafer_tf.callbacks import Backup, BackupError, claim, saved_step

EPOCHS = 3  # of five steps


class Killed(Exception):
    pass


class Dies(tf.keras.callbacks.Callback):
    """Stands for the end of the process: after a step of an epoch, in its validation, or at its end."""

    def __init__(self, epoch, step=None, validating=False):
        super().__init__()
        self.place = epoch, step, validating
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.die_at(batch)

    def on_test_begin(self, logs=None):
        self.die_at(validating=True)

    def on_epoch_end(self, epoch, logs=None):
        self.die_at()

    def die_at(self, step=None, validating=False):
        if (self.epoch, step, validating) == self.place:
            raise Killed


class Record(tf.keras.callbacks.Callback):
    """The logs of every step and epoch, by their number."""

    def __init__(self):
        super().__init__()
        self.steps, self.epochs, self.epoch = {}, {}, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.steps[self.epoch * 5 + batch] = dict(logs)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs[epoch] = dict(logs)


@pytest.fixture
def make(line):
    def run():
        tf.keras.utils.set_random_seed(0)
        model = line()
        model.average = WeightAverage(model.trainable_variables, 0.9)
        return model

    return run


@pytest.fixture
def whole(make, fit):
    """A training that nothing interrupts, and its record."""
    model, record = make(), Record()
    fit(model, EPOCHS, [record])
    return model, record


@pytest.mark.parametrize(
    ('place', 'saved'),
    [
        # Saved are steps 2, 4, 6, 8, 12 and 14, and the ends of the epochs, at 5, 10 and 15.
        ({'epoch': 0, 'step': 0}, 0),
        ({'epoch': 1, 'step': 0}, 6),
        ({'epoch': 1, 'step': 1}, 6),
        ({'epoch': 1, 'step': 3}, 8),
        ({'epoch': 1, 'step': 4}, 8),  # the epoch's last step: its validation is still to come
        ({'epoch': 1, 'validating': True}, 8),
        ({'epoch': 1}, 10),
        ({'epoch': 2}, 15),
    ],
)
def test_goes_on_as_if_nothing_had_happened(make, fit, whole, tmp_path, place, saved):
    with pytest.raises(Killed):
        fit(make(), EPOCHS, [Backup(tmp_path, 2), Dies(**place)])
    assert saved_step(tmp_path) == saved
    model, record = make(), Record()
    fit(model, EPOCHS, [Backup(tmp_path, 2), record], start=saved)
    assert record.steps == {number: logs for number, logs in whole[1].steps.items() if number >= saved}
    assert record.epochs == {number: logs for number, logs in whole[1].epochs.items() if number >= saved // 5}
    assert_same(model, whole[0])


def test_may_be_killed_over_and_over(make, fit, whole, tmp_path):
    saved = []
    for epoch, step in ((0, 2), (0, 3), (1, 1), (1, 1), (2, 0)):
        with pytest.raises(Killed):
            fit(make(), EPOCHS, [Backup(tmp_path, 2), Dies(epoch, step)], start=saved_step(tmp_path))
        saved.append(saved_step(tmp_path))
    assert saved == [2, 4, 6, 6, 10]  # by the steps of the training, not by those of the process
    model = make()
    fit(model, EPOCHS, [Backup(tmp_path, 2)], start=10)
    assert_same(model, whole[0])


def assert_same(model, other):
    assert model.optimizer.iterations.numpy() == other.optimizer.iterations.numpy() == EPOCHS * 5
    variables = [*model.get_weights(), *model.optimizer.variables, *model.average.averages]
    others = [*other.get_weights(), *other.optimizer.variables, *other.average.averages]
    for one, expected in zip(variables, others, strict=True):
        np.testing.assert_array_equal(one, expected)


@pytest.mark.parametrize(('write', 'saved'), [(1, 5), (2, 10)])
def test_a_process_may_be_killed_while_it_saves(make, fit, whole, tmp_path, monkeypatch, write, saved):
    fit(make(), 1, [Backup(tmp_path, 10)])
    original, written = tf.train.CheckpointManager._record_state, []

    def record_state(self):  # TensorFlow notes the newest state before it removes the one before, and after that
        written.append(self)
        if len(written) == write:
            raise Killed
        original(self)

    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, '_record_state', record_state)
        with pytest.raises(Killed):
            fit(make(), 2, [Backup(tmp_path, 10)], start=5)
    assert saved_step(tmp_path) == saved
    model = make()
    fit(model, EPOCHS, [Backup(tmp_path, 10)], start=saved)
    assert_same(model, whole[0])


@pytest.mark.parametrize('damage', ['shorter', 'changed', 'gone', 'no index'])
def test_says_which_backup_is_damaged(make, fit, tmp_path, damage):
    fit(make(), 1, [Backup(tmp_path, 10)])
    (data,) = (tmp_path / 'chief').glob('ckpt-*.data*')
    (index,) = (tmp_path / 'chief').glob('ckpt-*.index')
    content = data.read_bytes()
    if damage == 'shorter':
        data.write_bytes(content[: len(content) // 2])
    elif damage == 'changed':
        data.write_bytes(bytes(byte ^ 1 for byte in content))
    else:
        (data if damage == 'gone' else index).unlink()
    with pytest.raises(BackupError, match=rf'the backup in {tmp_path} cannot be read .+ remove the folder'):
        fit(make(), 2, [Backup(tmp_path, 10)])
    if damage != 'shorter':  # what is left may hold the count
        with pytest.raises(BackupError, match=rf'the backup in {tmp_path} cannot be read .+ remove the folder'):
            saved_step(tmp_path)


def test_refuses_a_backup_of_other_shapes(make, fit, tmp_path):
    fit(make(), 1, [Backup(tmp_path, 10)])
    model = make()
    model.dense = tf.keras.layers.Dense(2)
    model.dense.build([None, 1])
    with pytest.raises(BackupError, match='cannot be read'):
        fit(model, 2, [Backup(tmp_path, 10)], start=5)


def test_without_a_backup_a_training_starts_at_the_first_step(tmp_path):
    assert saved_step(tmp_path) == saved_step(tmp_path / 'nothing') == 0


def test_a_folder_is_of_one_training(tmp_path):
    training = {'epochs': 3, 'mean': (0.5, 0.25), 'threshold': 0.1}
    for _ in range(2):
        claim(tmp_path / 'new', training)
    with pytest.raises(BackupError, match=r'new holds the state of another training \(compare .+training.json\)'):
        claim(tmp_path / 'new', {**training, 'epochs': 4})
    claim(tmp_path / 'new', training)
