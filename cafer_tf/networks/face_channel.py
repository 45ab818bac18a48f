"""The FaceChannel encoder: a small network on grey faces with shunting inhibition at its end."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.networks.dropout import Dropout
from cafer_tf.networks.normalization import BatchNormalization
from cafer_tf.networks.pooling import pool

_BLOCKS = ((64, 2), (128, 2), (128, 3), (256, 2))  # filters, convolutions
_INHIBITED = 256
_DECAY = 0.5
_DROPOUT = 0.25


def face_channel(x: tf.Tensor, pooling: str = 'flatten') -> tf.Tensor:
    """Ten convolutions and one that inhibits, 2,769,728 parameters; 4,096 features of 64 pixels by `flatten`.

    Nine 3 x 3 convolutions, each with batch normalisation and a ReLU, in four blocks, of which the first three end in a
    maximum over 2 x 2 and dropout; then the tenth and, beside it, the inhibiting one, each with a ReLU, and again
    maximum and dropout. The dense layer of 200 units that follows is the head's. Layout, initialisation, epsilon and
    dropout are those of version 1 of the authors' code, with a constant decay of 0.5; the normalisation's momentum is
    ours.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 32 pixels, turned to grey first.
        pooling: `flatten`, `global` or `grid`.

    Reference: P. Barros, N. Churamani and A. Sciutti, "The FaceChannel: a fast and furious deep neural network for
    facial expression recognition", SN Computer Science 1 (2020).
    """
    # In float32, as the normalisation before it.
    x = Grey(dtype='float32', name='grey')(x)
    for block, (filters, convolutions) in enumerate(_BLOCKS, start=1):
        for index in range(1, convolutions + 1):
            name = f'conv{block}_{index}'
            x = _convolution(x, filters, name)
            x = BatchNormalization(name=f'{name}_norm')(x)
            x = tf.keras.layers.ReLU(name=f'{name}_relu')(x)
        if block < len(_BLOCKS):
            x = _reduce(x, block)
    excitation, inhibition = (_convolution(x, _INHIBITED, name, 'relu') for name in ('excitation', 'inhibition'))
    x = ShuntingInhibition(_DECAY, name='shunting')([excitation, inhibition])
    return pool(_reduce(x, len(_BLOCKS)), pooling)


def _convolution(x: tf.Tensor, filters: int, name: str, activation: str | None = None) -> tf.Tensor:
    return tf.keras.layers.Conv2D(filters, 3, padding='same', activation=activation, name=name)(x)


def _reduce(x: tf.Tensor, index: int) -> tf.Tensor:
    x = tf.keras.layers.MaxPooling2D(2, 2, name=f'pool{index}')(x)
    return Dropout(_DROPOUT, name=f'dropout{index}')(x)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class Grey(tf.keras.layers.Layer):
    """`[n, h, w, 3]`, RGB, to `[n, h, w, 1]`, grey: `.2989 red + .5870 green + .1140 blue`."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The shares' sum."""
        return tf.image.rgb_to_grayscale(inputs)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class ShuntingInhibition(tf.keras.layers.Layer):
    """`S = u / (a + I)` of two maps of one shape: excitation u, and inhibition I, which is not negative.

    Args:
        decay: the passive decay a, a positive constant.
        **kwargs: as for `keras.layers.Layer`.

    Reference: Y. Frégnac et al., "Shunting inhibition, a silent step in visual cortical computation", Journal of
    Physiology-Paris 97 (2003).
    """

    def __init__(self, decay: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decay = decay

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        """The excitation that is left."""
        excitation, inhibition = inputs
        return excitation / (self.decay + inhibition)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), 'decay': self.decay}
