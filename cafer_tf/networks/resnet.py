"""The ResNet-18 encoder of the paper, and its layout for convolutions of other kinds."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.normalization import BatchNormalization
from cafer_tf.networks.pooling import pool
from cafer_tf.networks.residual import Convolution, residual_block

_STAGES = (64, 128, 256, 512)
_BLOCKS = 2
_EPSILON = 1e-5


def resnet18(x: tf.Tensor, pooling: str = 'global') -> tf.Tensor:
    """The residual network of 18 layers without the last, 11,176,512 parameters; 512 features of `global` pooling.

    Layout, padding and the normalisation's epsilon are torchvision's, so that its weights give its features.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 32 pixels.
        pooling: `global`, `grid` or `flatten`.

    Reference: K. He et al., "Deep residual learning for image recognition", CVPR 2016, table 1.
    """
    return resnet18_layout(x, pooling, convolution)


def resnet18_layout(x: tf.Tensor, pooling: str, convolution: Convolution) -> tf.Tensor:
    """The stem, the eight residual blocks and the pooling of `resnet18`, of convolutions of any kind.

    Args:
        x: normalised images `[n, size, size, 3]`.
        pooling: as for `resnet18`.
        convolution: makes each convolution with its normalisation: 7 x 7 in the stem, 3 x 3 in the blocks, and 1 x 1
            where a block's input is projected.
    """
    layers = tf.keras.layers
    x = convolution(x, _STAGES[0], 7, 2, 'stem')
    x = layers.ReLU(name='stem_relu')(x)
    # Zeros pad a maximum as well as minus infinity does, since nothing is below zero after the ReLU.
    x = layers.ZeroPadding2D(1, name='stem_pool_pad')(x)
    x = layers.MaxPooling2D(3, 2, name='stem_pool')(x)
    for stage, filters in enumerate(_STAGES, start=1):
        for block in range(1, _BLOCKS + 1):
            stride = 2 if block == 1 and stage > 1 else 1
            x = residual_block(x, filters, stride, f'stage{stage}_block{block}', convolution)
    return pool(x, pooling)


def convolution(x: tf.Tensor, filters: int, kernel: int, stride: int, name: str) -> tf.Tensor:
    """A convolution without bias, padded by half of its kernel, and its normalisation."""
    if kernel > 1:
        # Explicit padding, because Keras' 'same' pads strided convolutions unevenly.
        x = tf.keras.layers.ZeroPadding2D(kernel // 2, name=f'{name}_pad')(x)
    x = tf.keras.layers.Conv2D(filters, kernel, stride, use_bias=False, kernel_initializer='he_normal', name=name)(x)
    return BatchNormalization(epsilon=_EPSILON, name=f'{name}_norm')(x)
