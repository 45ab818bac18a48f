"""Normalisation of the input, part of every encoder so that its constants travel with the weights."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

LAYER = 'normalize'
"""Name of the layer in every encoder."""


def normalization(mean: Sequence[float], standard_deviation: Sequence[float]) -> tf.keras.layers.Layer:
    """Maps RGB in [0, 1] to `(x - mean) / std`; it has no weights.

    It computes in float32 under every precision policy: half precision would round what tells dark pixels apart.

    Args:
        mean: of red, green and blue, in [0, 1].
        standard_deviation: of the same, above 0.
    """
    variance = [deviation**2 for deviation in standard_deviation]
    return tf.keras.layers.Normalization(mean=list(mean), variance=variance, dtype='float32', name=LAYER)
