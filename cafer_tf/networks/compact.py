"""A compact residual encoder that two processor cores can train in minutes."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.normalization import BatchNormalization
from cafer_tf.networks.pooling import pool
from cafer_tf.networks.residual import residual_block

_STAGES = ((16, 1), (32, 2), (64, 2), (128, 2))  # filters, blocks


def compact(x: tf.Tensor, pooling: str = 'global') -> tf.Tensor:
    """A residual network of four stages, 0.7 M parameters; its pooled features, 128 of `global`, are normalised.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 32 pixels.
        pooling: `global`, `grid` or `flatten`.

    Reference: the blocks are those of K. He et al., "Deep residual learning for image recognition", CVPR 2016; the
    widths are this project's.
    """
    x = _convolution(x, _STAGES[0][0], 5, 2, 'stem')
    x = tf.keras.layers.ReLU(name='stem_relu')(x)
    for stage, (filters, blocks) in enumerate(_STAGES, start=1):
        for block in range(1, blocks + 1):
            stride = 2 if block == 1 and stage > 1 else 1
            x = residual_block(x, filters, stride, f'stage{stage}_block{block}', _convolution)
    # Averages after a ReLU are all positive and mostly common to all faces; centred, they differ from face to face.
    return BatchNormalization(name='features')(pool(x, pooling))


def _convolution(x: tf.Tensor, filters: int, kernel: int, stride: int, name: str) -> tf.Tensor:
    x = tf.keras.layers.Conv2D(
        filters, kernel, stride, padding='same', use_bias=False, kernel_initializer='he_normal', name=name
    )(x)
    return BatchNormalization(name=f'{name}_norm')(x)
