import numpy as np
import tensorflow as tf

from cafer_tf.averaging import WeightAverage
from cafer_tf.callbacks import AveragedWeights


class Watch(tf.keras.callbacks.Callback):
    """Notes a weight at validation and at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_test_batch_begin(self, batch, logs=None):
        self.seen.append(self.model.dense.kernel.numpy().item())

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(self.model.dense.kernel.numpy().item())


class Update(tf.keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.average.update()


def test_the_average_is_judged_and_training_goes_on_with_the_weights(line, fit):
    tf.keras.utils.set_random_seed(0)
    plain, averaged = line(), line()
    averaged.set_weights(plain.get_weights())
    averaged.average = WeightAverage(averaged.trainable_variables, 0.8)
    before, after = Watch(), Watch()
    fit(plain, 2, [])
    fit(averaged, 2, [Update(), before, AveragedWeights(), after])
    for one, other in zip(plain.get_weights(), averaged.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    average = averaged.average.averages[0].numpy().item()
    weight = averaged.dense.kernel.numpy().item()
    assert abs(average - weight) > 1e-3
    # In each epoch two batches of validation, then its end.
    assert before.seen[3:] == [average] * 3
    assert after.seen[5] == weight


def test_only_validation_exchanges(line):
    model = line()
    model.average = WeightAverage(model.trainable_variables, 0.8)
    model.average.averages[0].assign([[7.0]])
    callback = AveragedWeights()
    callback.set_model(model)
    before = model.get_weights()
    for validates in (False, True, False):
        if validates:
            callback.on_test_begin()
            assert model.dense.kernel.numpy().item() == 7
        callback.on_epoch_end(0, {})
        for one, other in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
