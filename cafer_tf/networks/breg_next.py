"""The BReG-NeXt-50 encoder: residual blocks whose shortcuts have a bounded gradient."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.networks.normalization import BatchNormalization
from cafer_tf.networks.pooling import pool

_STAGES = ((32, 7), (64, 9), (128, 8))  # filters, blocks
_EPSILON = 1e-5
_SMALL = 1e-4


def breg_next50(x: tf.Tensor, pooling: str = 'global') -> tf.Tensor:
    """49 convolutions of 3 x 3, 3,071,664 parameters; 128 features of `global` pooling.

    A convolution and 24 residual blocks of two each: batch normalisation and ELU come before each convolution, and once
    more at the end. In the place of the identity a block has `BoundedShortcut`. Layout, initialisation and epsilon are
    those of the authors' code (their figure normalises after the convolutions); its normalisation ran on the statistics
    of the start, so that it only scaled and shifted, where this one normalises over the batch, as the paper says.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 32 pixels.
        pooling: `global`, `grid` or `flatten`.

    Reference: B. Hasani, P. S. Negi and M. H. Mahoor, "BReG-NeXt: facial affect computing using adaptive residual
    networks with bounded gradient", IEEE Transactions on Affective Computing 13 (2022).
    """
    x = _convolution(x, _STAGES[0][0], 1, 'stem')
    for stage, (filters, blocks) in enumerate(_STAGES, start=1):
        for block in range(1, blocks + 1):
            stride = 2 if block == 1 and stage > 1 else 1
            x = _block(x, filters, stride, f'stage{stage}_block{block}')
    return pool(_activation(x, 'last'), pooling)


def _block(x: tf.Tensor, filters: int, stride: int, name: str) -> tf.Tensor:
    # In float32: half precision would leave little of the quotient by a small α.
    shortcut = BoundedShortcut(filters, stride, dtype='float32', name=f'{name}_shortcut')(x)
    x = _convolution(_activation(x, f'{name}_a'), filters, stride, f'{name}_a')
    x = _convolution(_activation(x, f'{name}_b'), filters, 1, f'{name}_b')
    return tf.keras.layers.Add(name=f'{name}_add')([x, shortcut])


def _activation(x: tf.Tensor, name: str) -> tf.Tensor:
    x = BatchNormalization(epsilon=_EPSILON, name=f'{name}_norm')(x)
    return tf.keras.layers.ELU(name=f'{name}_elu')(x)


def _convolution(x: tf.Tensor, filters: int, stride: int, name: str) -> tf.Tensor:
    # Keras' uneven padding of strided convolutions is that of the authors' code.
    return tf.keras.layers.Conv2D(filters, 3, stride, padding='same', kernel_initializer='he_normal', name=name)(x)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class BoundedShortcut(tf.keras.layers.Layer):
    """A shortcut whose gradient is bounded: `H(x) = arctan(α x / s) / (α s)` with `s = sqrt(β² + 1)`.

    Its slope is `1 / (1 + β² + α² x²)`, at most `1 / (1 + β²)`. α and β are two trained numbers, 1 at first. Near α = 0
    H is its limit, `x / (1 + β²)`. Where a block halves its map, 2 x 2 are averaged; where it has more filters, zeros
    are added, half of them before the channels and half behind.

    Args:
        filters: channels of the result, at least those of the input.
        stride: of rows and columns.
        **kwargs: as for `keras.layers.Layer`.
    """

    def __init__(self, filters: int, stride: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.stride = stride

    def build(self, input_shape: Any) -> None:
        """Makes α and β."""
        self.alpha = self.add_weight('alpha', [], initializer='ones')
        self.beta = self.add_weight('beta', [], initializer='ones')
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """`[n, h, w, c]` to `[n, ceil(h / stride), ceil(w / stride), filters]`."""
        x = self._bounded(inputs)
        if self.stride > 1:
            x = tf.nn.avg_pool2d(x, self.stride, self.stride, 'SAME')
        missing = self.filters - inputs.shape[-1]
        return tf.pad(x, [[0, 0], [0, 0], [0, 0], [missing // 2, missing - missing // 2]]) if missing else x

    def _bounded(self, x: tf.Tensor) -> tf.Tensor:
        small = tf.abs(self.alpha) < _SMALL
        # Chosen twice, because the gradient of the quotient, even where it is not taken, must not be NaN.
        alpha = tf.where(small, 1.0, self.alpha)
        squared = self.beta**2 + 1
        root = tf.sqrt(squared)
        # The arctangent of the quotient by `root`, in the one form that TensorFlow Lite has.
        angle = tf.math.atan2(alpha * x, root * tf.ones_like(x))
        return tf.where(small, x / squared, angle / (alpha * root))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), 'filters': self.filters, 'stride': self.stride}
