"""Strong and weak emotion within a batch, in the training graph, by each of the grouping rules.

`grouping` owns the rules themselves; here they are made of tensors of static shape.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import tensorflow as tf

from cafer_tf import grouping

Rule = Literal['otsu', 'otsu_per_batch', 'legacy']


class Groups(NamedTuple):
    """Which rows of a batch of `n` examples are strong and which are weak.

    Attributes:
        strong: `[n]` int32, the rows of the strong group in batch order, then arbitrary ones.
        weak: `[n]` int32, the same of the weak group.
        strong_count: int32 scalar, size of the strong group.
        weak_count: int32 scalar, size of the weak group.
        threshold: scalar, the emotional intensity above which emotion is strong.
    """

    strong: tf.Tensor
    weak: tf.Tensor
    strong_count: tf.Tensor
    weak_count: tf.Tensor
    threshold: tf.Tensor


def group_batch(labels: tf.Tensor, threshold: float, rule: Rule = 'otsu') -> Groups:
    """Parts a batch into strong and weak emotion.

    Args:
        labels: `[n, 2]`, valence first.
        threshold: τ of the training split, in [0, sqrt(2)]; the rules other than `otsu` find their own.
        rule: `otsu`, `otsu_per_batch` or `legacy` (see `grouping.legacy_groups`).

    Raises:
        ValueError: an unknown rule.
    """
    intensities = grouping.intensity(labels)
    if rule == 'otsu':
        return _parted(intensities, tf.cast(threshold, labels.dtype))
    if rule == 'otsu_per_batch':
        return _parted(intensities, batch_threshold(intensities))
    if rule == 'legacy':
        return _legacy(labels)
    raise ValueError(f'unknown grouping rule {rule!r}; known: otsu, otsu_per_batch, legacy')


def batch_threshold(intensities: tf.Tensor) -> tf.Tensor:
    """Otsu's threshold of a batch: `grouping.otsu_threshold` as a graph.

    Args:
        intensities: `[n]`, each in [0, sqrt(2)].

    Returns:
        τ, a scalar of the dtype given. Where there is nothing to part all of the batch is on one side of it.

    Example:
        >>> round(float(batch_threshold(tf.constant([0.1, 0.2, 0.2, 0.9, 1.0]))), 2)
        0.2
    """
    # float64, so that near ties fall as they do in NumPy; these are 256 numbers.
    empty = grouping.IntensityHistogram.empty()
    width = tf.constant(2 * empty.centers[0], tf.float64)
    bins = tf.cast(tf.math.ceil(tf.cast(intensities, tf.float64) / width), tf.int32) - 1
    one_hot = tf.one_hot(tf.clip_by_value(bins, 0, grouping.BINS - 1), grouping.BINS, dtype=tf.float64)
    counts = tf.reduce_sum(one_hot, axis=0)
    sums = counts * tf.constant(empty.centers, tf.float64)
    below, sum_below = tf.cumsum(counts), tf.cumsum(sums)
    above, sum_above = tf.cumsum(counts, reverse=True), tf.cumsum(sums, reverse=True)
    mean_below, mean_above = tf.math.divide_no_nan(sum_below, below), tf.math.divide_no_nan(sum_above, above)
    between = below[:-1] * above[1:] * (mean_below[:-1] - mean_above[1:]) ** 2
    return tf.cast(width * tf.cast(tf.argmax(between) + 1, tf.float64), intensities.dtype)


def _parted(intensities: tf.Tensor, threshold: tf.Tensor) -> Groups:
    strong = grouping.is_strong(intensities, threshold)
    strong_count = tf.reduce_sum(tf.cast(strong, tf.int32))
    return Groups(
        _members_first(strong), _members_first(~strong), strong_count, tf.size(strong) - strong_count, threshold
    )


def _legacy(labels: tf.Tensor) -> Groups:
    rows = tf.shape(labels)[0]
    shares = [_cumulative_share(tf.cast(labels[:, column], tf.float32)) for column in (0, 1)]
    bound = tf.cast(tf.sqrt(shares[0] ** 2 + shares[1] ** 2), tf.float64) + 0.25
    squared = tf.reduce_sum(tf.cast(labels, tf.float64) ** 2, axis=1)
    strong, weak = squared > bound, squared < bound
    fallback = ~tf.reduce_any(strong) | ~tf.reduce_any(weak)
    weak = tf.where(fallback, squared < 0.3, weak)
    # The published list of strong rows is appended to, so that it may hold a row twice.
    twice = tf.concat([strong, fallback & (squared > 0.65)], axis=0)
    twice = tf.where(tf.reduce_any(twice), twice, tf.concat([weak, tf.zeros_like(weak)], axis=0))
    strong_rows = _members_first(twice)[:rows] % rows
    count = tf.minimum(*(tf.reduce_sum(tf.cast(group, tf.int32)) for group in (twice, weak)))
    return Groups(strong_rows, _members_first(weak), count, count, tf.cast(tf.sqrt(bound), labels.dtype))


def _cumulative_share(values: tf.Tensor) -> tf.Tensor:
    """`Σ d[:m + 1] / Σ d` of `grouping.legacy_groups`; 0 where the sum is 0."""
    total = tf.reduce_sum(values)
    sums = tf.cumsum(values)
    positions = tf.range(tf.size(values))
    middle = (tf.argmin(values, output_type=tf.int32) + tf.argmax(values, output_type=tf.int32)) // 2
    goes_on = (sums < 0.75 * total) & (sums >= 0.95 * total)
    stops = (positions >= middle) & ((positions - middle) % 2 == 0) & ~goes_on
    share = tf.where(tf.reduce_any(stops), sums[tf.argmax(stops, output_type=tf.int32)], total)
    return tf.math.divide_no_nan(share, total)


def _members_first(group: tf.Tensor) -> tf.Tensor:
    return tf.argsort(tf.cast(group, tf.int32), direction='DESCENDING', stable=True)
