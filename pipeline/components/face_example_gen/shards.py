"""A shard becomes a file of its own, written by whichever worker gets it.

Neither bundling nor the number of workers nor a retry changes a byte of the output, and no image ever travels between
workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import tensorflow as tf

from cafer_tf.config import FacesConfig
from cafer_tf.datasets import FaceRecord, LeftOut, UnusableImage
from cafer_tf.examples import load_example
from pipeline.components.face_example_gen.manifest import Shard, read_shard
from pipeline.components.files import written_whole

BAD, WRITTEN = 'bad', 'written'


class WriteShard(beam.DoFn):
    """Loads, checks, crops and writes the faces of a shard; yields one report of it.

    Args:
        dataset: the value of the feature `dataset`.
        root: the folder of the data set.
        faces: which part of each image is the face.
        manifest: the file that the shards are parts of.
        directories: the output folder of each split.
    """

    def __init__(self, dataset: str, root: str, faces: FacesConfig, manifest: str, directories: dict[str, str]):
        self._dataset = dataset
        self._root = root
        self._faces = faces
        self._manifest = manifest
        self._directories = directories
        self._counters = {
            name: beam.metrics.Metrics.counter('FaceExampleGen', f'{name}_faces') for name in (WRITTEN, BAD)
        }

    def process(self, shard: Shard) -> Iterator[dict[str, Any]]:
        """Writes the shard, whole or not at all."""
        path = os.path.join(self._directories[shard.split], shard.file)
        bad, written = [], 0
        with written_whole(path) as aside, tf.io.TFRecordWriter(aside, 'GZIP') as writer:
            for record in read_shard(self._manifest, shard):
                try:
                    example = load_example(record, self._dataset, self._root, self._faces)
                except UnusableImage as error:
                    bad.append(quarantined(record, str(error), record.split))
                    continue
                writer.write(example.SerializeToString(deterministic=True))
                written += 1
        self._counters[WRITTEN].inc(written)
        self._counters[BAD].inc(len(bad))
        yield {'split': shard.split, WRITTEN: written, BAD: bad}


def quarantined(item: FaceRecord | LeftOut, reason: str, split: str | None = None) -> dict[str, Any]:
    """One line of the quarantine.

    Args:
        item: what cannot be used.
        reason: why.
        split: that it would have been in, where that is known.
    """
    return {
        'path': item.path,
        'file': os.path.basename(item.file),
        'row': item.row,
        'split': split,
        'reason': reason,
    }
