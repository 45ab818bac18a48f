"""Networks from images to embeddings."""

from __future__ import annotations

import os

import tensorflow as tf

from cafer_tf import networks

DRAWING = 'drawing'
EMBEDDING_LAYER = 'embedding'


def channels_of(network: str) -> int:
    """Channels of the images that a network takes: 1 for drawings, 3 for photographs."""
    return 1 if network == DRAWING else 3


def build_network(
    network: str, image_size: int, dimension: int, weights: str | os.PathLike[str] | None = None
) -> tf.keras.Model:
    """A network from images in [0, 1] to embeddings, which are not of unit length.

    `drawing` has four blocks of a 3 x 3 convolution, batch normalisation and ReLU. An encoder of `build_encoder` is
    followed by one layer; with weights from a file its batch normalisation stays as it came, as is usual where batches
    are small beside those of the pre-training.

    Args:
        network: `drawing`, or the name of an encoder.
        image_size: side of the images.
        dimension: d, of the embeddings.
        weights: a file for the encoder, see `load_weights`.

    Returns:
        A model from `[n, size, size, channels]` to `[n, d]`.

    Raises:
        ValueError: an unknown network, images too small for it, or weights for `drawing`.
        WeightsError: the file does not fit.
    """
    images = tf.keras.Input([image_size, image_size, channels_of(network)], name='image')
    if network == DRAWING:
        if weights is not None:
            raise ValueError(f'weights are those of an encoder; the network {DRAWING} takes none')
        features = _drawing(images)
    else:
        encoder = networks.build_encoder(network, image_size)
        if weights is not None:
            networks.load_weights(encoder, weights)
            for layer in encoder.layers:
                if isinstance(layer, tf.keras.layers.BatchNormalization):
                    layer.trainable = False
        features = encoder(images)
    return tf.keras.Model(images, tf.keras.layers.Dense(dimension, name=EMBEDDING_LAYER)(features), name=network)


def _drawing(x: tf.Tensor) -> tf.Tensor:
    for block, filters in enumerate((32, 48, 64, 64)):
        x = tf.keras.layers.Conv2D(filters, 3, padding='same', use_bias=False)(x)
        x = tf.keras.layers.BatchNormalization(momentum=0.9)(x)
        x = tf.keras.layers.ReLU()(x)
        if block < 3:
            x = tf.keras.layers.MaxPooling2D(2, padding='same')(x)
    return tf.keras.layers.Flatten()(x)
