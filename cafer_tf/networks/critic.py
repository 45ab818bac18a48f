"""The critic, which learns to tell strong emotion from weak."""

from __future__ import annotations

import tensorflow as tf


def build_critic(feature_size: int) -> tf.keras.Model:
    """The critic C: dense 64, dense 32, dense 16; 592,496 parameters on AlexNet's 9,216 features.

    Args:
        feature_size: d, length of the encoder's features.

    Returns:
        A network from `[n, d]` to `[n, 16]`, linear. As in the published network, the first two layers follow each
        other without an activation, and dropout (.2) comes before the only ReLU.
    """
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            tf.keras.Input([feature_size], name='features'),
            layers.Dense(64, name='dense1'),
            layers.Dense(32, name='dense2'),
            layers.Dropout(0.2, name='dropout'),
            layers.ReLU(name='relu'),
            layers.Dense(16, name='embedding'),
        ],
        name='critic',
    )
