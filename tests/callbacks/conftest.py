"""A model that trains in milliseconds, on data that can start at any step."""

import pytest
import tensorflow as tf

from cafer_tf.callbacks import MONITOR

STEPS = 5
"""Of an epoch."""


class Line(tf.keras.Model):
    """A straight line; its logs are the running means of loss and of the step's number."""

    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(1)
        self.dense.build([None, 1])
        self.running = [tf.keras.metrics.Mean('loss'), tf.keras.metrics.Mean('number')]
        self.compile(tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.ExponentialDecay(0.1, STEPS, 0.5)))
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self):
        return self.running

    @property
    def optimizers(self):
        return {'encoder': self.optimizer}

    def train_step(self, number):
        number = tf.cast(number, tf.float32)[:, tf.newaxis]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.dense(tf.sin(number)) - tf.cos(number)))
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        return self.report(loss, number)

    def test_step(self, number):
        return self.report(tf.constant(0.5), tf.cast(number, tf.float32))

    def report(self, loss, number):
        for metric, value in zip(self.running, (loss, number), strict=True):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self.running}


class Scores(tf.keras.callbacks.Callback):
    """Gives epochs the scores of a list."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def on_epoch_end(self, epoch, logs=None):
        logs.update({MONITOR: self.scores[epoch], 'val_valence_ccc': 0.25, 'val_arousal_ccc': 0.75, 'ccc': 0.125})


@pytest.fixture
def line():
    return Line


@pytest.fixture
def scores():
    return Scores


@pytest.fixture
def fit():
    """Trains a line for some epochs of five steps with callbacks, from a step on, and returns what `fit` does."""

    def run(model, epochs, callbacks, start=0):
        numbers = tf.data.Dataset.range(start, 10**6).batch(1)
        return model.fit(
            numbers,
            epochs=epochs,
            steps_per_epoch=STEPS,
            validation_data=tf.data.Dataset.range(2).batch(1),
            callbacks=callbacks,
            verbose=0,
        )

    return run
