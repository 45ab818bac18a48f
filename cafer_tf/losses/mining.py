"""Which pairs and triplets of a batch a metric-learning loss compares, and how it averages over them."""

from __future__ import annotations

import math
from typing import Any, Literal

import tensorflow as tf

from cafer_tf.correlation import as_dtype

Reduction = Literal['mean', 'nonzero_mean']


def same_class(labels: tf.Tensor) -> tf.Tensor:
    """Which of all pairs are of one class, `[n, n]` bool; each row with itself included."""
    return labels[:, tf.newaxis] == labels


def positive_pairs(same: tf.Tensor) -> tf.Tensor:
    """Which of all pairs are two different rows of one class, `[n, n]` bool.

    Args:
        same: `[n, n]`, see `same_class`.
    """
    return tf.linalg.set_diag(same, tf.zeros(tf.shape(same)[:1], tf.bool))


def all_triplets(labels: Any) -> tf.Tensor:
    """All triplets of an anchor, another row of its class, and a row of another class.

    Args:
        labels: `[n]` integers; equal ones are of one class.

    Returns:
        `[t, 3]` int64, rows of anchor, positive and negative, in ascending order.

    Example:
        >>> all_triplets([7, 7, 3]).numpy()
        array([[0, 1, 2],
               [1, 0, 2]])
    """
    same = same_class(tf.convert_to_tensor(labels))
    pairs = tf.where(positive_pairs(same))
    return _with_negatives(pairs, ~tf.gather(same, pairs[:, 0]))


def semihard_triplets(labels: Any, distances: Any, margin: Any) -> tf.Tensor:
    """The triplets whose negative is further away than the positive, by no more than the margin.

    `0 < d_an - d_ap <= α`

    Args:
        labels: `[n]` integers; equal ones are of one class.
        distances: `[n, n]`, row i holding the distances from anchor i.
        margin: α, scalar.

    Returns:
        `[t, 3]` int64, as `all_triplets`.

    Reference: F. Schroff, D. Kalenichenko and J. Philbin, "FaceNet", CVPR 2015; here every such negative counts.
    """
    distances = tf.convert_to_tensor(distances)
    same = same_class(tf.convert_to_tensor(labels))
    pairs = tf.where(positive_pairs(same))
    gap = tf.gather(distances, pairs[:, 0]) - tf.gather_nd(distances, pairs)[:, tf.newaxis]
    # Told by what they are not, so that NaN stays in, and reaches the loss.
    excluded = tf.gather(same, pairs[:, 0]) | (gap <= 0) | (gap > as_dtype(margin, distances.dtype))
    return _with_negatives(pairs, ~excluded)


def distance_weighted_triplets(
    embeddings: Any, labels: Any, seed: Any, nearest: float = 0.5, farthest: Any = 1.4
) -> tf.Tensor:
    """Triplets whose negatives are drawn so that every distance from the anchor is as likely as any other.

    Distances d between points spread evenly over the unit sphere of n dimensions have the density

    `q(d) ∝ d^(n-2) (1 - d²/4)^((n-3)/2)`

    so that nearly all are about √2. For each anchor and positive a negative is drawn with a probability proportional to
    `1 / q(max(d, nearest))` among those at most `farthest` away; or, where there is none, among all, each alike. The
    lower cut-off keeps the few nearest negatives, whose gradients are noise, from being drawn all the time.

    Args:
        embeddings: `[n, d]` of unit length, d at least 3; no gradient flows through.
        labels: `[n]` integers; equal ones are of one class.
        seed: `[2]` integers: the same seed, the same draw.
        nearest: the lower cut-off, in (0, 2).
        farthest: the upper one, a scalar, or `[n]` for each anchor. Beyond `β + α` the margin loss of a negative is 0.

    Returns:
        `[t, 3]` int64, one triplet for each pair of a class, in their order; none where all rows are of one class.

    Reference: C.-Y. Wu et al., "Sampling Matters in Deep Embedding Learning", ICCV 2017, whose authors' code also draws
    among all where there is no near one.
    """
    embeddings = tf.stop_gradient(tf.convert_to_tensor(embeddings))
    same = same_class(tf.convert_to_tensor(labels))
    dimensions = tf.cast(tf.shape(embeddings)[1], embeddings.dtype)
    distances = tf.sqrt(tf.maximum(2 - 2 * tf.matmul(embeddings, embeddings, transpose_b=True), 0))
    # At a distance of 2 the density is 0.
    clipped = tf.clip_by_value(distances, nearest, 2 - 1e-3)
    logits = (2 - dimensions) * tf.math.log(clipped) + (3 - dimensions) / 2 * tf.math.log1p(-(clipped**2) / 4)
    near = ~same & (distances <= as_dtype(farthest, distances.dtype)[..., tf.newaxis])
    logits = tf.where(near, logits, -math.inf)
    alike = tf.where(same, tf.constant(-math.inf, logits.dtype), 0)
    logits = tf.where(tf.reduce_any(near, axis=1, keepdims=True), logits, alike)
    pairs = tf.where(positive_pairs(same) & ~tf.reduce_all(same))
    negatives = tf.random.stateless_categorical(tf.gather(logits, pairs[:, 0]), 1, seed, dtype=tf.int64)
    return tf.concat([pairs, negatives], axis=1)


def checked_triplets(triplets: Any) -> tf.Tensor:
    """Triplets as a tensor.

    Args:
        triplets: `[t, 3]` integers, rows of anchor, positive and negative; `[0]`, an empty list, is none.

    Returns:
        `[t, 3]` int64.

    Raises:
        ValueError: another shape.
    """
    triplets = tf.cast(triplets, tf.int64)
    if triplets.shape == [0]:
        triplets = tf.reshape(triplets, [0, 3])
    if not triplets.shape.is_compatible_with([None, 3]):
        raise ValueError(f'triplets must be rows of (anchor, positive, negative), [t, 3]; theirs is {triplets.shape}')
    return triplets


def triplet_distances(distances: tf.Tensor, triplets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Distances of anchor to positive and of anchor to negative, each `[t]`.

    Args:
        distances: `[n, n]`.
        triplets: `[t, 3]`.
    """
    return tf.gather_nd(distances, triplets[:, :2]), tf.gather_nd(distances, triplets[:, ::2])


def average(losses: tf.Tensor, reduction: Reduction, counted: tf.Tensor | None = None) -> tf.Tensor:
    """The mean of what counts; 0, with a zero gradient, where nothing does.

    Args:
        losses: any shape, not negative.
        reduction: `mean`, or `nonzero_mean` for that of the losses above 0.
        counted: bool of the same shape, which entries are there; all are where none is given.

    Returns:
        A scalar of the dtype given.

    Raises:
        ValueError: an unknown reduction.
    """
    if reduction not in ('mean', 'nonzero_mean'):
        raise ValueError(f'reduction must be mean or nonzero_mean; it is {reduction!r}')
    if counted is None:
        counted = tf.ones_like(losses, tf.bool)
    if reduction == 'nonzero_mean':
        counted &= losses != 0  # which NaN is not
    total = tf.reduce_sum(tf.where(counted, losses, 0))
    return tf.math.divide_no_nan(total, tf.reduce_sum(tf.cast(counted, losses.dtype)))


def _with_negatives(pairs: tf.Tensor, negatives: tf.Tensor) -> tf.Tensor:
    """Triplets of pairs `[p, 2]` and the negatives `[p, n]` of each."""
    chosen = tf.where(negatives)
    return tf.concat([tf.gather(pairs, chosen[:, 0]), chosen[:, 1:]], axis=1)
