"""Dropout that goes on where it was after a restart."""

from __future__ import annotations

import random
from typing import Any

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class Dropout(tf.keras.layers.Layer):
    """In training, sets a fraction of its inputs to 0 and scales the others by `1 / (1 - rate)`.

    Unlike in Keras' layer, the state of the random numbers is part of a checkpoint (not of the weights), so that a
    resumed run draws the masks that an uninterrupted one would have drawn. Masks are drawn in float32 under every
    precision policy, since bfloat16 knows only 128 rates. Each replica draws masks of its own.

    Args:
        rate: fraction set to 0, in [0, 1).
        **kwargs: as for `keras.layers.Layer`.

    Reference: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15
    (2014).
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        # Python's generator is the one that `keras.utils.set_random_seed` seeds for seeds. Philox gives the same masks
        # on every device.
        self.generator = tf.random.Generator.from_seed(random.randrange(2**31), alg='philox')

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The inputs, thinned out in training."""
        if not training or self.rate == 0:
            return inputs
        kept = self.generator.uniform(tf.shape(inputs)) >= self.rate
        return tf.where(kept, inputs / (1 - self.rate), 0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), 'rate': self.rate}
