"""What critic and encoder minimise against each other: the configured terms, from the critic's outputs.

Every function takes float32 outputs of the *global* batch (see `replicas`) and returns scalars by name.
"""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.config import Config
from cafer_tf.correlation import weighted_mean
from cafer_tf.losses import (
    contrastive_adversarial_loss,
    encoder_adversarial_loss,
    encoder_divergence_loss,
    lagrangian_objective,
    pair_distances,
)
from cafer_tf.margins import AdaptiveMargin, adaptive_margin
from cafer_tf.pairing import Pairing


def critic_terms(
    outputs: tf.Tensor, pairing: Pairing, config: Config, multiplier: tf.Tensor | None = None
) -> dict[str, tf.Tensor]:
    """What the critic minimises, `critic_loss`, and what it is made of.

    Args:
        outputs: `[N, d]`, the critic's.
        pairing: of the batch.
        config: `adversarial` and `margin`.
        multiplier: λ of the `lagrangian` objective.
    """
    weights = pairing.pair_weight
    anchor, positive, negative = (tf.gather(outputs, rows) for rows in pairing[:3])
    distances = pair_distances(anchor, positive, negative)
    margin = _margin(anchor, negative, tf.shape(outputs)[0], weights, config)
    terms = {
        'positive_distance': weighted_mean(distances.positive, weights),
        'negative_distance': weighted_mean(distances.negative, weights),
        'margin': _mean(margin.margin, weights),
        'mutual_information': _mean(margin.mutual_information, weights),
        'confidence': _mean(margin.confidence, weights),
    }
    if config.adversarial.critic_objective == 'divergence':
        return {'critic_loss': contrastive_adversarial_loss(*distances, margin.margin, weights), **terms}
    loss, constraint = lagrangian_objective(
        *distances, margin.margin, multiplier, config.adversarial.penalty, weights=weights
    )
    return {'critic_loss': loss, 'constraint': constraint, **terms}


def adversarial_term(
    outputs: tf.Tensor, anchor_outputs: tf.Tensor | None, pairing: Pairing, config: Config
) -> dict[str, tf.Tensor]:
    """What the encoder minimises against the critic, `adversarial_loss`.

    Args:
        outputs: `[N, d]`, the critic's; only the rows that the encoder moves count.
        anchor_outputs: `[N, d]`, the same, of which the rows of the anchors count; no gradient flows through. Only the
            `divergence` objective needs them.
        pairing: of the batch.
        config: `adversarial` and `margin`.
    """
    weight = config.adversarial.weight
    if config.adversarial.encoder_objective == 'mean_output':
        return {'adversarial_loss': encoder_adversarial_loss(outputs, weight, pairing.moved)}
    anchor = tf.stop_gradient(tf.gather(anchor_outputs, pairing.anchor))
    negative = tf.gather(outputs, pairing.negative)
    margin = _margin(anchor, negative, tf.shape(outputs)[0], pairing.pair_weight, config).margin
    distance = pair_distances(anchor, anchor, negative).negative
    loss = encoder_divergence_loss(distance, tf.stop_gradient(margin), weight, pairing.pair_weight)
    return {'adversarial_loss': loss}


def _margin(
    anchor: tf.Tensor, negative: tf.Tensor, batch_size: tf.Tensor, weights: tf.Tensor, config: Config
) -> AdaptiveMargin:
    settings = config.margin
    return adaptive_margin(
        anchor,
        negative,
        batch_size=batch_size,
        mutual_information=settings.mutual_information,
        variance=settings.variance,
        confidence=settings.confidence,
        constant=settings.constant,
        neighbours=settings.neighbours,
        coefficient=settings.coefficient,
        static=settings.static,
        weights=weights,
        stop_gradient=settings.stop_gradient,
    )


def _mean(value: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    return value if value.shape.rank == 0 else weighted_mean(value, weights)
