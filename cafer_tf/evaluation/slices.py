"""The parts of a set of faces that are judged on their own."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cafer_tf import features, grouping
from cafer_tf.evaluation.predicting import Predicted


class Slice(NamedTuple):
    """A part of a set.

    Attributes:
        name: what it is parted by: `group`, `quadrant`, or `metadata.` and the name of a column, which may be any.
        value: of which part this is.
        filter: which faces are in it, in words.
        mask: `[n]`, likewise, as booleans.
    """

    name: str
    value: str
    filter: str
    mask: np.ndarray


def slices(faces: Predicted, threshold: float) -> list[Slice]:
    """Strong and weak emotion, the quadrants of the true label, and every value of every column of metadata.

    Parts without a face are left out.

    Args:
        faces: the whole set.
        threshold: of emotional intensity, by which the model parts strong emotion from weak.
    """
    every = [*_groups(faces, threshold), *_quadrants(faces), *_columns(faces)]
    return [part for part in every if part.mask.any()]


def unsliced(faces: Predicted) -> dict[str, int]:
    """The columns of metadata with too many values to slice by, and how many those are."""
    return {key: len(values) for key, values in _values(faces).items() if len(values) > features.MOST_VALUES}


def _groups(faces: Predicted, threshold: float) -> Iterator[Slice]:
    strong = grouping.is_strong(grouping.intensity(faces.labels), threshold)
    for group in (features.STRONG, features.WEAK):
        sign = '>' if group == features.STRONG else '<='
        words = f'true intensity {sign} {threshold:.3f}, the threshold of the model'
        yield Slice('group', features.GROUP_NAMES[group], words, strong == (group == features.STRONG))


def _quadrants(faces: Predicted) -> Iterator[Slice]:
    found = np.array([features.quadrant_of(*label) for label in faces.labels.tolist()])
    for quadrant in features.QUADRANTS:
        yield Slice(features.QUADRANT, quadrant, f'true label of {quadrant}, where zero is positive', found == quadrant)


def _columns(faces: Predicted) -> Iterator[Slice]:
    held = [set(texts) for texts in faces.metadata]
    for key, values in _values(faces).items():
        if len(values) > features.MOST_VALUES:
            continue
        for value in sorted(values):
            text = f'{key}={value}'
            yield Slice(f'{features.METADATA}.{key}', value, text, np.array([text in texts for texts in held], bool))


def _values(faces: Predicted) -> dict[str, set[str]]:
    """The values of each column of metadata, sorted by column."""
    found: collections.defaultdict[str, set[str]] = collections.defaultdict(set)
    for texts in faces.metadata:
        for text in texts:
            key, _, value = text.partition('=')
            found[key].add(value)
    return dict(sorted(found.items()))
