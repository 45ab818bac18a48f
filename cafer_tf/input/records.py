"""TFRecords of examples: finding, reading, parsing and counting them."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from cafer_tf import features, grouping
from cafer_tf.config import Config

_LABELS = {name: tf.io.FixedLenFeature([], tf.float32) for name in features.OUTPUTS}
_SUBJECT = {features.SUBJECT: tf.io.FixedLenFeature([], tf.string)}
_FEATURES = {features.IMAGE: tf.io.FixedLenFeature([], tf.string), **_LABELS}
_PARSED_AT_ONCE = 256
_LEAST_MATES = 2
"""Faces of a batch that have another of their person in it: with fewer, the critic would hardly ever learn."""

Targets: TypeAlias = tf.Tensor | dict[str, tf.Tensor]
"""What a model learns: labels, or labels and what else it needs by name."""


class InputError(ValueError):
    """There are no TFRecords to read, no examples in them, or batches that cannot be made of them."""


def find(files: Sequence[str]) -> list[str]:
    """The paths that paths or glob patterns match, sorted.

    Raises:
        InputError: nothing matches, or only some of the files are compressed.
    """
    paths = sorted(path for pattern in files for path in tf.io.gfile.glob(pattern))
    if not paths:
        raise InputError(f'no TFRecords match {", ".join(files)}')
    if len({_compressed(path) for path in paths}) > 1:
        raise InputError(f'some TFRecords are compressed (.gz) and some are not: {", ".join(files)}')
    return paths


def read(paths: Sequence[str]) -> tf.data.Dataset:
    """The serialised examples of files, one file after the other; scalar strings."""
    return tf.data.TFRecordDataset(paths, compression_type=_compression(paths))


def read_interleaved(paths: Sequence[str], order: tf.Tensor, at_once: int) -> tf.data.Dataset:
    """The serialised examples of files, one of each in turn; scalar strings.

    Args:
        paths: all files.
        order: `[len(paths)]` integers, the place in `paths` of the first file to open, of the second, and so on.
        at_once: how many files are open together; the next is opened where one has ended.
    """
    names, compression = tf.constant(paths), _compression(paths)
    return tf.data.Dataset.from_tensor_slices(tf.gather(names, order)).interleave(
        lambda path: tf.data.TFRecordDataset(path, compression_type=compression),
        cycle_length=min(at_once, len(paths)),
    )


def parse(serialised: tf.Tensor, with_people: bool = False) -> tuple[tf.Tensor, Targets]:
    """Encoded images `[n]` and targets of serialised examples `[n]`.

    Args:
        serialised: examples.
        with_people: whether the targets say who is shown.

    Returns:
        The images, and labels `[n, 2]`; or, with people, a dictionary of `features.LABELS` and `features.PEOPLE`, `[n]`
        int64, a number for each person.
    """
    parsed = tf.io.parse_example(serialised, _FEATURES | (_SUBJECT if with_people else {}))
    labels = _stack(parsed)
    if not with_people:
        return parsed[features.IMAGE], labels
    people = tf.strings.to_hash_bucket_fast(parsed[features.SUBJECT], tf.int64.max)
    return parsed[features.IMAGE], {features.LABELS: labels, features.PEOPLE: people}


def require_people(paths: Sequence[str], config: Config) -> None:
    """Checks that examples say who is shown, and that batches hold faces of the same person.

    Of T examples, a face of somebody with n of them has another in its batch of N with a probability of about
    `1 - (1 - (n - 1) / (T - 1))^(N - 1)`.

    Args:
        paths: of TFRecords.
        config: what compares people; and N, the size of batches that are drawn from all examples alike.

    Raises:
        InputError: an example without a person, one person alone, or less than two such faces to be expected.
    """
    setting, without = 'matching.weight above 0', 'set it to 0'
    if config.adversarial.compares_people:
        setting, without = 'adversarial.pairs person', 'use adversarial.pairs emotion'
    batch_size = config.training.batch_size
    counts = collections.Counter(read_texts(paths, features.SUBJECT, default=''))
    if nameless := counts.pop('', 0):
        raise InputError(
            f'{setting} needs to know who is shown: {nameless} of {nameless + counts.total()} training examples have '
            f'no {features.SUBJECT}; ingest the data with it, or {without}'
        )
    sizes, total = np.array(list(counts.values())), counts.total()
    accompanied = 1 - (1 - (sizes - 1) / max(total - 1, 1)) ** (batch_size - 1)
    mates = float(np.sum(sizes * accompanied)) / max(total, 1) * batch_size
    if len(counts) < 2 or mates < _LEAST_MATES:
        raise InputError(
            f'{setting} compares faces of one person and of several; the training examples show {len(counts)} people, '
            f'the most frequent in {max(counts.values(), default=0)} of {total}, so that {mates:.1f} faces of a batch '
            f'of {batch_size} would have another of their person beside them: use larger batches, or {without}'
        )


def only_group(records: tf.data.Dataset, group: int, threshold: float) -> tf.data.Dataset:
    """Those serialised examples whose emotion is weak (`group` 0) or strong (1), in the same order."""

    def select(serialised: tf.Tensor) -> tf.Tensor:
        return tf.boolean_mask(serialised, _groups(serialised, threshold) == group)

    return records.batch(_PARSED_AT_ONCE).map(select).unbatch()


def group_sizes(paths: Sequence[str], threshold: float) -> tuple[int, ...]:
    """How many examples have weak and how many strong emotion; images are not decoded."""
    sizes = (
        read(paths)
        .batch(_PARSED_AT_ONCE)
        .reduce(
            tf.zeros([len(features.GROUP_NAMES)], tf.int64),
            lambda total, serialised: (
                total
                + tf.math.bincount(_groups(serialised, threshold), minlength=len(features.GROUP_NAMES), dtype=tf.int64)
            ),
        )
    )
    return tuple(sizes.numpy().tolist())


def count_examples(files: Sequence[str]) -> int:
    """How many examples TFRecords hold; images are not decoded.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.

    Returns:
        The number of all files together.

    Raises:
        InputError: no file, or only some of the files are compressed.
    """
    return int(read(find(files)).reduce(tf.constant(0, tf.int64), lambda total, _: total + 1))


def read_labels(files: Sequence[str]) -> np.ndarray:
    """The labels of all examples, `[n, 2]` float32, valence first; images are not decoded.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.

    Raises:
        InputError: no file.
    """
    batches = read(find(files)).batch(_PARSED_AT_ONCE).map(_parse_labels)
    return np.concatenate([np.empty([0, len(features.OUTPUTS)], np.float32), *batches.as_numpy_iterator()])


def read_texts(files: Sequence[str], name: str, default: str | None = None) -> list[str]:
    """A feature that is one text, of all examples in the order of `read_labels`.

    Args:
        files: paths or glob patterns of TFRecords.
        name: of the feature.
        default: of examples without it; None where all must have it.

    Raises:
        InputError: no file.
    """
    spec = {name: tf.io.FixedLenFeature([], tf.string, default)}
    batches = read(find(files)).batch(_PARSED_AT_ONCE).map(lambda batch: tf.io.parse_example(batch, spec)[name])
    return [text.decode() for batch in batches.as_numpy_iterator() for text in batch]


def read_images(files: Sequence[str], places: Sequence[int]) -> list[bytes]:
    """The encoded images of a few examples.

    Args:
        files: paths or glob patterns of TFRecords.
        places: of the examples, in the order of `read_labels`.

    Returns:
        One for each place, in that order.

    Raises:
        InputError: no file.
    """
    wanted = tf.constant(places, tf.int64)
    found = read(find(files)).enumerate().filter(lambda place, _: tf.reduce_any(place == wanted))
    images = {
        int(place): parse(serialised[tf.newaxis])[0].numpy()[0] for place, serialised in found.take(len(set(places)))
    }
    return [images[place] for place in places]


def _parse_labels(serialised: tf.Tensor) -> tf.Tensor:
    return _stack(tf.io.parse_example(serialised, _LABELS))


def _stack(parsed: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.stack([parsed[name] for name in features.OUTPUTS], axis=1)


def _groups(serialised: tf.Tensor, threshold: float) -> tf.Tensor:
    return tf.cast(grouping.is_strong(grouping.intensity(_parse_labels(serialised)), threshold), tf.int32)


def _compressed(path: str) -> bool:
    return path.endswith('.gz')


def _compression(paths: Sequence[str]) -> str | None:
    return 'GZIP' if _compressed(paths[0]) else None
