"""The contrastive adversarial loss: the critic's objective, and the encoder's term against it.

Reference: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021. The bound on the φ-divergence follows Y. Mroueh and T. Sercu, "Fisher GAN", NeurIPS 2017.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from cafer_tf.correlation import weighted_mean


class PairDistances(NamedTuple):
    """Squared distances of critic outputs, each `[m]`."""

    positive: tf.Tensor
    negative: tf.Tensor


def pair_distances(strong: Any, weak: Any, partner: Any | None = None) -> PairDistances:
    """Squared Euclidean distances within the strong group and between strong and weak.

    `D²_pos,i = ||H_i - H_p(i)||²` and `D²_neg,i = ||H_i - L_p(i)||²`, where `p(i)` is the partner of i, by default the
    reversal `m - 1 - i`.

    Args:
        strong: `[m, d]` critic outputs H of strong emotion.
        weak: `[m, d]` critic outputs L of weak emotion.
        partner: `[m]` int32, the partner of each row.
    """
    strong, weak = tf.convert_to_tensor(strong), tf.convert_to_tensor(weak)
    if partner is None:
        strong_partner, weak_partner = strong[::-1], weak[::-1]
    else:
        strong_partner, weak_partner = tf.gather(strong, partner), tf.gather(weak, partner)
    return PairDistances(
        tf.reduce_sum((strong - strong_partner) ** 2, axis=-1), tf.reduce_sum((strong - weak_partner) ** 2, axis=-1)
    )


def contrastive_adversarial_loss(
    positive_distance: Any, negative_distance: Any, margin: Any, weights: Any | None = None
) -> tf.Tensor:
    """The critic's loss: the negated bound on the φ-divergence, with the pointwise hinge as its function.

    With `a = max(0, D²_pos - α)` and `b = max(0, α - D²_neg)` the hinge takes the values `f_P = -a` on pairs within the
    strong group and `f_Q = b` on strong-weak pairs, and the bound `J = E_P f - ½ E_(P+Q) f - ¼ E_((P+Q)/2) f²` is

    `-J = ½ (E a + E b) + ⅛ (E a² + E b²)`

    Args:
        positive_distance: `[m]` *squared* distances D² within the strong group, not negative.
        negative_distance: `[m]` squared distances between strong and weak.
        margin: α, a scalar or `[m]`.
        weights: `[m]`, 1 for pairs that count and 0 for those that do not; all count where none are given.

    Returns:
        A scalar of the dtype given, at least 0; 0 where no pair counts.

    Example:
        >>> positive, negative = tf.constant([0.0, 2.0]), tf.constant([0.5, 3.0])
        >>> float(contrastive_adversarial_loss(positive, negative, 1.0))  # a = (0, 1), b = (½, 0)
        0.453125
    """
    positive_distance = tf.convert_to_tensor(positive_distance)
    negative_distance = tf.cast(negative_distance, positive_distance.dtype)
    margin = tf.cast(margin, positive_distance.dtype)
    a = tf.maximum(positive_distance - margin, 0)
    b = tf.maximum(margin - negative_distance, 0)
    return weighted_mean(0.5 * (a + b) + 0.125 * (a**2 + b**2), weights)


def encoder_adversarial_loss(weak_outputs: Any, weight: float, weights: Any | None = None) -> tf.Tensor:
    """The encoder's adversarial term, which raises the critic's output on weak emotion.

    `L_adv = -w · mean C(E(x_weak))`

    Args:
        weak_outputs: `[m, d]` critic outputs of weak examples.
        weight: w, not negative.
        weights: `[m]`, 1 for examples that count and 0 for those that do not; all count where none are given.

    Returns:
        A scalar of the dtype given; 0 where no example counts.

    Example:
        >>> float(encoder_adversarial_loss(tf.constant([[1.0, 3.0]]), weight=0.5))
        -1.0
    """
    weak_outputs = tf.convert_to_tensor(weak_outputs)
    per_example = tf.reduce_mean(tf.reshape(weak_outputs, [tf.shape(weak_outputs)[0], -1]), axis=-1)
    return -weight * weighted_mean(per_example, weights)
