"""A face in an image, and how the boxes and landmarks of data sets become one.

Coordinates are in pixels, x to the right and y down. A point (x, y) with whole x and y is the middle of a pixel; a box
(left, top, width, height) spans `width` pixels from pixel `left` on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cafer_tf.datasets import UnusableImage

Point = tuple[float, float]
Box = tuple[float, float, float, float]

POINTS = 68
"""Of the landmark scheme: jaw 0 to 16, brows, nose, eyes 36 to 47, mouth."""
LEFT_EYE, RIGHT_EYE = range(36, 42), range(42, 48)
"""The points around each eye; left is where an upright face has it in the image, the person's right."""
FOREHEAD = 0.3
"""What a box of landmarks adds above the brows, as a fraction of the height from the brows to the chin."""


class NoFaceError(UnusableImage):
    """An image without a face to crop; the message is the reason, in words that can be counted."""


class Face(NamedTuple):
    """Where a face is.

    Attributes:
        box: left, top, width and height; it may reach beyond the image.
        left_eye, right_eye: the centres of the eyes, named by their side in the image of an upright face; None where
            they aren't known.
        confidence: of the detection, in [0, 1]; 1 where the data set says so.
    """

    box: Box
    left_eye: Point | None = None
    right_eye: Point | None = None
    confidence: float = 1.0


def eyes_of(landmarks: Sequence[float]) -> tuple[Point, Point]:
    """The centres of the left and the right eye (as the image shows them): the means of the six points around each.

    Args:
        landmarks: of the 68-point scheme, x and y of one point after the other.

    Raises:
        NoFaceError: other than 68 points, or coordinates that are not finite.
    """
    points = _points(landmarks)
    return _mean([points[index] for index in LEFT_EYE]), _mean([points[index] for index in RIGHT_EYE])


def given_face(box: Sequence[float] | None, landmarks: Sequence[float] | None, align: bool) -> Face:
    """The face that a data set describes.

    To align, landmarks come before a box. The box of landmarks is the rectangle around them, with `FOREHEAD` added at
    the top: the points end at the brows, and the boxes of detectors higher.

    Args:
        box: left, top, width and height; None or empty where there is none.
        landmarks: of the 68-point scheme, flat; None or empty where there are none.
        align: whether the eyes matter.

    Raises:
        NoFaceError: neither is there, or what is there describes no face of a pixel or more.
    """
    has_box, has_landmarks = box is not None and len(box) > 0, landmarks is not None and len(landmarks) > 0
    if landmarks is not None and has_landmarks and (align or not has_box):
        left_eye, right_eye = eyes_of(landmarks)
        return Face(_checked(_around(_points(landmarks))), left_eye, right_eye)
    if box is not None and has_box:
        return Face(_checked(box))
    raise NoFaceError('no face box or landmarks')


def _points(landmarks: Sequence[float]) -> list[Point]:
    values = [float(value) for value in landmarks]
    if len(values) != 2 * POINTS or not all(map(math.isfinite, values)):
        raise NoFaceError(f'landmarks that are not {POINTS} points')
    return list(zip(values[::2], values[1::2], strict=True))


def _mean(points: list[Point]) -> Point:
    return math.fsum(x for x, _ in points) / len(points), math.fsum(y for _, y in points) / len(points)


def _around(points: list[Point]) -> Box:
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    brows, chin = min(y for _, y in points), max(y for _, y in points)
    height = (1 + FOREHEAD) * (chin - brows)
    return left, chin - height, right - left, height


def _checked(box: Sequence[float]) -> Box:
    values = [float(value) for value in box]
    if len(values) != 4 or not all(map(math.isfinite, values)) or min(values[2:]) < 1:
        raise NoFaceError('face box without a size')
    left, top, width, height = values
    return left, top, width, height
