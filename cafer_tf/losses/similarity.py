"""Contrast of two views of an embedding by angle and intensity in the plane of valence and arousal (AVCE).

Reference: D. H. Kim and B. C. Song, "Emotion-aware Multi-view Contrastive Learning for Facial Emotion Recognition",
ECCV 2022, and the code published with it.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from cafer_tf.correlation import as_dtype, at_least_float32, weighted_mean

_INTENSITY_WEIGHT = 0.8
_HOLD_WEIGHT = 0.01


def views(z: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """A sparse and a dense view of each embedding, both points of the simplex.

    `z_a = sparsemax(z) = argmin ||p - z||²` over `p >= 0, Σ p = 1`, which is 0 wherever z is small, and
    `z_n = softmax(z)`, which is 0 nowhere.

    Args:
        z: `[n, d]` embeddings; half precision becomes float32.

    Returns:
        z_a and z_n, each `[n, d]`; NaN in rows of z that are not finite.

    Raises:
        ValueError: another shape.

    Example:
        >>> sparse, dense = views(tf.constant([[0.0, 0.0, 0.6, 1.0]]))
        >>> sparse.numpy().round(2), dense.numpy().round(2)
        (array([[0. , 0. , 0.3, 0.7]], dtype=float32), array([[0.15, 0.15, 0.28, 0.42]], dtype=float32))

    Reference: A. F. T. Martins and R. F. Astudillo, "From softmax to sparsemax", ICML 2016.
    """
    # Imported where it is used: tensorflow-addons takes its time, and warns that its development has ended.
    import tensorflow_addons as tfa

    z = at_least_float32(z)
    if z.shape.rank != 2:
        raise ValueError(f'embeddings must have shape [n, d]; theirs is {z.shape}')
    # The same point, but of sums whose rounding does not grow with what all features of a row have in common.
    shifted = z - tf.stop_gradient(tf.reduce_max(z, axis=-1, keepdims=True))
    return tfa.activations.sparsemax(shifted), tf.nn.softmax(z)


def circumplex_similarity(x: Any, y: Any, epsilon: float = 1e-8) -> tf.Tensor:
    """How alike points of the plane of valence and arousal are, in angle (kind of emotion) and length (intensity).

    `f(x, y) = 1 - θ / (4π) + 0.8 (1 - | ||y|| - ||x|| |)`, with `θ = arccos(x·y / (2 ||x|| ||y||))`

    and `||x|| = sqrt(Σ x² + ε)`. That is the published code's, where the 2 keeps θ in [π/3, 2π/3], and so its slope
    finite; ε is inside the square roots, so that at the origin, where there is no angle, the gradient is finite too.
    Left out are the code's clip of the first term to [1e-6, 1], within which it always is, and its 0.05 less where the
    signs of valence differ, which has no gradient. The paper's poster has `f = 1 - θ / π`.

    Args:
        x: `[..., 2]` points; half precision becomes float32.
        y: the same shape; cast to the dtype of `x`.
        epsilon: ε, positive; 1e-4 is then the shortest length.

    Returns:
        `[...]` of the dtype of `x`, at most 1.72: 11/12 for points of one direction, 10/12 for opposite ones, and 0.8
        more where their lengths are equal.

    Raises:
        ValueError: shapes that differ.

    Example:
        >>> points = tf.constant([[0.5, 0.0], [-0.5, 0.0], [0.25, 0.0]])
        >>> similarity = circumplex_similarity(points[:1] + 0 * points, points)
        >>> similarity.numpy().round(3)  # 11/12 + .8, 10/12 + .8, 11/12 + .8 · .75
        array([1.717, 1.633, 1.517], dtype=float32)
    """
    x = at_least_float32(x)
    y = as_dtype(y, x.dtype)
    if not x.shape.is_compatible_with(y.shape):
        raise ValueError(f'points that are compared must have one shape; theirs are {x.shape} and {y.shape}')
    length_x, length_y = _length(x, epsilon), _length(y, epsilon)
    angle = tf.acos(tf.reduce_sum(x * y, axis=-1) / (2 * length_x * length_y))
    return 1 - angle / (4 * math.pi) + _INTENSITY_WEIGHT * (1 - tf.abs(length_y - length_x))


def similarity_contrast(
    predictions: Any,
    positives: Any,
    negatives: Any,
    *,
    alpha: float = 0.5,
    beta: float = 0.005,
    gamma: float = 0.5,
    epsilon: float = 1e-8,
) -> tf.Tensor:
    """What encoder, head and projection raise: predictions like one view of their embedding, and unlike the other.

    `J = E f_a - α E f_n - (β / 2) E f_a² - (γ / 2) E f_n²`, with `f_a = f(R(z), H(z_a))` and `f_n = f(R(z), H(z_n))`

    and f the `circumplex_similarity`: relative predictive coding, whose squares keep it bounded. Expectations are means
    over the batch. The published code sums over it, so that its weight of 1e-4 is one of 1e-4 N here.

    Args:
        predictions: `[n, 2]`, R(z), the AV head's.
        positives: `[n, 2]`, H(z_a), of the sparse views.
        negatives: `[n, 2]`, H(z_n), of the dense ones.
        alpha: α, not negative.
        beta: β, likewise.
        gamma: γ, likewise.
        epsilon: as in `circumplex_similarity`.

    Returns:
        A scalar of the dtype of `predictions`, to be maximised.

    Raises:
        ValueError: shapes that differ.

    Example:
        >>> points = tf.constant([[0.5, 0.0]])
        >>> f_a, f_n = 11 / 12 + 0.8, 10 / 12 + 0.8
        >>> expected = f_a - 0.5 * f_n - 0.0025 * f_a**2 - 0.25 * f_n**2
        >>> abs(float(similarity_contrast(points, points, -points)) - expected) < 1e-5
        True

    Reference: Y.-H. H. Tsai et al., "Self-supervised representation learning with relative predictive coding", ICLR
    2021.
    """
    positive = circumplex_similarity(predictions, positives, epsilon)
    negative = circumplex_similarity(predictions, negatives, epsilon)
    return weighted_mean(positive - alpha * negative - beta / 2 * positive**2 - gamma / 2 * negative**2)


def view_separation_loss(v: Any, v_a: Any, v_n: Any, epsilon: float = 1e-8) -> tf.Tensor:
    """Pushes the two views of an embedding apart, and holds the directions of both near that of the embedding itself.

    `L = E max(0, 1 - ||v_a - v_n||²) + 0.01 (E (||n(v_a) - n(v)|| - 1) + E (||n(v_n) - n(v)|| - 1))`

    with `n(v) = v / ||v||`, and ε inside all square roots but that of the first term, which needs none.

    Args:
        v: `[n, d]`, V(z), of the embeddings; half precision becomes float32.
        v_a: `[n, d]`, V(z_a), of their sparse views.
        v_n: `[n, d]`, V(z_n), of their dense ones.
        epsilon: ε, positive.

    Returns:
        A scalar of the dtype of `v`, from -0.02 to 1.02.

    Raises:
        ValueError: shapes that differ.

    Example:
        >>> v = tf.constant([[1.0, 0.0]])
        >>> round(float(view_separation_loss(v, 0.5 * v, v)), 4)  # .75 of the push; no direction differs
        0.73
    """
    v = at_least_float32(v)
    v_a, v_n = as_dtype(v_a, v.dtype), as_dtype(v_n, v.dtype)
    if not (v.shape.is_compatible_with(v_a.shape) and v.shape.is_compatible_with(v_n.shape)):
        raise ValueError(f'projections must have one shape; theirs are {v.shape}, {v_a.shape} and {v_n.shape}')
    push = tf.nn.relu(1 - tf.reduce_sum((v_a - v_n) ** 2, axis=-1))
    own, sparse, dense = (value / _length(value, epsilon)[..., tf.newaxis] for value in (v, v_a, v_n))
    hold = _length(sparse - own, epsilon) + _length(dense - own, epsilon) - 2
    return weighted_mean(push + _HOLD_WEIGHT * hold)


def _length(vectors: tf.Tensor, epsilon: float) -> tf.Tensor:
    """`sqrt(Σ x² + ε)` over the last axis."""
    return tf.sqrt(tf.reduce_sum(vectors**2, axis=-1) + epsilon)
