import time

import pytest
import tensorflow as tf

from cafer_tf.callbacks import Rates


class Wait(tf.keras.callbacks.Callback):
    """Makes the first step, the others and validation last so long, in seconds."""

    def __init__(self, first, other, validation):
        super().__init__()
        self.first, self.other, self.validation = first, other, validation

    def on_train_batch_begin(self, batch, logs=None):
        time.sleep(self.other if batch else self.first)

    def on_test_batch_begin(self, batch, logs=None):
        time.sleep(self.validation)


def test_images_a_second_are_those_of_training(line, fit):
    history = fit(line(), 2, [Wait(0.5, 0.05, 0.5), Rates(batch_size=8)]).history
    # Four steps of 0.05 s and little more; with the first step or validation it would be 32 / 0.7 at most.
    assert all(50 < value <= 8 / 0.05 for value in history['images_per_second'])


def test_a_step_that_is_all_of_the_epoch_counts(line):
    model = line()
    history = model.fit(
        tf.data.Dataset.range(9).batch(1), steps_per_epoch=1, epochs=2, callbacks=[Wait(0.1, 0, 0), Rates(8)], verbose=0
    ).history
    assert all(0 < value <= 80 for value in history['images_per_second'])


def test_learning_rates_are_those_of_the_last_step(line, fit):
    history = fit(line(), 3, [Rates(batch_size=8)]).history
    # 0.1 halved every five steps: the last steps of the epochs are 4, 9 and 14.
    assert history['encoder_learning_rate'] == pytest.approx([0.1 * 0.5 ** (step / 5) for step in (4, 9, 14)])


@pytest.mark.parametrize('rate', [0.25, tf.keras.optimizers.schedules.ExponentialDecay(0.25, 1, 1.0)])
def test_reads_every_optimizer_scaled_or_not(line, fit, rate):
    class Two(line):
        @property
        def optimizers(self):
            return {'head': self.optimizer, 'critic': self.scaled}

    model = Two()
    model.scaled = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.Adam(rate))
    history = fit(model, 1, [Rates(batch_size=8)]).history
    assert history['critic_learning_rate'] == [0.25]
    assert 'head_learning_rate' in history
