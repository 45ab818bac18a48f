"""The Beam side of grouping: labels to one histogram, and examples to tagged examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


class TagFile(beam.DoFn):
    """Rewrites one file with the group of every example; yields how many of each group the split got.

    Args:
        threshold: Otsu's.
    """

    def __init__(self, threshold: float):
        self._threshold = threshold

    def process(self, element: tuple[str, str, str]) -> Iterator[dict[str, Any]]:
        """Tags the file `source` of a `split` into `target`, which appears whole or not at all."""
        split, source, target = element
        sizes = [0] * len(features.GROUP_NAMES)
        with written_whole(target) as aside, tf.io.TFRecordWriter(aside, COMPRESSION) as writer:
            for example in read_examples(source):
                sizes[tag(example, self._threshold)] += 1
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
