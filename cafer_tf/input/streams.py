"""The data sets that training and evaluation read."""

from __future__ import annotations

from collections.abc import Sequence

import joblib
import tensorflow as tf

from cafer_tf import augment, features
from cafer_tf.config import Config
from cafer_tf.input import images, order, records

_IMAGE_STREAM = -1
"""Parts the seeds of augmentation from those of the order, whose streams are numbered from 0."""


def training_dataset(
    files: Sequence[str],
    config: Config,
    threshold: float,
    *,
    start_step: int = 0,
    shard: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """An endless stream of augmented batches, half strong emotion and half weak if `grouping.balanced`.

    The batch of a step is a function of the arguments alone, so a run that was killed after k steps goes on with
    `start_step=k` as if nothing had happened. What is skipped is read, at most one pass over the examples, but not
    decoded. Memory holds `order.SHUFFLE_BUFFER` encoded examples of each group, however many there are.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.
        config: image size and crop, the faces' margin, augmentation, balance, batch size and seed.
        threshold: τ, the Otsu threshold that parts strong from weak.
        start_step: number of the first batch, from 0.
        shard: which part of each batch to yield, for `strategy.distribute_datasets_from_function`; None for all of it.
            A part is one batch for each replica of the worker, in their order, and the parts of all workers one after
            the other are the whole batch. Every worker reads all records, and decodes its own.

    Raises:
        InputError: no file, no example of one of the groups, a batch that the replicas cannot share evenly, or examples
            that do not say who is shown where the model compares people.
    """
    paths = records.find(files)
    if config.compares_people:
        records.require_people(paths, config)
    batch_size = config.training.batch_size
    first, count, replica_batch_size = _share(batch_size, shard)
    side = images.resized_side(config.input)

    def own(step: tf.Tensor, serialised: tf.Tensor) -> tuple[tf.Tensor, records.Targets, tf.Tensor]:
        seed = tf.random.experimental.stateless_fold_in([config.training.seed, _IMAGE_STREAM], step)
        mine = slice(first, first + count)
        return (*records.parse(serialised[mine], config.compares_people), augment.draw(seed, batch_size)[mine])

    def read(
        encoded: tf.Tensor, targets: records.Targets, draws: tf.Tensor
    ) -> tuple[tf.Tensor, records.Targets, tf.Tensor]:
        return images.resize(images.decode_levels(encoded), side), targets, draws

    def changed(levels: tf.Tensor, targets: records.Targets, draws: tf.Tensor) -> tuple[tf.Tensor, records.Targets]:
        if config.finds_faces:
            boxes = augment.face_boxes(draws, side, config.input, config.augmentation, config.faces.kept_margin)
            targets = _with_boxes(targets, boxes)
        return augment.augment(levels, draws, config.input, config.augmentation), targets

    batches = order.serialised_batches(paths, config, threshold, start_step)
    return (
        tf.data.Dataset.zip((tf.data.Dataset.range(start_step, tf.int64.max), batches))
        .map(own)
        .unbatch()
        .map(read, num_parallel_calls=joblib.cpu_count(), deterministic=True)
        .batch(replica_batch_size, drop_remainder=True)
        .map(changed, num_parallel_calls=joblib.cpu_count(), deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(_untuned())
    )


def evaluation_dataset(files: Sequence[str], config: Config) -> tf.data.Dataset:
    """Every example once, in the order of the files, centrally cropped.

    Args:
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.
        config: image size, crop, the faces' margin and batch size.

    Raises:
        InputError: no file.
    """
    box = tf.constant(images.fitted_face_box(config.input, config.faces.kept_margin))

    def read(encoded: tf.Tensor, targets: records.Targets) -> tuple[tf.Tensor, records.Targets]:
        image = images.preprocess(encoded, config.input)
        return image, _with_boxes(targets, box) if config.finds_faces else targets

    options = _untuned()
    # Several workers share each batch, as replicas do. TensorFlow would rather give them files, of which there may be
    # fewer, and which make other batches.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return (
        records.read(records.find(files))
        .batch(config.training.batch_size)
        .map(lambda serialised: records.parse(serialised, config.adversarial.compares_people))
        .unbatch()
        .map(read, num_parallel_calls=joblib.cpu_count(), deterministic=True)
        .batch(config.training.batch_size)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(options)
    )


def _untuned() -> tf.data.Options:
    """Options without autotune, which is no faster on these streams, and for which training may wait when it ends.

    Its thread sleeps between two looks at a stream, up to a minute, and to let go of the iterator does not always wake
    it.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def _with_boxes(targets: records.Targets, boxes: tf.Tensor) -> dict[str, tf.Tensor]:
    named = targets if isinstance(targets, dict) else {features.LABELS: targets}
    return {**named, features.BOXES: boxes}


def _share(batch_size: int, shard: tf.distribute.InputContext | None) -> tuple[int, int, int]:
    """The first example of a worker in each batch, how many it has, and how many of them each of its replicas."""
    if shard is None:
        return 0, batch_size, batch_size
    replicas = shard.num_replicas_in_sync
    if batch_size % replicas:
        raise records.InputError(
            f'training.batch_size {batch_size} cannot be shared evenly by {replicas} replicas; choose a multiple of '
            f'{replicas}'
        )
    count = batch_size // shard.num_input_pipelines
    return shard.input_pipeline_id * count, count, batch_size // replicas
