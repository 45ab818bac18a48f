import json

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.callbacks import MONITOR, BestWeights


def make(directory, patience=0):
    keeper = BestWeights(directory, patience)
    keeper.set_model(tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=[1])]))
    keeper.model.stop_training = False
    keeper.on_train_begin()
    return keeper


def end_epochs(keeper, scores, start=0):
    for epoch, score in enumerate(scores, start):
        keeper.model.set_weights([np.full([1, 1], epoch), np.zeros(1)])
        keeper.on_epoch_end(epoch, {MONITOR: score})


def test_best_weights_come_back(tmp_path):
    keeper = make(tmp_path)
    end_epochs(keeper, [0.1, 0.5, 0.3])
    keeper.on_train_end()
    assert keeper.model.get_weights()[0].item() == 1
    assert keeper.best == {'epoch': 1, MONITOR: 0.5}


def test_the_best_epoch_survives_a_restart(tmp_path):
    end_epochs(make(tmp_path), [0.1, 0.5, 0.3])
    again = make(tmp_path)
    end_epochs(again, [0.4], start=3)
    assert again.best == {'epoch': 1, MONITOR: 0.5}
    again.on_train_end()
    assert again.model.get_weights()[0].item() == 1
    again.on_epoch_end(np.int64(4), {MONITOR: np.float32(0.75)})  # as Keras calls it after a restart
    assert make(tmp_path).best == {'epoch': 4, MONITOR: 0.75}


def test_a_score_without_its_weights_counts_for_nothing(tmp_path):
    (tmp_path / 'best.json').write_text(json.dumps({'epoch': 7, MONITOR: 0.9}))
    assert make(tmp_path).best['epoch'] == -1


def test_a_score_that_is_not_finite_is_never_the_best(tmp_path):
    keeper = make(tmp_path)
    end_epochs(keeper, [float('nan')])
    with pytest.raises(ArithmeticError, match='val_ccc was not finite after any epoch'):
        keeper.on_train_end()
    end_epochs(keeper, [0.2, float('nan')], start=1)
    assert keeper.best['epoch'] == 1


@pytest.mark.parametrize(
    ('patience', 'scores', 'trained'),
    [
        (0, [0.5, 0.4, 0.3, 0.2, 0.1], 5),
        (1, [0.5, 0.4, 0.3, 0.2, 0.1], 2),
        (2, [0.5, 0.4, 0.3, 0.2, 0.1], 3),
        (2, [0.1, 0.0, 0.2, 0.1, 0.2], 5),  # an equal score is no better one: the second epoch without ends it
        (2, [float('nan')] * 5, 2),
        (5, [0.5, 0.4, 0.3, 0.2, 0.1], 5),
    ],
)
def test_stops_after_so_many_epochs_without_a_better_one(tmp_path, patience, scores, trained):
    keeper = make(tmp_path, patience)
    for epoch, score in enumerate(scores):
        assert not keeper.exhausted(epoch)
        end_epochs(keeper, [score], start=epoch)
        if keeper.model.stop_training:
            break
    assert epoch + 1 == trained
    assert keeper.model.stop_training == keeper.exhausted(trained)


def test_a_restart_neither_waits_anew_nor_goes_on(tmp_path):
    end_epochs(make(tmp_path, patience=3), [0.1, 0.5, 0.3, 0.3])
    again = make(tmp_path, patience=3)
    assert not again.exhausted(4)
    end_epochs(again, [0.3], start=4)
    assert again.model.stop_training
    assert make(tmp_path, patience=3).exhausted(5)


def test_only_the_first_worker_writes(tmp_path, monkeypatch):
    keeper = make(tmp_path)
    monkeypatch.setattr(type(keeper.model.distribute_strategy.extended), 'should_checkpoint', False)
    end_epochs(keeper, [0.5])
    assert keeper.best['epoch'] == 0
    assert list(tmp_path.iterdir()) == []
