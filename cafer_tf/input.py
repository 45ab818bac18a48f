"""From TFRecords to batches: decode, crop, augment, and balance strong against weak emotion.

Both `training_dataset` and `evaluation_dataset` yield `(images, labels)`: images `[n, size, size, 3]` float32, RGB in
[0, 1]; labels `[n, 2]` float32, valence first. The same seed gives the same batches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cafer_tf import augment, features, grouping
from cafer_tf.config import Config, InputConfig

_SHUFFLE_BUFFER = 4096
_FEATURES = {
    features.IMAGE: tf.io.FixedLenFeature([], tf.string),
    features.VALENCE: tf.io.FixedLenFeature([], tf.float32),
    features.AROUSAL: tf.io.FixedLenFeature([], tf.float32),
}


class InputError(ValueError):
    """There are no TFRecords to read, or no examples in them."""


def training_dataset(files: Sequence[str], config: Config, threshold: float) -> tf.data.Dataset:
    """An endless stream of augmented batches, half strong emotion and half weak.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.
        config: image size and crop, augmentation, batch size and seed.
        threshold: τ, the Otsu threshold that parts strong from weak.

    Raises:
        InputError: no file, or no example of one of the groups.
    """
    records = _records(files)
    seed = config.training.seed
    groups = [
        _endless(records.filter(lambda _, labels, group=group: _group(labels, threshold) == group), seed, name)
        for group, name in enumerate(features.GROUP_NAMES)
    ]
    seeds = tf.data.Dataset.random(seed=seed).batch(2, drop_remainder=True)

    def read(example: tuple[tf.Tensor, tf.Tensor], image_seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        encoded, labels = example
        image = resize(decode(encoded), resized_side(config.input))
        return augment.augment_image(image, image_seed, config.input, config.augmentation), labels

    batches = (
        tf.data.Dataset.zip((tf.data.Dataset.choose_from_datasets(groups, _alternating()), seeds))
        .map(read, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(config.training.batch_size, drop_remainder=True)
    )
    batch_seeds = tf.data.Dataset.random(seed=seed + 1).batch(2, drop_remainder=True)
    return (
        tf.data.Dataset.zip((batches, batch_seeds))
        .map(
            lambda batch, batch_seed: (augment.augment_batch(batch[0], batch_seed, config.augmentation), batch[1]),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .prefetch(tf.data.AUTOTUNE)
    )


def evaluation_dataset(files: Sequence[str], config: Config) -> tf.data.Dataset:
    """Every example once, in the order of the files, centrally cropped.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.
        config: image size, crop and batch size.

    Raises:
        InputError: no file.
    """
    return (
        _records(files)
        .map(
            lambda encoded, labels: (preprocess(encoded, config.input), labels),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .batch(config.training.batch_size)
        .prefetch(tf.data.AUTOTUNE)
    )


def count_examples(files: Sequence[str]) -> int:
    """How many examples TFRecords hold; images are not decoded."""
    return int(_raw_records(files).reduce(tf.constant(0, tf.int64), lambda total, _: total + 1))


def read_labels(files: Sequence[str]) -> np.ndarray:
    """The labels of all examples, `[n, 2]` float32, valence first; images are not decoded.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.

    Raises:
        InputError: no file.
    """
    batches = _records(files).map(lambda _, labels: labels).batch(1024)
    return np.concatenate([np.empty([0, len(features.OUTPUTS)], np.float32), *batches.as_numpy_iterator()])


def preprocess(encoded: tf.Tensor, config: InputConfig) -> tf.Tensor:
    """The image that the network sees in evaluation and prediction, `[size, size, 3]` in [0, 1].

    Takes the central square, resizes it to `size / (1 - crop)` and takes the central `size x size` pixels of that: the
    aspect ratio is kept, and what lies beyond the square is left out.

    Args:
        encoded: scalar string, JPEG or PNG bytes.
        config: size and crop.
    """
    side, size = resized_side(config), config.image_size
    offset = (side - size) // 2
    return resize(decode(encoded), side)[offset : offset + size, offset : offset + size]


def decode(encoded: tf.Tensor) -> tf.Tensor:
    """JPEG or PNG bytes to RGB `[height, width, 3]` float32 in [0, 1]."""
    return tf.cast(tf.io.decode_image(encoded, channels=3, expand_animations=False), tf.float32) / 255


def resize(image: tf.Tensor, side: int) -> tf.Tensor:
    """The central square of an image of any size to `[side, side, 3]`, bilinear, antialiased where it shrinks."""
    shape = tf.shape(image)[:2]
    shorter = tf.reduce_min(shape)
    top, left = tf.unstack((shape - shorter) // 2)
    image = tf.image.resize(image[top : top + shorter, left : left + shorter], [side, side], antialias=True)
    return tf.ensure_shape(image, [side, side, 3])


def resized_side(config: InputConfig) -> int:
    """The side, in pixels, that images are resized to before they are cropped."""
    return round(config.image_size / (1 - config.crop))


def _group(labels: tf.Tensor, threshold: float) -> tf.Tensor:
    return tf.cast(grouping.is_strong(grouping.intensity(labels), threshold), tf.int32)


def _alternating() -> tf.data.Dataset:
    return tf.data.Dataset.range(len(features.GROUP_NAMES)).repeat()


def _endless(group: tf.data.Dataset, seed: int, name: str) -> tf.data.Dataset:
    if next(iter(group.take(1)), None) is None:
        raise InputError(f'the training examples hold no {name} emotion at this threshold')
    return group.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True).repeat()


def _records(files: Sequence[str]) -> tf.data.Dataset:
    """Encoded images and labels, `(string, [2])`."""

    def parse(serialised: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        example = tf.io.parse_single_example(serialised, _FEATURES)
        return example[features.IMAGE], tf.stack([example[name] for name in features.OUTPUTS])

    return _raw_records(files).map(parse, num_parallel_calls=tf.data.AUTOTUNE)


def _raw_records(files: Sequence[str]) -> tf.data.Dataset:
    paths = sorted(path for pattern in files for path in tf.io.gfile.glob(pattern))
    if not paths:
        raise InputError(f'no TFRecords match {", ".join(files)}')
    compressed = {path.endswith('.gz') for path in paths}
    if len(compressed) > 1:
        raise InputError(f'some TFRecords are compressed (.gz) and some are not: {", ".join(files)}')
    return tf.data.TFRecordDataset(paths, compression_type='GZIP' if compressed.pop() else None)
