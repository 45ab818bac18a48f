"""The adaptive margin `α̂ = MI + Δ`: mutual information plus a confidence term.

Reference: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021: `α̂ = -½ log(1 - η²) + log(N / c)^(1 / (2K))`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import tensorflow as tf

from cafer_tf.correlation import moments, pearson

_SQUARED_CORRELATION_GAP = 1e-6


class AdaptiveMargin(NamedTuple):
    """The margin and its two parts, scalars of the inputs' dtype."""

    margin: tf.Tensor
    mutual_information: tf.Tensor
    confidence: tf.Tensor


def gaussian_mutual_information(correlation: Any) -> tf.Tensor:
    """Mutual information of two jointly Gaussian variables, in nats.

    `MI = -½ log(1 - η²)`, with `η² <= 1 - 1e-6`, so that value (at most 6.9) and gradient stay finite.

    Args:
        correlation: η, any shape, in [-1, 1]; float32 or float64.

    Returns:
        The same shape and dtype, not negative.

    Example:
        >>> round(float(gaussian_mutual_information(0.6)), 4)
        0.2231
    """
    squared = tf.convert_to_tensor(correlation) ** 2
    return -0.5 * tf.math.log1p(-tf.minimum(squared, 1 - _SQUARED_CORRELATION_GAP))


def confidence_term(batch_size: float, constant: float, neighbours: float) -> float:
    """The confidence term Δ, which lifts the margin where mutual information is close to 0.

    `Δ = (1 / (2K)) log(N / c)`

    Args:
        batch_size: N, examples of the batch, at least c.
        constant: c, positive.
        neighbours: K, at least 1.

    Returns:
        Δ, not negative.

    Raises:
        ValueError: a value out of range; N < c would make Δ negative.

    Example:
        >>> round(confidence_term(batch_size=64, constant=1.0, neighbours=4), 4)
        0.5199
    """
    if neighbours < 1:
        raise ValueError(f'neighbours (K) must be at least 1; it is {neighbours}')
    if constant <= 0:
        raise ValueError(f'constant (c) must be positive; it is {constant}')
    if batch_size < constant:
        raise ValueError(
            f'batch_size (N = {batch_size}) below constant (c = {constant}) makes the confidence term negative'
        )
    return math.log(batch_size / constant) / (2 * neighbours)


def channel_mutual_information(x: Any, y: Any, variance: float = 0.2) -> tf.Tensor:
    """The mutual information of the authors' published code: of a channel with two symbols, -1 and 1, and noise.

    `MI = mean[-(y - x)² / (2σ²) + log 2 - logaddexp(-(y + 1)² / (2σ²), -(y - 1)² / (2σ²))]`, the numerically stable
    form of the published expression; not yet clipped to [0, 2.5], as the published margin has it.

    Args:
        x: any shape, float32 or float64.
        y: the same shape.
        variance: σ², positive.

    Returns:
        A scalar of the dtype given, the mean over all entries.

    Example:
        >>> round(float(channel_mutual_information(tf.zeros([4]), tf.zeros([4]))), 4)  # 1 / (2σ²)
        2.5

    Reference: the code published with D. H. Kim and B. C. Song, AAAI 2021.
    """
    return tf.reduce_mean(channel_information(x, y, variance))


def channel_information(x: Any, y: Any, variance: float = 0.2) -> tf.Tensor:
    """The entries that `channel_mutual_information` averages, of the shape of `x`."""
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    scale = 2 * variance
    upper, lower = -((y + 1) ** 2) / scale, -((y - 1) ** 2) / scale
    either = tf.reduce_logsumexp(tf.stack([upper, lower]), axis=0)
    return -((y - x) ** 2) / scale + math.log(2) - either


def adaptive_neighbourhood(points: Any, labels: Any, coefficient: float = 0.7) -> tf.Tensor:
    """Sizes of the adaptive nearest neighbourhoods: how far one must look around a point to see a clear majority.

    `k_i` is the smallest k with `|share of label 1 among the k nearest - ½| > A / √k`, or n where there is none. The
    point itself does not count; distance is Euclidean.

    Args:
        points: `[n, d]`, float32 or float64; no gradient flows through.
        labels: `[n]`, 1 or 0.
        coefficient: A, positive.

    Returns:
        `[n]` int32, each from 1 to n.

    Reference: A. Balsubramani et al., "An adaptive nearest neighbor rule for classification", NeurIPS 2019.
    """
    points = tf.stop_gradient(tf.convert_to_tensor(points))
    count = tf.shape(points)[0]
    distances = tf.reduce_sum((points[:, tf.newaxis] - points) ** 2, axis=-1)
    distances = tf.linalg.set_diag(distances, tf.fill([count], distances.dtype.max))
    nearest = tf.argsort(distances, axis=1, stable=True)[:, :-1]
    sizes = tf.cast(tf.range(1, count), points.dtype)
    share = tf.cumsum(tf.cast(tf.gather(labels, nearest), points.dtype), axis=1) / sizes
    clear = tf.abs(share - 0.5) > coefficient / tf.sqrt(sizes)
    first = tf.argmax(clear, axis=1, output_type=tf.int32) + 1
    return tf.where(tf.reduce_any(clear, axis=1), first, count)


def adaptive_margin(
    first: Any,
    second: Any,
    *,
    batch_size: Any,
    constant: float = 1.0,
    neighbours: int = 4,
    weights: Any | None = None,
    stop_gradient: bool = True,
) -> AdaptiveMargin:
    """The adaptive margin of two paired sets of critic outputs.

    `α̂ = -½ log(1 - η²) + (1 / (2K)) log(N / c)`, where η is the correlation coefficient of the entries of the two
    outputs. The margin is a constant of the critic's loss unless `stop_gradient` is false.

    Args:
        first: `[m, d]` critic outputs of one group, float32 or float64; `[m]` counts as `[m, 1]`.
        second: `[m, d]` critic outputs of the other group; row i is paired with row i of `first`.
        batch_size: N, the size of the whole batch: a number, or a scalar integer tensor where it is known only when the
            graph runs; the confidence of a batch smaller than c is then 0.
        constant: c, in (0, N].
        neighbours: K, at least 1.
        weights: `[m]`, 1 for pairs that count and 0 for those that do not; all count where none are given.
        stop_gradient: whether the margin is a constant for the gradient.

    Returns:
        The margin and its two parts. Without any pair that counts η is 0, and the margin is Δ.

    Raises:
        ValueError: shapes that differ, or a confidence term out of range.

    Example:
        >>> outputs = tf.constant([[1.0], [2.0], [3.0]])
        >>> margin = adaptive_margin(outputs, 5 - outputs, batch_size=64)  # η = -1: as much as information can be
        >>> round(float(margin.mutual_information), 1), round(float(margin.confidence), 2)
        (6.9, 0.52)

    Reference: D. H. Kim and B. C. Song, AAAI 2021, the adaptive margin.
    """
    first, second = tf.convert_to_tensor(first), tf.convert_to_tensor(second)
    if first.shape.rank == 1:
        first, second = first[:, tf.newaxis], second[:, tf.newaxis]
    if not first.shape.is_compatible_with(second.shape):
        raise ValueError(f'paired outputs must have one shape; theirs are {first.shape} and {second.shape}')
    if tf.is_tensor(batch_size):
        confidence = tf.math.log(tf.cast(batch_size, first.dtype) / constant) / (2 * neighbours)
        confidence = tf.maximum(confidence, 0)
    else:
        confidence = tf.constant(confidence_term(batch_size, constant, neighbours), first.dtype)
    if weights is not None:
        weights = tf.reshape(tf.broadcast_to(tf.reshape(weights, [-1, 1]), tf.shape(first)), [-1])
    eta = pearson(moments(tf.reshape(first, [-1]), tf.reshape(second, [-1]), weights))
    information = gaussian_mutual_information(eta)
    margin = information + confidence
    if stop_gradient:
        margin = tf.stop_gradient(margin)
    return AdaptiveMargin(margin, information, confidence)
