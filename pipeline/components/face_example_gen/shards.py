"""A shard is a fixed list of records, written to a file of its own by whichever worker gets it.

Which records make a shard, and in which order, follows from the records alone. So neither bundling nor the number of
workers nor a retry changes a byte of the output, and no image ever travels between workers.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf

from cafer_tf import features
from cafer_tf.datasets import FaceRecord, UnusableImage, check_image, load_image
from cafer_tf.examples import to_example
from pipeline.components.files import written_whole

BAD, WRITTEN = 'bad', 'written'


@dataclasses.dataclass(frozen=True)
class Shard:
    """The records of one file.

    Attributes:
        split: that they belong to.
        file: the name of the file in the split's folder.
        records: in the order they are written.
    """

    split: str
    file: str
    records: tuple[FaceRecord, ...]


def make_shards(records: Iterable[FaceRecord], faces_per_shard: int) -> list[Shard]:
    """Deals the records of each split into shards, in an order that is fixed but as good as random.

    Label files list people, clips and emotions one after another; training reads files in sequence, so an example's
    neighbours should have nothing to do with each other.
    """
    by_split = collections.defaultdict(list)
    for record in records:
        by_split[record.split].append(record)
    shards = []
    for split in features.SPLITS:
        members = sorted(by_split[split], key=lambda record: hashlib.sha256(record.path.encode()).digest())
        count = -(-len(members) // faces_per_shard)
        for index in range(count):
            name = f'data_tfrecord-{index:05d}-of-{count:05d}.gz'
            shards.append(Shard(split, name, tuple(members[index::count])))
    return shards


class WriteShard(beam.DoFn):
    """Loads, checks and writes the faces of a shard; yields one report of it.

    Args:
        dataset: the value of the feature `dataset`.
        root: the folder of the data set.
        directories: the output folder of each split.
    """

    def __init__(self, dataset: str, root: str, directories: dict[str, str]):
        self._dataset = dataset
        self._root = root
        self._directories = directories
        self._counters = {
            name: beam.metrics.Metrics.counter('FaceExampleGen', f'{name}_faces') for name in (WRITTEN, BAD)
        }

    def process(self, shard: Shard) -> Iterator[dict[str, Any]]:
        """Writes the shard, whole or not at all."""
        path = os.path.join(self._directories[shard.split], shard.file)
        bad = []
        with written_whole(path) as aside, tf.io.TFRecordWriter(aside, 'GZIP') as writer:
            for record in shard.records:
                try:
                    image = load_image(os.path.join(self._root, record.path))
                    example = to_example(record, self._dataset, image, check_image(image))
                except UnusableImage as error:
                    bad.append(quarantined(record, str(error)))
                    continue
                writer.write(example.SerializeToString(deterministic=True))
        written = len(shard.records) - len(bad)
        self._counters[WRITTEN].inc(written)
        self._counters[BAD].inc(len(bad))
        yield {'split': shard.split, WRITTEN: written, BAD: bad}


def quarantined(record: FaceRecord, reason: str) -> dict[str, Any]:
    """One line of the quarantine."""
    return {
        'path': record.path,
        'file': os.path.basename(record.file),
        'row': record.row,
        'split': record.split,
        'reason': reason,
    }


def in_order(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The quarantine of all shards, in the order of the label file."""
    return sorted((line for report in reports for line in report[BAD]), key=lambda line: (line['file'], line['row']))
