"""The order of training: which example stands at which position of an endless stream.

The stream of a group (weak, strong, or all examples) is a row of epochs. Epoch `e` is a shuffle of the group that
depends on the seed, the group and `e` alone, so position `p` is number `p % size` of epoch `p // size`, and a stream
can begin anywhere without what came before.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from cafer_tf import features
from cafer_tf.config import Config
from cafer_tf.input import records

SHUFFLE_BUFFER = 4096
"""Encoded examples that each group's shuffle holds."""
_OPEN_FILES = 16
_ALL = len(features.GROUP_NAMES)
"""The number of the group of all examples, after those of weak and strong."""


def serialised_batches(paths: Sequence[str], config: Config, threshold: float, start_step: int) -> tf.data.Dataset:
    """Batches of serialised examples without end, each `[batch_size]`.

    Balanced batches take weak and strong examples in turn, weak first; others are drawn from all examples alike.

    Args:
        paths: of the TFRecords.
        config: balance, batch size and seed.
        threshold: τ, which parts strong from weak where batches are balanced.
        start_step: number of the first batch.

    Raises:
        InputError: a group has no examples.
    """
    batch_size, seed = config.training.batch_size, config.training.seed
    sizes = records.group_sizes(paths, threshold)
    if config.grouping.balanced:
        for name, size in zip(features.GROUP_NAMES, sizes, strict=True):
            if not size:
                raise records.InputError(f'the training examples hold no {name} emotion at this threshold')
        groups = dict(enumerate(sizes))
    else:
        if not sum(sizes):
            raise records.InputError(f'there are no examples in {", ".join(paths)}')
        groups = {_ALL: sum(sizes)}
    share = batch_size // len(groups)
    streams = [
        _stream(paths, group, size, threshold, seed, start_step * share).batch(share, drop_remainder=True)
        for group, size in groups.items()
    ]
    return tf.data.Dataset.zip(tuple(streams)).map(lambda *parts: tf.reshape(tf.stack(parts, axis=1), [batch_size]))


def _stream(paths: Sequence[str], group: int, size: int, threshold: float, seed: int, position: int) -> tf.data.Dataset:
    """The serialised examples of a group from a position of its endless stream on."""
    first_epoch, offset = divmod(position, size)
    return (
        tf.data.Dataset.range(first_epoch, tf.int64.max)
        .flat_map(lambda epoch: _epoch(paths, group, threshold, seed, epoch))
        .skip(offset)
    )


def _epoch(paths: Sequence[str], group: int, threshold: float, seed: int, epoch: tf.Tensor) -> tf.data.Dataset:
    """Every example of a group once: files in a random order, several read in turn, and a shuffle buffer."""
    epoch_seed = tf.random.experimental.stateless_fold_in(tf.constant([seed, group], tf.int64), epoch)
    file_order = tf.random.experimental.stateless_shuffle(tf.range(len(paths)), epoch_seed)
    examples = records.read_interleaved(paths, file_order, _OPEN_FILES)
    if group != _ALL:
        examples = records.only_group(examples, group, threshold)
    return _shuffled(examples, epoch_seed)


def _shuffled(examples: tf.data.Dataset, seed: tf.Tensor) -> tf.data.Dataset:
    """`examples.shuffle`, which however mixes the seed of the process into its own; here `seed`, `[2]`, is all."""
    shuffled = tf.raw_ops.ShuffleDataset(
        input_dataset=tf.data.experimental.to_variant(examples),
        buffer_size=SHUFFLE_BUFFER,
        seed=seed[0],
        seed2=seed[1],
        reshuffle_each_iteration=False,
        output_types=[tf.string],
        output_shapes=[[]],
    )
    return tf.data.experimental.from_variant(shuffled, examples.element_spec)
