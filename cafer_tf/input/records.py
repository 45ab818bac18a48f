"""TFRecords of examples: finding, reading, parsing and counting them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cafer_tf import features, grouping

_LABELS = {name: tf.io.FixedLenFeature([], tf.float32) for name in features.OUTPUTS}
_FEATURES = {features.IMAGE: tf.io.FixedLenFeature([], tf.string), **_LABELS}
_PARSED_AT_ONCE = 256


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


def parse(serialised: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Encoded images `[n]` and labels `[n, 2]` of serialised examples `[n]`."""
    parsed = tf.io.parse_example(serialised, _FEATURES)
    return parsed[features.IMAGE], _stack(parsed)


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
    """How many examples TFRecords hold; images are not decoded."""
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


def read_texts(files: Sequence[str], name: str) -> list[str]:
    """A feature that is one text, of all examples in the order of `read_labels`.

    Args:
        files: paths or glob patterns of TFRecords.
        name: of the feature.

    Raises:
        InputError: no file.
    """
    spec = {name: tf.io.FixedLenFeature([], tf.string)}
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
