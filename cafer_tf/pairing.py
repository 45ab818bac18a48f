"""Strong and weak members of a batch, and how they are paired, in tensors of static shape."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from cafer_tf import grouping


class Pairing(NamedTuple):
    """Which rows of a batch of `n` examples the critic compares; `h = n // 2` slots.

    A batch with fewer than `h` members of a group leaves slots unused: their weight is 0, their row arbitrary.

    Attributes:
        strong: `[h]` int32, rows of the strong slots.
        weak: `[h]` int32, rows of the weak slots.
        partner: `[h]` int32, the slot each slot is paired with.
        pair_weight: `[h]` float32, 1 for slots that form a pair.
        weak_weight: `[h]` float32, 1 for weak slots that hold a weak example.
        strong_fraction: float32 scalar, the share of strong emotion in the batch.
    """

    strong: tf.Tensor
    weak: tf.Tensor
    partner: tf.Tensor
    pair_weight: tf.Tensor
    weak_weight: tf.Tensor
    strong_fraction: tf.Tensor


def pair_groups(labels: tf.Tensor, threshold: tf.Tensor) -> Pairing:
    """Parts a batch at the Otsu threshold and pairs its members.

    The first `m` members of each group, in batch order, are paired in reverse: slot i with `m - 1 - i`, where
    `m = 2 ⌊min(strong, weak) / 2⌋`, or 1 where a group has a single member.

    Args:
        labels: `[n, 2]`, valence first.
        threshold: τ, scalar, in [0, sqrt(2)].

    Reference: the pairing of the authors' published code (see D. H. Kim and B. C. Song, AAAI 2021).
    """
    strong = grouping.is_strong(grouping.intensity(labels), tf.cast(threshold, labels.dtype))
    half = tf.shape(strong)[0] // 2 if strong.shape[0] is None else strong.shape[0] // 2
    order = tf.argsort(tf.cast(strong, tf.int32), direction='DESCENDING', stable=True)
    strong_count = tf.reduce_sum(tf.cast(strong, tf.int32))
    weak_count = tf.size(strong) - strong_count
    slots = tf.range(half)
    weak_rows = tf.gather(order, tf.minimum(strong_count + slots, tf.size(strong) - 1))
    fewer = tf.minimum(tf.minimum(strong_count, weak_count), half)
    pairs = tf.where(fewer == 1, 1, 2 * (fewer // 2))
    is_pair = slots < pairs
    return Pairing(
        strong=order[:half],
        weak=weak_rows,
        partner=tf.where(is_pair, pairs - 1 - slots, slots),
        pair_weight=tf.cast(is_pair, tf.float32),
        weak_weight=tf.cast(slots < weak_count, tf.float32),
        strong_fraction=tf.reduce_mean(tf.cast(strong, tf.float32)),
    )
