"""What a data set holds, at a glance."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import math
import os
import pathlib
from collections.abc import Iterable, Iterator

import joblib
import numpy as np

from cafer_tf import features
from cafer_tf.datasets.images import UnusableImage, check_image, load_image
from cafer_tf.datasets.records import FaceRecord, LeftOut

BINS = 21
"""Bins of either label in the histogram: each is 0.1 wide and has a tenth in its middle, as some labels are tenths."""
_AT_ONCE = 256
"""Images that a process checks before it reports."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """The counts of a data set.

    Attributes:
        kept: how many records there are.
        excluded: how many rows, labels or images are left out, by reason, the most frequent first.
        damaged: how many of those are left out because something is wrong with them.
        subjects: how many people.
        subjects_known: whether the data set says who is shown; where it does not, each image counts as its own subject.
        videos: how many clips.
        metadata: how many different values each key of metadata has, by key.
        splits: how many records each split has, where the data set names splits.
        histogram: `[21, 21]` counts of the kept records, valence along the first axis.
    """

    kept: int
    excluded: dict[str, int]
    damaged: int
    subjects: int
    subjects_known: bool
    videos: int
    metadata: dict[str, int]
    splits: dict[str, int]
    histogram: np.ndarray

    @property
    def rows(self) -> int:
        """How many rows, labels or images there are in all."""
        return self.kept + sum(self.excluded.values())


def summarise(items: Iterable[FaceRecord | LeftOut]) -> Summary:
    """Counts a data set in one pass.

    Args:
        items: what `stream` yields.
    """
    excluded: collections.Counter[str] = collections.Counter()
    splits: collections.Counter[str] = collections.Counter()
    histogram = np.zeros([BINS, BINS], np.int64)
    metadata: collections.defaultdict[str, set[str]] = collections.defaultdict(set)
    subjects, videos = set(), set()
    kept = damaged = 0
    known = False
    for item in items:
        if isinstance(item, LeftOut):
            excluded[item.reason] += 1
            damaged += item.damaged
            continue
        kept += 1
        known = known or item.subject_id != item.path
        subjects.add(item.subject_id)
        splits[item.split] += 1
        if item.video_id is not None:
            videos.add(item.video_id)
        for key, value in item.metadata:
            metadata[key].add(value)
        histogram[_bin(item.valence), _bin(item.arousal)] += 1
    del splits['']
    return Summary(
        kept=kept,
        excluded=dict(excluded.most_common()),
        damaged=damaged,
        subjects=len(subjects),
        subjects_known=known,
        videos=len(videos),
        metadata={key: len(found) for key, found in sorted(metadata.items())},
        splits={split: splits[split] for split in features.SPLITS if split in splits},
        histogram=histogram,
    )


def verified(items: Iterable[FaceRecord | LeftOut], root: str | pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Decodes every image, on all processors; an image that does not becomes `LeftOut`.

    Args:
        items: what `stream` yields.
        root: the folder of the data set.

    Yields:
        As many items, in their order.
    """
    stream = iter(items)
    chunks = iter(lambda: list(itertools.islice(stream, _AT_ONCE)), [])
    workers = joblib.Parallel(n_jobs=joblib.cpu_count(), return_as='generator')
    for checked in workers(joblib.delayed(_verify)(chunk, os.fspath(root)) for chunk in chunks):
        yield from checked


def _verify(items: list[FaceRecord | LeftOut], root: str) -> list[FaceRecord | LeftOut]:
    return [item if isinstance(item, LeftOut) else _decoded(item, root) for item in items]


def _decoded(record: FaceRecord, root: str) -> FaceRecord | LeftOut:
    try:
        check_image(load_image(os.path.join(root, record.path)))
    except UnusableImage as error:
        return LeftOut(record.path, str(error), record.file, record.row, damaged=True)
    return record


def _bin(label: float) -> int:
    return math.floor((label - features.LABEL_MIN) / (features.LABEL_MAX - features.LABEL_MIN) * (BINS - 1) + 0.5)
