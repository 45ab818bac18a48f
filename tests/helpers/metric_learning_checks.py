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
    return value.numpy(), *(gradient.numpy() for gradient in tape.gradient(value, inputs, unconnected_gradients='zero'))


def gradient_error(loss, *inputs):
    """The largest difference between the gradient and that of finite differences, in float64."""
    with_steps = tf.test.compute_gradient(loss, [tf.constant(value, tf.float64) for value in inputs], delta=1e-6)
    return max(np.abs(one - other).max() for one, other in zip(*with_steps, strict=True))


def learns(loss, epochs=30):
    """Trains a tiny embedding model through `fit`; how far classes are spread before and after, see `_spread`.

    The variables of the loss are the model's, so that they are trained with it.
    """
    tf.keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    labels = np.arange(48) % 4
    inputs = rng.normal(size=(4, 6))[labels] + rng.normal(size=(48, 6))
    model = tf.keras.Sequential([tf.keras.layers.Input([6]), tf.keras.layers.Dense(3)])
    model.learned = getattr(loss, 'trainable_variables', [])
    model.compile(tf.keras.optimizers.Adam(0.05), loss)
    before = _spread(model(inputs).numpy(), labels)
    model.fit(inputs, labels, batch_size=48, epochs=epochs, verbose=0)
    return before, _spread(model(inputs).numpy(), labels)


def restored(loss):
    """The loss, serialised and read back."""
    return tf.keras.losses.deserialize(tf.keras.losses.serialize(loss))


def _spread(embeddings, labels):
    """The mean distance within classes over that between them, of directions."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    distances = np.linalg.norm(unit[:, None] - unit, axis=-1)
    same = labels[:, None] == labels
    return distances[same].mean() / distances[~same].mean()
