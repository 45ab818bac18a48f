"""A compact residual encoder that two processor cores can train in minutes."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.preprocessing import normalization

_STAGES = ((16, 1), (32, 2), (64, 2), (128, 2))  # filters, blocks


def compact(image_size: int) -> tf.keras.Model:
    """A residual network of four stages, 0.7 M parameters; 128 features, averaged over the last feature map and
    normalised.

    Args:
        image_size: side of the square input, in pixels, at least 32.

    Reference: the blocks are those of K. He et al., "Deep residual learning for image recognition", CVPR 2016; the
    widths are this project's.
    """
    layers = tf.keras.layers
    inputs = tf.keras.Input([image_size, image_size, 3], name='image')
    x = normalization()(inputs)
    x = _convolution(x, _STAGES[0][0], 5, stride=2, name='stem')
    x = layers.ReLU(name='stem_relu')(x)
    for stage, (filters, blocks) in enumerate(_STAGES, start=1):
        for block in range(1, blocks + 1):
            x = _block(x, filters, stride=2 if block == 1 and stage > 1 else 1, name=f'stage{stage}_block{block}')
    x = layers.GlobalAveragePooling2D(name='pool')(x)
    # Averages after a ReLU are all positive and mostly common to all faces; centred, they differ from face to face.
    x = layers.BatchNormalization(momentum=0.9, name='features')(x)
    return tf.keras.Model(inputs, x, name='compact')


def _block(x: tf.Tensor, filters: int, stride: int, name: str) -> tf.Tensor:
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _convolution(x, filters, 1, stride, f'{name}_shortcut')
    x = _convolution(x, filters, 3, stride, f'{name}_a')
    x = tf.keras.layers.ReLU(name=f'{name}_a_relu')(x)
    x = _convolution(x, filters, 3, 1, f'{name}_b')
    x = tf.keras.layers.Add(name=f'{name}_add')([x, shortcut])
    return tf.keras.layers.ReLU(name=f'{name}_relu')(x)


def _convolution(x: tf.Tensor, filters: int, kernel: int, stride: int, name: str) -> tf.Tensor:
    x = tf.keras.layers.Conv2D(
        filters, kernel, stride, padding='same', use_bias=False, kernel_initializer='he_normal', name=name
    )(x)
    return tf.keras.layers.BatchNormalization(momentum=0.9, name=f'{name}_norm')(x)
