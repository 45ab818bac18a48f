"""The ResNet-18 encoder whose 3 x 3 convolutions are CP-factorised."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.networks.resnet import convolution, resnet18_layout

_SIDE = 3
"""Of the factorised kernels."""


def cp_resnet18(x: tf.Tensor, pooling: str = 'global') -> tf.Tensor:
    """`resnet18` of factorised convolutions, 11,225,419 parameters; 512 features of `global` pooling.

    The kernel of each 3 x 3 convolution from C to T channels is a sum of R outer products of four vectors (CP form),
    `W[j, i, c, t] = Σ_r λ_r H[j, r] V[i, r] P[c, r] Q[r, t]`, and is applied one after another: P, a 1 x 1 convolution
    to R channels; then, per channel, the 3 x 3 of H and V; then Q, a 1 x 1 convolution to T. Batch normalisation and a
    ReLU follow P, so that a factorised convolution is a little more than one of kernel W.

    The factorisation, with what follows P, is the paper's as others summarise it. Ours is the reading that stem and
    1 x 1 projections stay as they are, and the rank of `cp_rank`, by which a factorised kernel has the parameters of
    the one that it replaces: the default of the first author's library. The penalty on λ by which the paper chooses
    ranks is not here.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 32 pixels.
        pooling: `global`, `grid` or `flatten`.

    Reference: J. Kossaifi et al., "Factorized higher-order CNNs with an application to spatio-temporal emotion
    estimation", CVPR 2020.
    """
    return resnet18_layout(x, pooling, _convolution)


def cp_rank(channels: int, filters: int) -> int:
    """The rank R of a factorised 3 x 3 kernel that has as many parameters as the kernel.

    It is `9 C T / (C + T + 6)`, rounded, for C channels and T filters.

    >>> cp_rank(64, 64), cp_rank(256, 512)
    (275, 1524)
    """
    return round(_SIDE**2 * channels * filters / (channels + filters + 2 * _SIDE))


def _convolution(x: tf.Tensor, filters: int, kernel: int, stride: int, name: str) -> tf.Tensor:
    if kernel != _SIDE:
        return convolution(x, filters, kernel, stride, name)
    x = convolution(x, cp_rank(x.shape[-1], filters), 1, 1, f'{name}_in')
    x = tf.keras.layers.ReLU(name=f'{name}_in_relu')(x)
    x = tf.keras.layers.ZeroPadding2D(_SIDE // 2, name=f'{name}_pad')(x)
    x = RankOneConvolution(stride, name=f'{name}_space')(x)
    return convolution(x, filters, 1, 1, name)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class RankOneConvolution(tf.keras.layers.Layer):
    """A convolution of each channel by itself, by a 3 x 3 kernel of rank 1; no padding, no bias.

    The kernel of channel r is `λ_r H[j, r] V[i, r]`: λ, H and V are trained, 7 parameters a channel.

    Args:
        stride: of rows and columns.
        **kwargs: as for `keras.layers.Layer`.
    """

    def __init__(self, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stride = stride

    def build(self, input_shape: Any) -> None:
        """Makes the factors, `[3, r]`, and the scale λ, `[r]`."""
        channels = input_shape[-1]
        # No ReLU follows: so initialised, the factors leave the variance as it is.
        self.vertical = self.add_weight('vertical', [_SIDE, channels], initializer='lecun_normal')
        self.horizontal = self.add_weight('horizontal', [_SIDE, channels], initializer='lecun_normal')
        self.scale = self.add_weight('scale', [channels], initializer='ones')
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """`[n, h, w, r]` to `[n, (h - 3) // stride + 1, (w - 3) // stride + 1, r]`."""
        # As one kernel: the two factors by themselves would stride along one axis each, which TensorFlow cannot.
        kernel = self.vertical[:, tf.newaxis] * (self.horizontal * self.scale)
        return tf.nn.depthwise_conv2d(
            inputs, kernel[..., tf.newaxis], strides=[1, self.stride, self.stride, 1], padding='VALID'
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), 'stride': self.stride}
