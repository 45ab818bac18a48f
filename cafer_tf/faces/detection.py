"""Detection by MTCNN (Zhang et al. 2016, "Joint face detection and alignment using multitask cascaded networks").

The package `mtcnn` brings its weights. It runs without `tf.function`, so images of many sizes leave no graphs behind.
"""

from __future__ import annotations

import functools
import importlib.util
import pathlib
import threading
from typing import Any

import numpy as np
from PIL import Image

from cafer_tf.faces.face import Face

LONGEST_SIDE = 480
"""Of the image that is searched, in pixels; larger ones are shrunk. Time and memory of a crowd grow with its square."""
SMALLEST_FACE = 20
"""In pixels of the image that is searched. mtcnn 1.0.0 finds nothing at all with more than that."""
BORDER = 0.25
"""Of the second search, as a fraction of the longer side."""
GREY = 127
"""What the networks take for nothing: they see (pixel - 127.5) / 128."""

_loading = threading.Lock()


class FacesError(ValueError):
    """Faces cannot be handled as asked; the message says why and what to do."""


def detect(image: np.ndarray, min_confidence: float = 0.9) -> list[Face]:
    """The faces in an image, the largest first; the same list each time.

    Where the image as it is shows none, it is searched again with a grey border, which finds faces that fill it. Faces
    are found from 20 pixels on, in an image whose longer side is shrunk to 480: from a twenty-fourth of it on.

    Args:
        image: uint8 `[height, width, 3]`, RGB.
        min_confidence: the least confidence, in [0, 1].

    Raises:
        FacesError: mtcnn is not installed.
    """
    detector = _detector()
    height, width = image.shape[:2]
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    if shrink < 1:
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    scale = np.array([width / image.shape[1], height / image.shape[0]])
    for border in (0, round(BORDER * max(image.shape[:2]))):
        searched = np.pad(image, ((border, border), (border, border), (0, 0)), constant_values=GREY)
        found = detector.detect_faces(
            searched.astype(np.float32),
            fit_to_image=False,
            output_type='numpy',
            min_face_size=SMALLEST_FACE,
            threshold_onet=min_confidence,
        )
        faces = [_face(row, border, scale) for row in found]
        if faces:
            break
    return sorted(faces, key=lambda face: (-face.box[2] * face.box[3], -face.confidence, face.box))


def _face(row: np.ndarray, border: int, scale: np.ndarray) -> Face:
    """A row of mtcnn: image, left, top, width, height, confidence, x of five points (eyes first), y of the five."""
    left, top = (row[1:3] - border) * scale
    width, height = row[3:5] * scale
    (left_x, left_y), (right_x, right_y) = ((row[[index, index + 5]] - border + 0.5) * scale - 0.5 for index in (6, 7))
    return Face(
        (float(left), float(top), float(width), float(height)),
        (float(left_x), float(left_y)),
        (float(right_x), float(right_y)),
        float(row[5]),
    )


def require_detector() -> pathlib.Path:
    """Where the package of the detector is; imports nothing.

    Raises:
        FacesError: mtcnn is not installed.
    """
    package = importlib.util.find_spec('mtcnn')
    if package is None or package.origin is None:
        raise FacesError(
            'Detecting faces needs the package mtcnn, which is not installed. Install it with '
            '`pip install "cafer-tf[faces]"`, or set faces.source to as_is or given.'
        )
    return pathlib.Path(package.origin).parent


def _detector() -> Any:
    with _loading:
        return _load()


@functools.cache
def _load() -> Any:
    package = require_detector()
    import mtcnn
    from mtcnn import stages

    # By name alone, mtcnn would load (and unpickle) a file of that name in the current folder first.
    weights = package / 'assets' / 'weights'
    return mtcnn.MTCNN(
        stages=[
            stages.StagePNet(weights=str(weights / 'pnet.lz4')),
            stages.StageRNet(weights=str(weights / 'rnet.lz4')),
            stages.StageONet(weights=str(weights / 'onet.lz4')),
        ]
    )
