"""The AlexNet encoder of the paper."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.preprocessing import normalization

_CONVOLUTIONS = (  # filters, kernel, stride, padding, max-pool after
    (64, 11, 4, 2, True),
    (192, 5, 1, 2, True),
    (384, 3, 1, 1, False),
    (256, 3, 1, 1, False),
    (256, 3, 1, 1, True),
)


def alexnet(image_size: int) -> tf.keras.Model:
    """The five convolutions of AlexNet, 2,469,696 parameters; flattened features, 9,216 at 224 pixels.

    Args:
        image_size: side of the square input, in pixels, at least 63.

    Reference: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997 (2014),
    the single-column AlexNet.
    """
    inputs = tf.keras.Input([image_size, image_size, 3], name='image')
    x = normalization()(inputs)
    for index, (filters, kernel, stride, padding, pool) in enumerate(_CONVOLUTIONS, start=1):
        # Explicit padding, because Keras' 'same' pads strided convolutions unevenly.
        x = tf.keras.layers.ZeroPadding2D(padding, name=f'pad{index}')(x)
        x = tf.keras.layers.Conv2D(
            filters, kernel, stride, activation='relu', kernel_initializer='he_normal', name=f'conv{index}'
        )(x)
        if pool:
            x = tf.keras.layers.MaxPooling2D(3, 2, name=f'pool{index}')(x)
    return tf.keras.Model(inputs, tf.keras.layers.Flatten(name='features')(x), name='alexnet')
