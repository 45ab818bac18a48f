"""Labelled faces of a folder as TFRecords, prepared as the model's own training faces were."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from tqdm import tqdm

from cafer_tf import datasets, features
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import FaceRecord, Fold, SplitPlan
from cafer_tf.examples import load_example

ALL = 'all'
"""Stands for the faces of every split."""


class Written(NamedTuple):
    """What became of the faces of a split.

    Attributes:
        unusable: how many images could not be used, and are left out.
        notes: what a user should know about the split, a sentence each.
    """

    unusable: int
    notes: tuple[str, ...]


def write_faces(
    layout: str,
    root: str | os.PathLike[str],
    path: str | os.PathLike[str],
    config: FacesConfig,
    split: str = ALL,
    seed: int = 0,
    fold: Fold | None = None,
) -> Written:
    """Writes the faces of one split to a TFRecord file.

    Args:
        layout: of the data set, a name of `cafer_tf.datasets.LAYOUTS`.
        root: its folder.
        path: of the file.
        config: which part of each image is the face; the model's own.
        split: `train`, `eval` or `test`, or `all`.
        seed: of the draw of people into splits, where the data set names none.
        fold: the part of a cross-validation to test on, where the data set names no splits.

    Raises:
        DataError: labels that are wrong, or no face that can be used.
    """
    if split not in (ALL, *features.SPLITS):
        raise datasets.DataError(f'unknown split {split!r}. The splits are {", ".join((*features.SPLITS, ALL))}.')
    plan = None if split == ALL else datasets.plan(layout, pathlib.Path(root), seed, fold=fold)
    written = unusable = 0
    with tf.io.TFRecordWriter(os.fspath(path)) as writer:
        for record in _records(layout, pathlib.Path(root), split, plan):
            try:
                example = load_example(record, layout, root, config)
            except datasets.UnusableImage:
                unusable += 1
            else:
                writer.write(example.SerializeToString())
                written += 1
    if not written:
        raise datasets.DataError(
            f'{root}: no face of the split {split} can be used ({unusable} images are damaged). Choose another split, '
            f'or look at the data with `cafer data inspect --verify`.'
        )
    return Written(unusable, () if plan is None else plan.notes)


def _records(layout: str, root: pathlib.Path, split: str, plan: SplitPlan | None) -> Iterator[FaceRecord]:
    """The records of a split, or of all."""
    for item in tqdm(datasets.stream(layout, root), unit='face', desc='faces', disable=None, leave=False):
        if isinstance(item, FaceRecord) and (plan is None or plan.split_of(item) == split):
            yield item
