"""Statistics of a data set's labels, straight from its records."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from tensorflow_data_validation.statistics import stats_impl

from cafer_tf import features, grouping
from cafer_tf.datasets import FaceRecord
from pipeline.data_validation.contents import Statistics

BATCH = 10_000
_FORMATS = {'.jpg': 'jpeg', '.jpeg': 'jpeg', '.png': 'png'}


def label_statistics(records: Iterable[FaceRecord]) -> Statistics:
    """Computes the statistics that the examples of a data set would have, without opening its images.

    Records are read once, and folded batch by batch into sketches, so that memory does not grow with them. The format
    of an image is taken from the name of its file; image and path, which are another for each example, are left out.

    Args:
        records: of a data set.

    Returns:
        TFDV's statistics, with the names of `cafer_tf.features` and emotional intensity.
    """
    generators = stats_impl.get_generators(stats_impl.stats_options.StatsOptions(), in_memory=True)
    partial = [generator.create_accumulator() for generator in generators]
    for batch in _batches(records):
        partial = [generator.add_input(total, batch) for generator, total in zip(generators, partial, strict=True)]
    return stats_impl.extract_statistics_output(partial, generators)


def _batches(records: Iterable[FaceRecord]) -> Iterator[pa.RecordBatch]:
    iterator = iter(records)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield _batch(batch)


def _batch(records: Sequence[FaceRecord]) -> pa.RecordBatch:
    labels = np.array([(record.valence, record.arousal) for record in records], np.float32)
    columns = {
        features.VALENCE: _numbers(labels[:, 0]),
        features.AROUSAL: _numbers(labels[:, 1]),
        features.INTENSITY: _numbers(grouping.intensity(labels)),
        features.SUBJECT: _texts(record.subject_id for record in records),
        features.SPLIT: _texts(record.split for record in records),
        features.VIDEO: _texts(record.video_id for record in records),
        features.IMAGE_FORMAT: _texts(_image_format(record.path) for record in records),
        features.FRAME: _lists(
            (None if record.frame_index is None else [record.frame_index] for record in records), pa.int64()
        ),
        features.METADATA: _lists(
            ([f'{key}={value}'.encode() for key, value in record.metadata] or None for record in records), pa.binary()
        ),
        features.FACE_BOX: _lists((record.face_box for record in records), pa.float32()),
        features.LANDMARKS: _lists((record.landmarks for record in records), pa.float32()),
    }
    # As in examples, a feature that no record has is no feature.
    present = {name: column for name, column in columns.items() if column.null_count < len(records)}
    return pa.RecordBatch.from_arrays(list(present.values()), list(present))


def _numbers(values: np.ndarray) -> pa.Array:
    return pa.ListArray.from_arrays(np.arange(len(values) + 1, dtype=np.int32), pa.array(values, pa.float32()))


def _texts(values: Iterable[str | None]) -> pa.Array:
    # Names of files need not be UTF-8; TFDV takes bytes.
    return _lists(([value.encode(errors='surrogateescape')] if value else None for value in values), pa.binary())


def _lists(values: Iterable[Sequence[object] | None], kind: pa.DataType) -> pa.Array:
    return pa.array(list(values), pa.list_(kind))


def _image_format(path: str) -> str | None:
    return _FORMATS.get(posixpath.splitext(path)[1].lower())
