"""The networks that a configuration describes."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from cafer_tf.config import Config
from cafer_tf.networks.critic import build_critic
from cafer_tf.networks.encoders import build_encoder
from cafer_tf.networks.face_reader import build_face_reader
from cafer_tf.networks.heads import build_head
from cafer_tf.networks.precision import layers_in
from cafer_tf.networks.projector import build_projector


class Networks(NamedTuple):
    """Freshly initialised networks.

    Attributes:
        encoder: E, from images to features `[n, d]`.
        head: from features to valence and arousal `[n, 2]`.
        critic: C, from features to `[n, 16]`.
        projector: of the views of features (see `build_projector`), or None without `similarity.weight`.
    """

    encoder: tf.keras.Model
    head: tf.keras.Model
    critic: tf.keras.Model
    projector: tf.keras.Model | None


def build_networks(config: Config) -> Networks:
    """The networks, in the configured precision.

    Args:
        config: `network`, `input`, `similarity` and `training.precision`.
    """
    network, size = config.network, config.input.image_size
    with layers_in(config.training.precision):
        encoder = build_encoder(
            network.encoder,
            size,
            pooling=network.pooling,
            mean=network.mean,
            standard_deviation=network.standard_deviation,
            bottleneck=network.bottleneck,
            dropout=network.head_dropout,
            normalized=network.dense_normalization,
        )
        features = encoder.output_shape[-1]
        if config.finds_faces:
            head = build_face_reader(size)
        else:
            head = build_head(
                features,
                network.head_dropout,
                units=network.head,
                output=network.head_output,
                normalized=network.dense_normalization,
            )
        critic = build_critic(
            features,
            dropout=network.critic_dropout,
            output=network.critic_output,
            spectral_normalization=network.spectral_normalization,
        )
        return Networks(encoder, head, critic, build_projector(features) if config.similarity.weight else None)
