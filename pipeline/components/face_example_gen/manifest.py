"""The records of a data set, written down in the order in which they become files.

A data set may hold millions of records, so they are streamed: what is held of each is a digest and a place in a file.
"""

from __future__ import annotations

import array
import dataclasses
import hashlib
import json
import mmap
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
from tensorflow.io import gfile

from cafer_tf import features
from cafer_tf.datasets import FaceRecord, SplitPlan


@dataclasses.dataclass(frozen=True)
class Shard:
    """The records of one file of examples.

    Attributes:
        split: that they belong to.
        file: the name of the file in the split's folder.
        start, size: where their lines stand in the manifest, in bytes.
    """

    split: str
    file: str
    start: int
    size: int


def write_manifest(records: Iterable[FaceRecord], plan: SplitPlan, path: str, faces_per_shard: int) -> list[Shard]:
    """Deals the records of each split into shards, in an order that is fixed but as good as random.

    Label files list people, clips and emotions one after another; training reads files in sequence, so an example's
    neighbours should have nothing to do with each other. The order is that of a digest of the paths, and a shard gets
    every n-th of it: it follows from the records alone, whatever their order.

    Args:
        records: of the data set.
        plan: their splits.
        path: the file that gets a line for each record, shard after shard.
        faces_per_shard: the most records of one shard.

    Returns:
        The shards, of which each split has as few as possible and all are of even size.
    """
    digests, splits, starts = array.array('Q'), array.array('b'), array.array('q', [0])
    with tempfile.TemporaryFile() as unordered:
        for record in records:
            split = plan.split_of(record)
            digests.append(int.from_bytes(hashlib.sha256(record.path.encode()).digest()[:8], 'big'))
            splits.append(features.SPLITS.index(split))
            line = json.dumps({**vars(record), 'split': split}).encode() + b'\n'
            unordered.write(line)
            starts.append(starts[-1] + len(line))
        unordered.flush()
        with gfile.GFile(path, 'wb') as stream:
            return list(
                _deal(unordered, np.array(digests), np.array(splits), np.array(starts), stream, faces_per_shard)
            )


def _deal(
    lines: IO[bytes],
    digests: np.ndarray,
    splits: np.ndarray,
    starts: np.ndarray,
    stream: IO[bytes],
    faces_per_shard: int,
) -> Iterator[Shard]:
    written = 0
    with mmap.mmap(lines.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for number, split in enumerate(features.SPLITS):
            members = np.flatnonzero(splits == number)
            members = members[np.argsort(digests[members], kind='stable')]
            count = -(-len(members) // faces_per_shard)
            for index in range(count):
                dealt = members[index::count]
                # By their places in the file, one after another, the lines would come from all over the disk.
                found = {place: text[starts[place] : starts[place + 1]] for place in np.sort(dealt).tolist()}
                block = b''.join(found[place] for place in dealt.tolist())
                stream.write(block)
                yield Shard(split, f'data_tfrecord-{index:05d}-of-{count:05d}.gz', written, len(block))
                written += len(block)


def read_shard(path: str, shard: Shard) -> list[FaceRecord]:
    """The records of a shard, in their order.

    Args:
        path: of the manifest.
        shard: which of it.
    """
    with gfile.GFile(path, 'rb') as stream:
        stream.seek(shard.start)
        text = stream.read(shard.size)
    return [_record(line) for line in text.splitlines()]


def _record(line: bytes) -> FaceRecord:
    values = json.loads(line)
    for name in (features.FACE_BOX, features.LANDMARKS):
        if values[name] is not None:
            values[name] = tuple(values[name])
    values[features.METADATA] = tuple(map(tuple, values[features.METADATA]))
    return FaceRecord(**values)
