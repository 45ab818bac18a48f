import pytest
import tensorflow as tf

from cafer_tf.callbacks import Scalars


def read(folder):
    """What the event files of a folder hold: `{name: {step: value}}`."""
    scalars = {}
    for path in sorted(folder.glob('events*')):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                scalars.setdefault(value.tag, {})[event.step] = tf.make_ndarray(value.tensor).item()
    return scalars


def test_writes_the_logs_of_each_epoch_under_their_names(line, fit, tmp_path):
    history = fit(line(), 2, [Scalars(tmp_path)]).history
    train, validation = read(tmp_path / 'train'), read(tmp_path / 'validation')
    assert set(train) == set(validation) == {'loss', 'number'}
    assert train['loss'] == pytest.approx({1: history['loss'][0], 2: history['loss'][1]})
    assert validation['loss'] == pytest.approx({1: 0.5, 2: 0.5})


def test_an_epoch_can_be_read_at_its_end(tmp_path):
    callback = Scalars(tmp_path)
    callback.on_train_begin()
    callback.on_epoch_end(0, {'margin': 0.25, 'val_ccc': 0.5})
    assert (read(tmp_path / 'train'), read(tmp_path / 'validation')) == ({'margin': {1: 0.25}}, {'ccc': {1: 0.5}})
    callback.on_train_end()


def test_a_training_that_goes_on_adds_to_the_scalars(tmp_path):
    for epochs in ((0, 1), (1, 2)):  # killed after the second epoch was written, before it was backed up
        callback = Scalars(tmp_path)
        callback.on_train_begin()
        for epoch in epochs:
            callback.on_epoch_end(epoch, {'loss': epoch / 4})
        callback.on_train_end()
    assert read(tmp_path / 'train') == {'loss': {1: 0, 2: 0.25, 3: 0.5}}
