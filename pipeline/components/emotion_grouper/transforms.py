"""The Beam side of grouping: labels to a histogram, metadata to columns, and examples to tagged examples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf

from cafer_tf import features, grouping
from pipeline.components.files import written_whole

COMPRESSION = 'GZIP'


def read_examples(path: str) -> Iterator[tf.train.Example]:
    """The examples of one file."""
    for record in tf.data.TFRecordDataset(path, COMPRESSION).as_numpy_iterator():
        yield tf.train.Example.FromString(record)


def label_of(example: tf.train.Example) -> np.ndarray:
    """`[2]` float64: valence and arousal."""
    return np.array([example.features.feature[name].float_list.value[0] for name in features.OUTPUTS])


def metadata_of(example: tf.train.Example) -> list[str]:
    """The texts `key=value` of an example."""
    feature = example.features.feature
    if features.METADATA not in feature:  # which is added where it is asked for
        return []
    return [text.decode() for text in feature[features.METADATA].bytes_list.value]


class ReadIntensities(beam.DoFn):
    """A file to the emotional intensities of its examples, `[n]`."""

    def process(self, path: str) -> Iterator[np.ndarray]:
        """Yields one array a file."""
        labels = [label_of(example) for example in read_examples(path)]
        if labels:
            yield grouping.intensity(np.stack(labels))


class CombineHistograms(beam.CombineFn):
    """Intensities to one `IntensityHistogram`: integer counts, so any order and any bundling gives the same."""

    def create_accumulator(self) -> grouping.IntensityHistogram:
        """An empty histogram."""
        return grouping.IntensityHistogram.empty()

    def add_input(
        self, mutable_accumulator: grouping.IntensityHistogram, element: np.ndarray
    ) -> grouping.IntensityHistogram:
        """Counts `[n]` intensities."""
        return mutable_accumulator.add(element)

    def merge_accumulators(self, accumulators: Iterable[grouping.IntensityHistogram]) -> grouping.IntensityHistogram:
        """All counts together."""
        return grouping.IntensityHistogram.empty().merge(accumulators)

    def extract_output(self, accumulator: grouping.IntensityHistogram) -> list[int]:
        """The counts as plain numbers, ready for JSON."""
        return [int(count) for count in accumulator.counts]


class ReadMetadata(beam.DoFn):
    """A file to the metadata of its examples."""

    def process(self, path: str) -> Iterator[list[str]]:
        """Yields the texts of each example that has any."""
        yield from filter(None, map(metadata_of, read_examples(path)))


class CombineColumns(beam.CombineFn):
    """Metadata to the names of the columns with more than `features.MOST_VALUES` values.

    Of such a column one value more than that is kept, whichever comes first: memory does not grow with the examples,
    and any order and any bundling gives the same names.
    """

    def create_accumulator(self) -> dict[str, set[str]]:
        """No column."""
        return {}

    def add_input(self, mutable_accumulator: dict[str, set[str]], element: Iterable[str]) -> dict[str, set[str]]:
        """Adds texts `key=value`, each to those of its column."""
        for text in element:
            kept = mutable_accumulator.setdefault(_column(text), set())
            if len(kept) <= features.MOST_VALUES:
                kept.add(text)
        return mutable_accumulator

    def merge_accumulators(self, accumulators: Iterable[dict[str, set[str]]]) -> dict[str, set[str]]:
        """The columns of all."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            for texts in accumulator.values():
                self.add_input(merged, texts)
        return merged

    def extract_output(self, accumulator: dict[str, set[str]]) -> list[str]:
        """The names, sorted."""
        return sorted(column for column, texts in accumulator.items() if len(texts) > features.MOST_VALUES)


class TagFile(beam.DoFn):
    """Rewrites one file with the group of every example; yields how many of each group the split got.

    Args:
        threshold: Otsu's.
        judged: the split whose examples also get the metadata that evaluation is sliced by.
        unsliced: the columns of metadata that it is not sliced by.
    """

    def __init__(self, threshold: float, judged: str, unsliced: Collection[str]):
        self._threshold = threshold
        self._judged = judged
        self._unsliced = frozenset(unsliced)

    def process(self, element: tuple[str, str, str]) -> Iterator[dict[str, Any]]:
        """Tags the file `source` of a `split` into `target`, which appears whole or not at all."""
        split, source, target = element
        sizes = [0] * len(features.GROUP_NAMES)
        with written_whole(target) as aside, tf.io.TFRecordWriter(aside, COMPRESSION) as writer:
            for example in read_examples(source):
                sizes[tag(example, self._threshold)] += 1
                if split == self._judged:
                    tag_slices(example, self._unsliced)
                writer.write(example.SerializeToString(deterministic=True))
        yield {'split': split, 'sizes': sizes}


def tag(example: tf.train.Example, threshold: float) -> int:
    """Adds intensity, group and quadrant to an example; returns the group."""
    label = label_of(example)
    intensity = grouping.intensity(label)
    group = features.STRONG if grouping.is_strong(intensity, threshold) else features.WEAK
    feature = example.features.feature
    feature[features.INTENSITY].float_list.value[:] = [float(intensity)]
    feature[features.GROUP].int64_list.value[:] = [group]
    feature[features.GROUP_NAME].bytes_list.value[:] = [features.GROUP_NAMES[group].encode()]
    feature[features.QUADRANT].bytes_list.value[:] = [features.quadrant_of(*label).encode()]
    return group


def tag_slices(example: tf.train.Example, unsliced: Collection[str]) -> None:
    """Adds the metadata that evaluation is sliced by, where there is any: all but that of some columns."""
    sliced = [text.encode() for text in metadata_of(example) if _column(text) not in unsliced]
    if sliced:
        example.features.feature[features.SLICED_METADATA].bytes_list.value[:] = sliced


def _column(text: str) -> str:
    return text.partition('=')[0]
