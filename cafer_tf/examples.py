"""From labelled faces to `tf.train.Example`s, the records that everything after reads."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib

import tensorflow as tf
from tqdm import tqdm

from cafer_tf import datasets, faces, features
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import FaceRecord

_AS_IS = FacesConfig()


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
    for name, numbers in ((features.FACE_BOX, record.face_box), (features.LANDMARKS, record.landmarks)):
        if numbers is not None:
            feature[name].float_list.value.extend(numbers)
    if record.metadata:
        texts = (f'{key}={value}'.encode() for key, value in record.metadata)
        feature[features.METADATA].bytes_list.value.extend(texts)
    return example


def load_example(
    record: FaceRecord, dataset: str, root: str | os.PathLike[str], config: FacesConfig
) -> tf.train.Example:
    """The example of a face on disk: its image is read, proven to decode, and cropped to the face where that is asked.

    Args:
        record: of the face.
        dataset: name of the data set.
        root: its folder.
        config: which part of the image is the face.

    Raises:
        UnusableImage: there is no image, or no face in it.
    """
    image = datasets.load_image(os.path.join(root, record.path))
    image = faces.prepare(image, config, record.face_box, record.landmarks)
    return to_example(record, dataset, image, datasets.check_stored(image))


def write_examples(
    layout: str,
    root: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    seed: int = 0,
    config: FacesConfig = _AS_IS,
    fold: datasets.Fold | None = None,
) -> dict[str, str]:
    """Writes a data set as one TFRecord file a split: a notebook's way in, where the pipeline has Beam.

    Args:
        layout: of the data set, a name of `cafer_tf.datasets.LAYOUTS`.
        root: its folder.
        directory: where `train.gz`, `eval.gz` and `test.gz` go; files there are replaced.
        seed: of the draw of people into splits, where the data set names none.
        config: which part of each image is the face; by default all of it.
        fold: the part of a cross-validation to test on.

    Returns:
        The path of each split's file.

    Raises:
        DataError: labels that are wrong, or an image that cannot be used; the message names file and row.
    """
    directory, root = pathlib.Path(directory), pathlib.Path(root)
    directory.mkdir(parents=True, exist_ok=True)
    plan = datasets.plan(layout, root, seed, fold=fold)
    paths = {split: directory / f'{split}.gz' for split in features.SPLITS}
    with contextlib.ExitStack() as stack:
        writers = {
            split: stack.enter_context(tf.io.TFRecordWriter(str(path.with_suffix('.part')), 'GZIP'))
            for split, path in paths.items()
        }
        for item in tqdm(datasets.stream(layout, root), unit='face', desc='examples', disable=None):
            if isinstance(item, FaceRecord):
                record = dataclasses.replace(item, split=plan.split_of(item))
                example = _load(record, layout, root, config)
                writers[record.split].write(example.SerializeToString(deterministic=True))
            elif item.damaged:
                raise _unusable(item.file, item.row, item.path, item.reason)
    for path in paths.values():
        path.with_suffix('.part').replace(path)
    return {split: str(path) for split, path in paths.items()}


def _load(record: FaceRecord, layout: str, root: pathlib.Path, config: FacesConfig) -> tf.train.Example:
    try:
        return load_example(record, layout, root, config)
    except datasets.UnusableImage as error:
        raise _unusable(record.file, record.row, record.path, str(error)) from None


def _unusable(file: str, row: int, path: str, reason: str) -> datasets.DataError:
    return datasets.DataError.at(file, row, f'{path}: {reason}', 'Mend it or remove its row.')
