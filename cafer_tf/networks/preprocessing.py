"""Normalisation of the input, part of every encoder so that its constants travel with the weights."""

from __future__ import annotations

import tensorflow as tf

_MEAN = (0.485, 0.456, 0.406)
_STANDARD_DEVIATION = (0.229, 0.224, 0.225)


def normalization() -> tf.keras.layers.Layer:
    """Maps RGB in [0, 1] to `(x - mean) / std` with the ImageNet statistics; it has no weights."""
    return tf.keras.layers.Normalization(mean=_MEAN, variance=[std**2 for std in _STANDARD_DEVIATION], name='normalize')
