"""The AV head, which regresses valence and arousal from the encoder's features."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from cafer_tf import features
from cafer_tf.networks.dense import hidden_layers

_DROPPED = 2
"""Layers with dropout before them: those of the paper's head, and of AlexNet and VGG16."""


def build_head(
    feature_size: int,
    dropout: float = 0.5,
    *,
    units: Sequence[int] = (64, 8),
    output: str = 'linear',
    normalized: bool = False,
) -> tf.keras.Model:
    """The regressor R: by default dense 64, dense 8, dense 2; 590,426 parameters on AlexNet's 9,216 features.

    Args:
        feature_size: d, length of the encoder's features.
        dropout: rate before each of the first two hidden layers.
        units: of the hidden layers, each with a ReLU; the default is the paper's.
        output: activation of valence and arousal, `linear` (not bounded) or `tanh`.
        normalized: whether hidden layers are normalised over the batch before their ReLU.

    Returns:
        A network from `[n, d]` to `[n, 2]`, valence first, float32 under every precision policy.
    """
    # Near 0 at first: predictions far from the labels make first steps that kill most of few hidden units for good.
    initializer = tf.keras.initializers.VarianceScaling(0.01, 'fan_avg', 'uniform')
    return tf.keras.Sequential(
        [
            tf.keras.Input([feature_size], name='features'),
            *hidden_layers(units, dropout, _DROPPED, normalized=normalized),
            tf.keras.layers.Dense(
                len(features.OUTPUTS), output, kernel_initializer=initializer, dtype='float32', name='valence_arousal'
            ),
        ],
        name='head',
    )
