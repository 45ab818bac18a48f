"""The AlexNet encoder of the paper."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.pooling import pool

_CONVOLUTIONS = (  # filters, kernel, stride, padding, max-pool after
    (64, 11, 4, 2, True),
    (192, 5, 1, 2, True),
    (384, 3, 1, 1, False),
    (256, 3, 1, 1, False),
    (256, 3, 1, 1, True),
)


def alexnet(x: tf.Tensor, pooling: str = 'grid') -> tf.Tensor:
    """The five convolutions of AlexNet, 2,469,696 parameters; 9,216 features of `grid` pooling.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 63 pixels.
        pooling: `grid`, which leaves the feature map of 224 pixels as it is, `global` or `flatten`.

    Reference: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997 (2014),
    the single-column AlexNet.
    """
    for index, (filters, kernel, stride, padding, max_pool) in enumerate(_CONVOLUTIONS, start=1):
        # Explicit padding, because Keras' 'same' pads strided convolutions unevenly.
        x = tf.keras.layers.ZeroPadding2D(padding, name=f'pad{index}')(x)
        x = tf.keras.layers.Conv2D(
            filters, kernel, stride, activation='relu', kernel_initializer='he_normal', name=f'conv{index}'
        )(x)
        if max_pool:
            x = tf.keras.layers.MaxPooling2D(3, 2, name=f'pool{index}')(x)
    return pool(x, pooling)
