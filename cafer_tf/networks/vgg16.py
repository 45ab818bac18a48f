"""The VGG16 encoder, and the blocks of convolutions that it is made of."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.pooling import pool

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # filters, convolutions


def vgg16(x: tf.Tensor, pooling: str = 'flatten') -> tf.Tensor:
    """The 13 convolutions of VGG16 (and of VGG-Face), 14,714,688 parameters; 4,608 features of 96 pixels by `flatten`.

    Each of the five blocks ends in a maximum over 2 x 2. No dense layer is part of it: the published network for
    valence and arousal goes on with two of 4,096 units, which are the head's. The layout is that of the authors' code,
    as are the maxima that keep an odd map's edge; the initialisation is ours, since theirs began with trained weights.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 32 pixels.
        pooling: `flatten`, `global` or `grid`.

    Reference: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR
    2015, configuration D; for valence and arousal, D. Kollias et al., "Deep affect prediction in-the-wild", IJCV 127
    (2019).
    """
    for index, (filters, convolutions) in enumerate(_BLOCKS, start=1):
        x = vgg_block(x, filters, convolutions, f'conv{index}')
        x = tf.keras.layers.MaxPooling2D(2, 2, padding='same', name=f'pool{index}')(x)
    return pool(x, pooling)


def vgg_block(x: tf.Tensor, filters: int, convolutions: int, name: str) -> tf.Tensor:
    """Convolutions of 3 x 3, each with a ReLU, that keep the map's size.

    Args:
        x: feature map `[n, h, w, c]`.
        filters: channels of each, and of the result.
        convolutions: how many.
        name: beginning of the layers' names, `<name>_1` and so on.
    """
    for index in range(1, convolutions + 1):
        x = tf.keras.layers.Conv2D(
            filters, 3, padding='same', activation='relu', kernel_initializer='he_normal', name=f'{name}_{index}'
        )(x)
    return x
