"""How the members of a batch are paired, in tensors of static shape."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from cafer_tf import grouping
from cafer_tf.batch_groups import Rule, group_batch


class Pairing(NamedTuple):
    """Which rows of a batch of `n` examples the critic compares, in `h` slots.

    Slots that hold no pair have weight 0 and arbitrary rows. `h` is `n // 2`, or n with the `legacy` rule, under which
    a batch without strong emotion is compared with itself.

    Attributes:
        strong: `[h]` int32, rows of the strong slots.
        weak: `[h]` int32, rows of the weak slots.
        partner: `[h]` int32, the slot each slot is paired with.
        pair_weight: `[h]` float32, 1 for slots that form a pair.
        weak_weight: `[n]` float32, 1 for rows of the weak group.
        strong_fraction: float32 scalar, the share of strong emotion in the batch.
        threshold: scalar, the emotional intensity above which emotion is strong.
    """

    strong: tf.Tensor
    weak: tf.Tensor
    partner: tf.Tensor
    pair_weight: tf.Tensor
    weak_weight: tf.Tensor
    strong_fraction: tf.Tensor
    threshold: tf.Tensor


def pair_groups(labels: tf.Tensor, threshold: float, rule: Rule = 'otsu') -> Pairing:
    """Parts a batch into strong and weak emotion and pairs its members.

    The first `m` members of each group, in batch order, are paired in reverse: slot i with `m - 1 - i`, where
    `m = 2 ⌊min(strong, weak) / 2⌋`, or 1 where a group has a single member.

    Args:
        labels: `[n, 2]`, valence first.
        threshold: τ of the training split, in [0, sqrt(2)].
        rule: of the grouping, see `group_batch`.

    Reference: the pairing of the authors' published code (see D. H. Kim and B. C. Song, AAAI 2021).
    """
    groups = group_batch(labels, threshold, rule)
    rows = tf.shape(labels)[0] if labels.shape[0] is None else labels.shape[0]
    slots = rows if rule == 'legacy' else rows // 2
    slot = tf.range(slots)
    fewer = tf.minimum(tf.minimum(groups.strong_count, groups.weak_count), slots)
    pairs = tf.where(fewer == 1, 1, 2 * (fewer // 2))
    is_pair = slot < pairs
    is_strong = grouping.is_strong(grouping.intensity(labels), groups.threshold)
    members = tf.cast(tf.range(rows) < groups.weak_count, tf.float32)
    return Pairing(
        strong=groups.strong[:slots],
        weak=groups.weak[:slots],
        partner=tf.where(is_pair, pairs - 1 - slot, slot),
        pair_weight=tf.cast(is_pair, tf.float32),
        weak_weight=tf.scatter_nd(groups.weak[:, tf.newaxis], members, [rows]),
        strong_fraction=tf.reduce_mean(tf.cast(is_strong, tf.float32)),
        threshold=groups.threshold,
    )
