"""Which face of a frame is which of the frames before."""

from __future__ import annotations

import collections
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from cafer_tf.faces import Face
from cafer_tf.faces.face import Point

MEMORY = 1.0
"""Seconds for which a face that is not found keeps its number."""
LOST = 2
"""Searches in a row that miss a face before it can lose its number, however long they are apart."""
REACH = 1.0
"""The largest distance, by `_distance`, at which two boxes can be of the same face."""


class Seen(NamedTuple):
    """Where a face was at some time.

    Attributes:
        place: of the frame, counted from 0.
        time: of the frame, in seconds.
        face: where.
    """

    place: int
    time: float
    face: Face


class Track:
    """A face over time.

    Attributes:
        number: of the face, from 1.
        seen: where it was last, the latest at the end.
        missed: searches since then.
    """

    def __init__(self, number: int, first: Seen, kept: int) -> None:
        self.number = number
        self.seen = collections.deque([first], maxlen=kept)
        self.missed = 0

    def expected(self, time: float) -> np.ndarray:
        """The box at a later time, if the face goes on as it went between the last two times it was seen."""
        last = np.array(self.seen[-1].face.box)
        if len(self.seen) < 2:
            return last
        before = self.seen[-2]
        moved = (_middle(last) - _middle(np.array(before.face.box))) / (self.seen[-1].time - before.time)
        return np.concatenate([last[:2] + moved * (time - self.seen[-1].time), last[2:]])

    def at(self, place: int, bridged: int) -> tuple[Face, bool] | None:
        """The face in a frame, and whether it was detected there; otherwise it is placed between two detections.

        Args:
            place: of the frame, counted from 0.
            bridged: the longest way between two detections, in frames, that is filled.

        Returns:
            None where the face is not in that frame.
        """
        before = next((seen for seen in reversed(self.seen) if seen.place <= place), None)
        after = next((seen for seen in self.seen if seen.place >= place), None)
        if before is None or after is None or after.place - before.place > bridged:
            return None
        if before is after:
            return before.face, True
        return between(before.face, after.face, (place - before.place) / (after.place - before.place)), False


class Tracker:
    """Gives faces numbers that stay.

    Faces that are found go to the tracks that expect them, each where the sum of the distances is smallest; a face out
    of `REACH` of all of them is a new one. A track that is not found for `MEMORY`, and in `LOST` searches, ends; its
    number does not return.

    Args:
        kept: how many detections a track remembers.
    """

    def __init__(self, kept: int = 4) -> None:
        self.tracks: list[Track] = []
        self._kept = kept
        self._count = 0

    def update(self, place: int, time: float, found: Sequence[Face]) -> None:
        """Takes what was found in the next frame that was searched.

        Args:
            place: of the frame, counted from 0.
            time: of the frame, in seconds.
            found: faces in it.
        """
        self.tracks = [track for track in self.tracks if track.missed < LOST or time - track.seen[-1].time <= MEMORY]
        pairs = _pairs([track.expected(time) for track in self.tracks], [np.array(face.box) for face in found])
        for index, track in enumerate(self.tracks):
            track.missed += 1
            if index in pairs:
                track.seen.append(Seen(place, time, found[pairs[index]]))
                track.missed = 0
        taken = set(pairs.values())
        for index, face in enumerate(found):
            if index not in taken:
                self._count += 1
                self.tracks.append(Track(self._count, Seen(place, time, face), self._kept))


def between(first: Face, second: Face, share: float) -> Face:
    """A face on its way from one place to another.

    Args:
        first: where it was.
        second: where it will be.
        share: of the way, in [0, 1].

    Example:
        >>> between(Face((0, 0, 10, 10), confidence=0.9), Face((8, 4, 14, 10), confidence=1.0), 0.25)
        Face(box=(2.0, 1.0, 11.0, 10.0), left_eye=None, right_eye=None, confidence=0.9)
    """

    def mixed(start: Sequence[float], end: Sequence[float]) -> tuple[float, ...]:
        return tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))

    def eye(start: Point | None, end: Point | None) -> Point | None:
        return mixed(start, end) if start and end else None  # type: ignore[return-value]

    left, top, width, height = mixed(first.box, second.box)
    return Face(
        (left, top, width, height),
        eye(first.left_eye, second.left_eye),
        eye(first.right_eye, second.right_eye),
        min(first.confidence, second.confidence),
    )


def _pairs(expected: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> dict[int, int]:
    """Places of expected boxes to places of found ones."""
    if not expected or not found:
        return {}
    distances = np.array([[_distance(a, b) for b in found] for a in expected])
    # A pair out of reach costs the same as none, so that it never decides over others.
    rows, columns = linear_sum_assignment(np.minimum(distances, REACH))
    return {int(a): int(b) for a, b in zip(rows, columns, strict=True) if distances[a, b] < REACH}


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    """Between the middles of two boxes, in sides of the smaller one, and the logarithm of how many times larger the
    other one is.
    """
    sides = math.sqrt(first[2] * first[3]), math.sqrt(second[2] * second[3])
    apart = float(np.hypot(*(_middle(first) - _middle(second))))
    return apart / min(sides) + math.log(max(sides) / min(sides))


def _middle(box: np.ndarray) -> np.ndarray:
    return box[:2] + box[2:] / 2
