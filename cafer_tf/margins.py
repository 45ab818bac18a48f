"""The adaptive margin `α̂ = MI + Δ`: mutual information plus a confidence term; a static margin without either.

Reference: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021: `α̂ = -½ log(1 - η²) + log(N / c)^(1 / (2K))`.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import tensorflow as tf

from cafer_tf.correlation import at_least_float32, moments, pearson

MutualInformation = Literal['gaussian', 'channel', 'none']
Confidence = Literal['closed_form', 'nearest_neighbours', 'none']
_SQUARED_CORRELATION_GAP = 1e-6
_MOST_CHANNEL_INFORMATION = 2.5


class AdaptiveMargin(NamedTuple):
    """The margin and its two parts, of the inputs' dtype: each a scalar, or `[m]` where it is that of a pair."""

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
    """The entries that `channel_mutual_information` averages.

    Args:
        x: any shape, float32 or float64.
        y: the same shape.
        variance: σ², positive.

    Returns:
        The shape and dtype of `x`, in nats, of either sign.
    """
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    scale = 2 * variance
    upper, lower = -((y + 1) ** 2) / scale, -((y - 1) ** 2) / scale
    either = tf.reduce_logsumexp(tf.stack([upper, lower]), axis=0)
    return -((y - x) ** 2) / scale + math.log(2) - either


def adaptive_neighbourhood(points: Any, labels: Any, coefficient: float = 0.7, weights: Any | None = None) -> tf.Tensor:
    """Sizes of the adaptive nearest neighbourhoods: how far one must look around a point to see a clear majority.

    `k_i` is the smallest k with `|share of label 1 among the k nearest - ½| > A / √k`, or n where there is none. The
    point itself does not count; distance is Euclidean.

    Args:
        points: `[n, d]`, float32 or float64; no gradient flows through.
        labels: `[n]`, 1 or 0.
        coefficient: A, positive.
        weights: `[n]`, 1 for points that are there and 0 for those that are not; all are where none are given.

    Returns:
        `[n]` int32, each from 1 to n, where n is the number of points that are there; a point alone has 1.

    Example:
        >>> adaptive_neighbourhood(tf.constant([[0.0], [0.1], [0.2], [5.0]]), [1, 1, 1, 0]).numpy()
        array([2, 2, 2, 2], dtype=int32)

    Reference: A. Balsubramani et al., "An adaptive nearest neighbor rule for classification", NeurIPS 2019.
    """
    points = tf.stop_gradient(tf.convert_to_tensor(points))
    rows = tf.shape(points)[0]
    distances = tf.reduce_sum((points[:, tf.newaxis] - points) ** 2, axis=-1)
    present = tf.ones([rows], tf.bool) if weights is None else tf.convert_to_tensor(weights) > 0
    # Sorted last: points that are not there, and after them the point itself.
    distances = tf.where(present, distances, distances.dtype.max)
    distances = tf.linalg.set_diag(distances, tf.fill([rows], tf.constant(math.inf, distances.dtype)))
    nearest = tf.argsort(distances, axis=1, stable=True)[:, :-1]
    count = tf.reduce_sum(tf.cast(present, tf.int32))
    numbers = tf.range(1, tf.maximum(rows, 1))
    sizes = tf.cast(numbers, points.dtype)
    share = tf.cumsum(tf.cast(tf.gather(labels, nearest), points.dtype), axis=1) / sizes
    clear = (tf.abs(share - 0.5) > coefficient / tf.sqrt(sizes)) & (numbers < count)
    # The smallest of no numbers is the largest there is, so that a point without others is among them.
    return tf.minimum(tf.reduce_min(tf.where(clear, numbers, tf.int32.max), axis=1), count)


def neighbourhood_confidence(
    first: Any, second: Any, coefficient: float = 0.7, weights: Any | None = None
) -> tf.Tensor:
    """The confidence term of the authors' published code: the width of each point's adaptive neighbourhood.

    `Δ_i = A / √(k_i - 1)`, with `k_i` the `adaptive_neighbourhood` of row i of `first` among all rows of both.

    Args:
        first: `[m, d]`, one group, float32 or float64; no gradient flows through.
        second: `[m, d]`, the other group.
        coefficient: A, above ½, so that a neighbourhood has at least two members.
        weights: `[m]`, 1 for rows that are there in both groups and 0 for those that are not.

    Returns:
        `[m]`, of the dtype of `first`, at most A.

    Reference: the code published with D. H. Kim and B. C. Song, AAAI 2021.
    """
    first = tf.convert_to_tensor(first)
    labels = tf.concat([tf.ones_like(first[:, 0]), tf.zeros_like(first[:, 0])], axis=0)
    both = None if weights is None else tf.tile(tf.convert_to_tensor(weights), [2])
    sizes = adaptive_neighbourhood(tf.concat([first, second], axis=0), labels, coefficient, both)
    others = tf.maximum(sizes[: tf.shape(first)[0]] - 1, 1)
    return coefficient / tf.sqrt(tf.cast(others, first.dtype))


def adaptive_margin(
    first: Any,
    second: Any,
    *,
    batch_size: Any = None,
    mutual_information: MutualInformation = 'gaussian',
    variance: float = 0.2,
    confidence: Confidence = 'closed_form',
    constant: float = 1.0,
    neighbours: int = 4,
    coefficient: float = 0.7,
    static: float = 0.0,
    weights: Any | None = None,
    stop_gradient: bool = True,
) -> AdaptiveMargin:
    """The adaptive margin of two paired sets of critic outputs, `α̂ = MI + Δ`, and a static part α₀ of any size.

    As on the poster, `MI = -½ log(1 - η²)`, where η is the correlation coefficient of the entries of the two outputs,
    and `Δ = (1 / (2K)) log(N / c)`: one margin for all pairs. As in the authors' code, with `channel` and
    `nearest_neighbours`, `MI_i` is that of `channel_mutual_information` over the channels of pair i, clipped to
    [0, 2.5], and `Δ_i` that of `neighbourhood_confidence`: a margin for each pair. Either term can be `none`, which is
    0; with both, `α = α₀` is a static margin.

    Args:
        first: `[m, d]` critic outputs of one group, float32 or float64; `[m]` counts as `[m, 1]`.
        second: `[m, d]` critic outputs of the other group; row i is paired with row i of `first`.
        batch_size: N of `closed_form`, the size of the whole batch: a number, or a scalar integer tensor where it is
            known only when the graph runs; the confidence of a batch smaller than c is then 0.
        mutual_information: `gaussian`, `channel` or `none`.
        variance: σ² of `channel`.
        confidence: `closed_form`, `nearest_neighbours` or `none`.
        constant: c of `closed_form`, in (0, N].
        neighbours: K of `closed_form`, at least 1.
        coefficient: A of `nearest_neighbours`, above ½.
        static: α₀, not negative.
        weights: `[m]`, 1 for pairs that count and 0 for those that do not; all count where none are given.
        stop_gradient: whether the margin is a constant for the gradient. It is one of the confidence term in any case.

    Returns:
        The margin and its two parts, each a scalar or `[m]`. Without any pair that counts η is 0, and the poster's
        margin is Δ.

    Raises:
        ValueError: shapes that differ, an unknown choice, or a confidence term out of range.

    Example:
        >>> outputs = tf.constant([[1.0], [2.0], [3.0]])
        >>> margin = adaptive_margin(outputs, 5 - outputs, batch_size=64)  # η = -1: as much as information can be
        >>> round(float(margin.mutual_information), 1), round(float(margin.confidence), 2)
        (6.9, 0.52)

    Reference: D. H. Kim and B. C. Song, AAAI 2021, the adaptive margin, and the code published with it.
    """
    first, second = at_least_float32(first), at_least_float32(second)
    if first.shape.rank == 1:
        first, second = first[:, tf.newaxis], second[:, tf.newaxis]
    if not first.shape.is_compatible_with(second.shape):
        raise ValueError(f'paired outputs must have one shape; theirs are {first.shape} and {second.shape}')
    if mutual_information == 'gaussian':
        entry_weights = None
        if weights is not None:
            entry_weights = tf.reshape(tf.broadcast_to(tf.reshape(weights, [-1, 1]), tf.shape(first)), [-1])
        eta = pearson(moments(tf.reshape(first, [-1]), tf.reshape(second, [-1]), entry_weights))
        information = gaussian_mutual_information(eta)
    elif mutual_information == 'channel':
        information = tf.reduce_mean(channel_information(first, second, variance), axis=-1)
        information = tf.clip_by_value(information, 0, _MOST_CHANNEL_INFORMATION)
    elif mutual_information == 'none':
        information = tf.zeros([], first.dtype)
    else:
        raise ValueError(f'mutual_information must be gaussian, channel or none; it is {mutual_information!r}')
    if confidence == 'nearest_neighbours':
        lift = neighbourhood_confidence(first, second, coefficient, weights)
    elif confidence == 'none':
        lift = tf.zeros([], first.dtype)
    elif confidence != 'closed_form':
        raise ValueError(f'confidence must be closed_form, nearest_neighbours or none; it is {confidence!r}')
    elif batch_size is None:
        raise ValueError('the closed form of the confidence term needs batch_size')
    elif tf.is_tensor(batch_size):
        lift = tf.math.log(tf.cast(batch_size, first.dtype) / constant) / (2 * neighbours)
        lift = tf.maximum(lift, 0)
    else:
        lift = tf.constant(confidence_term(batch_size, constant, neighbours), first.dtype)
    margin = information + lift + static
    if stop_gradient:
        margin = tf.stop_gradient(margin)
    return AdaptiveMargin(margin, information, lift)
