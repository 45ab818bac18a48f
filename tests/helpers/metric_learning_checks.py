"""What every metric-learning loss is put to."""

import numpy as np
import tensorflow as tf

DISTANCES = {'l2': 'l2', 'l2sq': 'squared_l2', 'snr': 'snr'}
"""Distances by their names among the golden values."""


def value_and_gradient(loss, *inputs):
    """A loss of tensors, as NumPy, and its gradient with respect to each."""
    inputs = [tf.convert_to_tensor(value) for value in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = loss(*inputs)
    return value.numpy(), *(gradient.numpy() for gradient in tape.gradient(value, inputs, 'zero'))


def gradient_error(loss, *inputs):
    """The largest difference between the gradient and that of finite differences, in float64."""
    with_steps = tf.test.compute_gradient(loss, [tf.constant(value, tf.float64) for value in inputs], delta=1e-6)
    return max(np.abs(one - other).max() for one, other in zip(*with_steps, strict=True))


def learns(loss, epochs=15):
    """Trains a tiny embedding model through `fit`; returns the loss of the first and the last epoch.

    The variables of the loss are the model's, so that they are trained with it.
    """
    tf.keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    labels = np.arange(48) % 4
    inputs = rng.normal(size=(4, 6))[labels] + rng.normal(size=(48, 6))
    model = tf.keras.Sequential([tf.keras.layers.Input([6]), tf.keras.layers.Dense(3)])
    model.learned = getattr(loss, 'trainable_variables', [])
    model.compile(tf.keras.optimizers.Adam(0.02), loss)
    history = model.fit(inputs, labels, batch_size=48, epochs=epochs, verbose=0).history['loss']
    return history[0], history[-1]


def restored(loss):
    """The loss, serialised and read back."""
    return tf.keras.losses.deserialize(tf.keras.losses.serialize(loss))
