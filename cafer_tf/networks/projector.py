"""What the views of an embedding are compared in: the plane of valence and arousal, and a space of their own."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf import features


def build_projector(feature_size: int) -> tf.keras.Model:
    """The projections H (dense 256, dense 2) and V (dense 64, dense 8); 11,594 parameters on 32 features.

    Both take any of an embedding and its two views; the published code shares them so. It draws all their weights from
    N(0, 1). Here that is so for the first layers: of a point of the simplex they make averages of N(0, 1) numbers,
    whatever the number of features. The last ones are He-normal. With N(0, 1) there, H of most sparse views begins
    beyond the reach of a gradient through tanh, and the distance of two views beyond the margin of
    `view_separation_loss`. Biases begin at 0.01, as published.

    Args:
        feature_size: d, length of the encoder's features.

    Returns:
        A network from `[n, d]` to `[n, 2]` of H, in [-½, ½], and `[n, 8]` of V, not negative; float32 under every
        precision policy.

    Reference: D. H. Kim and B. C. Song, "Emotion-aware Multi-view Contrastive Learning for Facial Emotion Recognition",
    ECCV 2022, and the code published with it.
    """
    initializers = tf.keras.initializers

    def dense(units: int, activation: str, first: bool, name: str) -> tf.keras.layers.Layer:
        return tf.keras.layers.Dense(
            units,
            activation,
            kernel_initializer=initializers.RandomNormal(stddev=1.0) if first else initializers.HeNormal(),
            bias_initializer=initializers.Constant(0.01),
            dtype='float32',
            name=name,
        )

    views = tf.keras.Input([feature_size], dtype='float32', name='views')
    plane = dense(len(features.OUTPUTS), 'tanh', False, 'plane')(dense(256, 'relu', True, 'plane_hidden')(views))
    plane = tf.keras.layers.Rescaling(0.5, dtype='float32', name='valence_arousal')(plane)
    space = dense(8, 'relu', False, 'space')(dense(64, 'relu', True, 'space_hidden')(views))
    return tf.keras.Model(views, [plane, space], name='projector')
