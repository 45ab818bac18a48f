"""The faces that a model reads best and worst."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

_SIDE = 160
_QUALITY = 85


class Extremes(NamedTuple):
    """The places of faces among those predicted.

    Attributes:
        best: the smallest error first.
        worst: the largest error first.
    """

    best: list[int]
    worst: list[int]


def errors(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """How far predictions lie from the truth in the circumplex, `[n]`: `sqrt((v̂ - v)² + (â - a)²)`.

    Args:
        labels: `[n, 2]`, valence first, each in [-1, 1].
        predictions: likewise.
    """
    return np.asarray(np.hypot(*(np.asarray(predictions, float) - labels).T))


def extremes(labels: np.ndarray, predictions: np.ndarray, subjects: Sequence[str], number: int) -> Extremes:
    """The faces with the smallest and the largest errors, never a person twice in either.

    Args:
        labels: `[n, 2]`, valence first, each in [-1, 1].
        predictions: likewise.
        subjects: who is shown, for each.
        number: how many of each kind, at most.

    Example:
        >>> labels = np.zeros([4, 2])
        >>> predictions = np.array([[0.1, 0], [0.5, 0], [0.2, 0], [0.9, 0]])
        >>> extremes(labels, predictions, ['ann', 'ann', 'bob', 'bob'], 2)
        Extremes(best=[0, 2], worst=[3, 1])
    """
    order = np.argsort(errors(labels, predictions), kind='stable').tolist()
    return Extremes(_one_each(order, subjects)[:number], _one_each(order[::-1], subjects)[:number])


def thumbnail(encoded: bytes) -> bytes:
    """A JPEG of a face, of 160 pixels at most.

    Args:
        encoded: JPEG or PNG bytes.
    """
    image = Image.open(io.BytesIO(encoded)).convert('RGB')
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, 'jpeg', quality=_QUALITY)
    return stream.getvalue()


def _one_each(order: Sequence[int], subjects: Sequence[str]) -> list[int]:
    """The first place of each person, in the order given."""
    first: dict[str, int] = {}
    for place in order:
        first.setdefault(subjects[place], place)
    return list(first.values())
