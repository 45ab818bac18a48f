"""The contrastive adversarial loss: the critic's objective, and the encoder's term against it.

Reference: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021. The bound on the φ-divergence follows Y. Mroueh and T. Sercu, "Fisher GAN", NeurIPS 2017.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from cafer_tf import margins
from cafer_tf.correlation import as_dtype, at_least_float32, weighted_mean


class PairDistances(NamedTuple):
    """Squared distances of critic outputs, each `[m]`."""

    positive: tf.Tensor
    negative: tf.Tensor


def pair_distances(anchor: Any, positive: Any, negative: Any) -> PairDistances:
    """Squared Euclidean distances of pairs that belong together, and of pairs that do not.

    `D²_pos,i = ||A_i - P_i||²` and `D²_neg,i = ||A_i - N_i||²`. In the paper A and P are of strong emotion and N of
    weak; its pairs are `pair_distances(strong, strong[::-1], weak[::-1])`.

    Args:
        anchor: `[m, d]` critic outputs A.
        positive: `[m, d]` critic outputs P; row i is paired with row i of `anchor`.
        negative: `[m, d]` critic outputs N, likewise.
    """
    anchor, positive, negative = at_least_float32(anchor), at_least_float32(positive), at_least_float32(negative)
    return PairDistances(
        tf.reduce_sum((anchor - positive) ** 2, axis=-1), tf.reduce_sum((anchor - negative) ** 2, axis=-1)
    )


def contrastive_adversarial_loss(
    positive_distance: Any, negative_distance: Any, margin: Any, weights: Any | None = None
) -> tf.Tensor:
    """The critic's loss: the negated bound on the φ-divergence, with the pointwise hinge as its function.

    With `a = max(0, D²_pos - α)` and `b = max(0, α - D²_neg)` the hinge takes the values `f_P = -a` on pairs that
    belong together (in the paper, within the strong group) and `f_Q = b` on those that do not (strong with weak), and
    the bound `J = E_P f - ½ E_(P+Q) f - ¼ E_((P+Q)/2) f²` is

    `-J = ½ (E a + E b) + ⅛ (E a² + E b²)`

    Args:
        positive_distance: `[m]` *squared* distances D² of pairs that belong together, not negative.
        negative_distance: `[m]` squared distances of pairs that do not.
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
    negative_distance = as_dtype(negative_distance, positive_distance.dtype)
    margin = as_dtype(margin, positive_distance.dtype)
    a = tf.maximum(positive_distance - margin, 0)
    b = tf.maximum(margin - negative_distance, 0)
    return weighted_mean(0.5 * (a + b) + 0.125 * (a**2 + b**2), weights)


def lagrangian_objective(
    positive_distance: Any, negative_distance: Any, margin: Any, multiplier: Any, penalty: float, weights: Any = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """The augmented Lagrangian of the authors' published code, after Fisher GAN, of given distances and margin.

    With `p = D²_pos` and `q = max(0, α - D²_neg)` the constraint is `c = 1 - ½ E p² - ½ E q²` and the loss
    `E p + E q + λ c - (ρ / 2) c²`.

    Args:
        positive_distance: `[m]` squared distances D² within the strong group, not negative.
        negative_distance: `[m]` squared distances between strong and weak.
        margin: α, a scalar or `[m]`.
        multiplier: λ, scalar.
        penalty: ρ, not negative.
        weights: `[m]`, 1 for pairs that count and 0 for those that do not; all count where none are given.

    Returns:
        The loss and the constraint c, scalars of the dtype given; both 0 where no pair counts.

    Reference: the code published with D. H. Kim and B. C. Song, AAAI 2021; Y. Mroueh and T. Sercu, "Fisher GAN",
    NeurIPS 2017.
    """
    positive_distance = tf.convert_to_tensor(positive_distance)
    dtype = positive_distance.dtype
    multiplier, margin = as_dtype(multiplier, dtype), as_dtype(margin, dtype)
    hinge = tf.maximum(margin - as_dtype(negative_distance, dtype), 0)
    one = weighted_mean(tf.ones_like(positive_distance), weights)
    constraint = one - weighted_mean(0.5 * positive_distance**2 + 0.5 * hinge**2, weights)
    loss = weighted_mean(positive_distance + hinge, weights)
    return loss + multiplier * constraint - penalty / 2 * constraint**2, constraint


def lagrangian_critic_loss(strong: Any, weak: Any, multiplier: Any, penalty: float) -> tuple[tf.Tensor, tf.Tensor]:
    """The critic's loss of the authors' published code, after Fisher GAN; kept for parity.

    With `p_i = ||H_i - H_(M-1-i)||²` and `q_i = max(0, α_i - ||H_i - L_(M-1-i)||²)`, the constraint is
    `c = 1 - ½ E p² - ½ E q²` and the loss `E p + E q + λ c - (ρ / 2) c²`; then `λ ← λ + ρ c`. Minimised over the
    critic, `-(ρ / 2) c²` has no lower bound for large p; `contrastive_adversarial_loss` is the method's.

    The margin is the published one, `α_i = clip(MI(H_i, L_(M-1-i)), 0, 2.5) + A / sqrt(k_i - 1)`, with the mutual
    information of `margins.channel_mutual_information` over the channels of a pair, through which gradients flow, and
    `k_i` the adaptive neighbourhood of H_i among all 2M outputs.

    Args:
        strong: `[m, d]` critic outputs H of strong emotion, float32 or float64.
        weak: `[m, d]` critic outputs L of weak emotion.
        multiplier: λ, scalar.
        penalty: ρ, not negative.

    Returns:
        The loss and the next λ, scalars of the dtype given.

    Example:
        >>> loss, multiplier = lagrangian_critic_loss(tf.zeros([2, 4]), tf.ones([2, 4]), multiplier=0.0, penalty=0.1)
        >>> round(float(loss), 4), round(float(multiplier), 4)  # p = q = 0, so that c = 1
        (-0.05, 0.1)

    Reference: the code published with D. H. Kim and B. C. Song, AAAI 2021; Y. Mroueh and T. Sercu, "Fisher GAN",
    NeurIPS 2017.
    """
    strong, weak = tf.convert_to_tensor(strong), tf.convert_to_tensor(weak)
    margin = margins.adaptive_margin(
        strong, weak[::-1], mutual_information='channel', confidence='nearest_neighbours', stop_gradient=False
    ).margin
    distances = pair_distances(strong, strong[::-1], weak[::-1])
    loss, constraint = lagrangian_objective(*distances, margin, multiplier, penalty)
    return loss, next_multiplier(multiplier, constraint, penalty)


def next_multiplier(multiplier: Any, constraint: tf.Tensor, penalty: float) -> tf.Tensor:
    """The multiplier after a step of the critic, `λ + ρ c`.

    Args:
        multiplier: λ, scalar.
        constraint: c, scalar, float32 or float64; no gradient flows through.
        penalty: ρ, not negative.

    Returns:
        A scalar of the dtype of `constraint`.
    """
    return as_dtype(multiplier, constraint.dtype) + penalty * tf.stop_gradient(constraint)


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


def encoder_divergence_loss(
    negative_distance: Any, margin: Any, weight: float, weights: Any | None = None
) -> tf.Tensor:
    """The encoder's other adversarial term: the bound on the divergence that the critic raises, which it lowers.

    Of the bound J (see `contrastive_adversarial_loss`) only the pairs that do not belong together depend on what the
    encoder moves (in the paper's groups, the weak examples), so that with `b = max(0, α - D²_neg)`

    `L_adv = w · J = -w (½ E b + ⅛ E b²)`

    Args:
        negative_distance: `[m]` squared distances of those pairs; from the anchors no gradient.
        margin: α, a scalar or `[m]`, without gradient.
        weight: w, not negative.
        weights: `[m]`, 1 for pairs that count and 0 for those that do not; all count where none are given.

    Returns:
        A scalar of the dtype given, at most 0.

    Example:
        >>> float(encoder_divergence_loss(tf.constant([0.5, 3.0]), 1.0, weight=0.5))  # b = (½, 0)
        -0.0703125
    """
    negative_distance = tf.convert_to_tensor(negative_distance)
    nothing = tf.zeros_like(negative_distance)  # within any margin
    return -weight * contrastive_adversarial_loss(nothing, negative_distance, margin, weights)
