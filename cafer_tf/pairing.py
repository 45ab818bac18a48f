"""How the members of a batch are paired, in tensors of static shape."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from cafer_tf import grouping
from cafer_tf.batch_groups import Rule, group_batch


class Pairing(NamedTuple):
    """Which rows of a batch of `n` examples the critic compares, in `h` slots: a pair of each kind to a slot.

    Slots that hold no pair have weight 0 and arbitrary rows.

    Attributes:
        anchor: `[h]` int32, rows that each slot's two pairs have in common.
        positive: `[h]` int32, rows that belong with the anchor: its pair is one of P.
        negative: `[h]` int32, rows that do not: its pair is one of Q. The encoder moves these.
        pair_weight: `[h]` float32, 1 for slots that hold pairs.
        moved: `[n]` float32, 1 for rows that the encoder moves against the critic.
        strong_fraction: float32 scalar, the share of strong emotion in the batch.
        threshold: scalar, the emotional intensity above which emotion is strong.
    """

    anchor: tf.Tensor
    positive: tf.Tensor
    negative: tf.Tensor
    pair_weight: tf.Tensor
    moved: tf.Tensor
    strong_fraction: tf.Tensor
    threshold: tf.Tensor


def pair_groups(labels: tf.Tensor, threshold: float, rule: Rule = 'otsu') -> Pairing:
    """Parts a batch into strong and weak emotion and pairs its members: strong with strong, and strong with weak.

    The first `m` members of each group, in batch order, are paired in reverse: slot i with `m - 1 - i`, where
    `m = 2 ⌊min(strong, weak) / 2⌋`, or 1 where a group has a single member. There are `n // 2` slots, or n with the
    `legacy` rule, under which a batch without strong emotion is compared with itself.

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
    partner = tf.where(is_pair, pairs - 1 - slot, slot)
    members = tf.cast(tf.range(rows) < groups.weak_count, tf.float32)
    return Pairing(
        anchor=groups.strong[:slots],
        positive=tf.gather(groups.strong, partner),
        negative=tf.gather(groups.weak, partner),
        pair_weight=tf.cast(is_pair, tf.float32),
        moved=tf.scatter_nd(groups.weak[:, tf.newaxis], members, [rows]),
        strong_fraction=_strong_fraction(labels, groups.threshold),
        threshold=groups.threshold,
    )


def pair_people(labels: tf.Tensor, people: tf.Tensor, threshold: float, rule: Rule = 'otsu') -> Pairing:
    """Pairs every face with the next one of the same person, and with the next one of another person.

    *Next* is in batch order, which goes on from the last row with the first. There are n slots; those of people who are
    in the batch once, and all where the batch shows one person, hold no pair. Emotion has no part in it.

    Args:
        labels: `[n, 2]`, valence first.
        people: `[n]` integers, who is shown.
        threshold: τ of the training split, in [0, sqrt(2)], by which the share of strong emotion is reported.
        rule: of the grouping, likewise.
    """
    rows = tf.shape(people)[0]
    same = people[:, tf.newaxis] == people
    ahead = (tf.range(rows) - tf.range(rows)[:, tf.newaxis] - 1) % rows  # the row itself comes last
    positive = tf.argmin(tf.where(same, ahead, rows), axis=1, output_type=tf.int32)
    negative = tf.argmin(tf.where(same, rows, ahead), axis=1, output_type=tf.int32)
    is_pair = (positive != tf.range(rows)) & ~tf.reduce_all(same, axis=1)
    weight = tf.cast(is_pair, tf.float32)
    group_threshold = group_batch(labels, threshold, rule).threshold
    return Pairing(
        anchor=tf.range(rows),
        positive=positive,
        negative=negative,
        pair_weight=weight,
        moved=tf.ones_like(weight),
        strong_fraction=_strong_fraction(labels, group_threshold),
        threshold=group_threshold,
    )


def _strong_fraction(labels: tf.Tensor, threshold: tf.Tensor) -> tf.Tensor:
    is_strong = grouping.is_strong(grouping.intensity(labels), threshold)
    return tf.reduce_mean(tf.cast(is_strong, tf.float32))
