"""The AV head, which regresses valence and arousal from the encoder's features."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf import features
from cafer_tf.networks.dropout import Dropout


def build_head(feature_size: int, dropout: float = 0.5) -> tf.keras.Model:
    """The regressor R: dense 64, dense 8, dense 2; 590,426 parameters on AlexNet's 9,216 features.

    Args:
        feature_size: d, length of the encoder's features.
        dropout: rate before each of the first two layers.

    Returns:
        A network from `[n, d]` to `[n, 2]`, valence first, linear (not bounded), float32 under every precision policy.
    """
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            tf.keras.Input([feature_size], name='features'),
            Dropout(dropout, name='dropout1'),
            layers.Dense(64, activation='relu', kernel_initializer='he_normal', name='dense1'),
            Dropout(dropout, name='dropout2'),
            layers.Dense(8, activation='relu', kernel_initializer='he_normal', name='dense2'),
            # Near 0 at first: predictions far from the labels make first steps that kill most of the 8 units for good.
            layers.Dense(
                len(features.OUTPUTS),
                kernel_initializer=tf.keras.initializers.VarianceScaling(0.01, 'fan_avg', 'uniform'),
                dtype='float32',
                name='valence_arousal',
            ),
        ],
        name='head',
    )
