"""From labelled faces to `tf.train.Example`s, the records that everything after reads."""

from __future__ import annotations

import os
import pathlib

import tensorflow as tf

from cafer_tf import datasets, features
from cafer_tf.datasets import FaceRecord


def to_example(record: FaceRecord, dataset: str, image: bytes, image_format: str) -> tf.train.Example:
    """The example of one face.

    Args:
        record: its labels and where it comes from.
        dataset: name of the data set.
        image: JPEG or PNG bytes.
        image_format: `jpeg` or `png`.
    """
    example = tf.train.Example()
    feature = example.features.feature
    for name, text in (
        (features.IMAGE_FORMAT, image_format),
        (features.SUBJECT, record.subject_id),
        (features.DATASET, dataset),
        (features.SPLIT, record.split),
        (features.SOURCE, record.path),
        (features.VIDEO, record.video_id),
    ):
        if text is not None:
            feature[name].bytes_list.value.append(text.encode())
    feature[features.IMAGE].bytes_list.value.append(image)
    feature[features.VALENCE].float_list.value.append(record.valence)
    feature[features.AROUSAL].float_list.value.append(record.arousal)
    if record.frame_index is not None:
        feature[features.FRAME].int64_list.value.append(record.frame_index)
    return example


def write_examples(
    layout: str, root: str | os.PathLike[str], directory: str | os.PathLike[str], seed: int = 0
) -> dict[str, str]:
    """Writes a data set as one TFRecord file a split: a notebook's way in, where the pipeline has Beam.

    Args:
        layout: of the data set, a name of `cafer_tf.datasets.LAYOUTS`.
        root: its folder.
        directory: where `train.gz`, `eval.gz` and `test.gz` go; files there are replaced.
        seed: of the draw of people into splits, where the data set names none.

    Returns:
        The path of each split's file.

    Raises:
        DataError: labels that are wrong, or an image that cannot be used; the message names file and row.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    records = datasets.read(layout, pathlib.Path(root), seed).records
    paths = {}
    for split in features.SPLITS:
        path = directory / f'{split}.gz'
        aside = path.with_suffix('.part')
        with tf.io.TFRecordWriter(str(aside), 'GZIP') as writer:
            for record in records:
                if record.split == split:
                    writer.write(_load(record, layout, pathlib.Path(root)).SerializeToString(deterministic=True))
        aside.replace(path)
        paths[split] = str(path)
    return paths


def _load(record: FaceRecord, layout: str, root: pathlib.Path) -> tf.train.Example:
    try:
        image = datasets.load_image(root / record.path)
        return to_example(record, layout, image, datasets.check_image(image))
    except datasets.UnusableImage as error:
        raise datasets.DataError.at(
            record.file, record.row, f'{record.path}: {error}', 'Mend the image or remove its row.'
        ) from None
