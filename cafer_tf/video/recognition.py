"""What a model says of every face of a video, frame by frame."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from cafer_tf import faces, grouping, recognition
from cafer_tf.config import FacesConfig
from cafer_tf.faces import Face
from cafer_tf.faces.face import Box, Point
from cafer_tf.serving import Predictor
from cafer_tf.video.reading import Frame
from cafer_tf.video.smoothing import OneEuro, Smoothing
from cafer_tf.video.tracking import LOST, MEMORY, Tracker

EVERY = 5
"""Frames from one that is searched for faces to the next."""
_AT_ONCE = 16
"""Frames that are each one face, of one request."""


class TrackedFace(NamedTuple):
    """A face in a frame, and what a model says of it.

    Attributes:
        number: of the face, from 1; the same in all frames.
        box: left, top, width and height, in pixels; it may reach beyond the image.
        left_eye, right_eye: the centres of the eyes; None where they aren't known.
        confidence: of the detection, in [0, 1]; the lesser of two, where the face was placed between them.
        detected: whether it was detected in this very frame.
        valence, arousal: smoothed, in [-1, 1].
        intensity: of these, in [0, sqrt(2)].
        raw: valence and arousal as the model says them.
    """

    number: int
    box: Box
    left_eye: Point | None
    right_eye: Point | None
    confidence: float
    detected: bool
    valence: float
    arousal: float
    intensity: float
    raw: tuple[float, float]


class _Placed(NamedTuple):
    """A face in a frame, and its crop."""

    number: int
    face: Face
    detected: bool
    crop: np.ndarray


_Batch = list[tuple[Frame, list[_Placed]]]


def recognise(
    predictor: Predictor,
    frames: Iterable[Frame],
    smoothing: Callable[[], Smoothing] = OneEuro,
    every: int = EVERY,
    whole: bool = False,
) -> Iterator[tuple[Frame, list[TrackedFace]]]:
    """Finds, follows and crops the faces of a video, and asks the model about each in each frame.

    Every few frames are searched for faces, and the last one. In the frames between, a face is placed on the straight
    way from one detection to the next, and cropped and predicted there; of two searches, one may miss it. Where it is
    not found for longer, it has no place, but it keeps its number for a second (`tracking.MEMORY`). At most
    `2 * every` frames are held.

    Args:
        predictor: the model.
        frames: of the video, in their order.
        smoothing: makes the filter of a face's valence and arousal.
        every: frames from one that is searched to the next; 1 searches all.
        whole: whether each frame is one face, cropped already; nothing is searched then.

    Yields:
        Each frame, with its faces, by their numbers.

    Raises:
        ValueError: `every` is less than 1.
        FacesError: mtcnn is not installed.
        ModelError: the model does not answer for pixels.
    """
    if every < 1:
        raise ValueError(f'every must be at least 1; it is {every}')
    config = recognition.parameters(predictor.config)
    filters: dict[int, tuple[float, Smoothing]] = {}
    for batch in _uncut(frames) if whole else _followed(frames, config, every):
        points = recognition.predicted(predictor, [item.crop for _, found in batch for item in found])
        answers = iter(points)
        for frame, found in batch:
            filters = {number: used for number, used in filters.items() if frame.time - used[0] <= MEMORY}
            tracked = []
            for item in found:
                _, smooth = filters.get(item.number) or (0, smoothing())
                filters[item.number] = frame.time, smooth
                tracked.append(_tracked(item, next(answers), smooth, frame.time))
            yield frame, tracked


def _followed(frames: Iterable[Frame], config: FacesConfig, every: int) -> Iterator[_Batch]:
    """Frames with their faces, as soon as the search after the next one can no longer change these."""
    tracker = Tracker()
    waiting: collections.deque[tuple[int, Frame]] = collections.deque()
    searched = place = -1

    def search(place: int, frame: Frame) -> None:
        tracker.update(place, frame.time, faces.detect(frame.pixels, config.min_confidence))

    def ready(until: int) -> _Batch:
        batch = []
        while waiting and waiting[0][0] <= until:
            place, frame = waiting.popleft()
            batch.append((frame, _placed(tracker, place, frame, config, LOST * every)))
        return batch

    for place, frame in enumerate(frames):
        waiting.append((place, frame))
        if place % every == 0:
            search(place, frame)
            searched = place
            yield ready(place - every)
    if waiting and searched != place:
        search(*waiting[-1])
    yield ready(place)


def _placed(tracker: Tracker, place: int, frame: Frame, config: FacesConfig, bridged: int) -> list[_Placed]:
    """The faces of a frame, cropped."""
    placed = []
    for track in tracker.tracks:
        found = track.at(place, bridged)
        if found is not None:
            for face, crop in zip(*recognition.cropped(frame.pixels, found[:1], config), strict=True):
                placed.append(_Placed(track.number, face, found[1], crop))
    return placed


def _uncut(frames: Iterable[Frame]) -> Iterator[_Batch]:
    """Frames that are each one face."""
    batch: _Batch = []
    for frame in frames:
        height, width = frame.pixels.shape[:2]
        batch.append((frame, [_Placed(1, Face((0.0, 0.0, width, height)), False, frame.pixels)]))
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    yield batch


def _tracked(item: _Placed, point: np.ndarray, smooth: Smoothing, time: float) -> TrackedFace:
    smoothed = smooth(time, point)
    return TrackedFace(
        item.number,
        *item.face,
        detected=item.detected,
        valence=float(smoothed[0]),
        arousal=float(smoothed[1]),
        intensity=float(grouping.intensity(smoothed)),
        raw=(float(point[0]), float(point[1])),
    )
