"""A face, cut out of its image to a square of a fixed size."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from skimage.filters import gaussian
from skimage.transform import AffineTransform, SimilarityTransform, warp

from cafer_tf.config import FacesConfig
from cafer_tf.faces.detection import FacesError
from cafer_tf.faces.face import Face, NoFaceError, Point

EYE_SIDE = 3.0
"""Side of the tight square around a face, in distances between its eyes.

Between the heights, the longer sides, of mtcnn's boxes: 2.84 (standard deviation 0.16) on the 100 photographs of people
in scikit-image's `lfw_subset`, 3.17 (0.20) on 40 rendered faces.
"""
EYE_LEVEL = 0.39
"""How far below the top of that square the eyes are, as a fraction of its side.

The mean in mtcnn's boxes, in the photographs and the rendered faces alike (standard deviation 0.02).
"""
TURNED_AWAY = 4.5
"""Longer side of a face's box, in distances between its eyes, above which the eyes give no scale.

The eyes of a head that turns away come closer together, its box stays as high: this is about 50 degrees, given
`EYE_SIDE` from the front.
"""


def eye_places(config: FacesConfig) -> tuple[Point, Point]:
    """Where an aligned crop has the centres of the left and the right eye.

    Args:
        config: `size`, and the `margin` around the tight square.

    Returns:
        x and y of either in pixels of the crop, the middle of its first pixel at 0; the left eye is the one with the
        smaller x.
    """
    scale = config.size / (EYE_SIDE * (1 + 2 * config.margin))
    level = scale * EYE_SIDE * (config.margin + EYE_LEVEL) - 0.5
    middle = config.size / 2 - 0.5
    return (middle - scale / 2, level), (middle + scale / 2, level)


def crop(image: np.ndarray, face: Face, config: FacesConfig) -> np.ndarray:
    """Cuts a face out.

    With `config.align`, and eyes that are known, the image is turned, scaled and shifted so that they come to
    `eye_places`: the tight square has `EYE_SIDE` and `EYE_LEVEL`. Otherwise, and for heads that are turned away
    (`TURNED_AWAY`), the tight square is upright, around the middle of the face's box, with the box's longer side.
    `config.margin` is added to either (not with `as_is`, where there is nothing to add). Beyond the image, the pixels
    of its edge are repeated.

    Args:
        image: uint8 `[height, width, 3]`.
        face: in that image.
        config: `align`, `margin`, `size`, and whether the source is `as_is`.

    Returns:
        uint8 `[size, size, 3]`.

    Raises:
        NoFaceError: the middle of the face is not in the image, or the face is more than twice as large as it.
        FacesError: `config.size` is 0.
    """
    if config.size == 0:
        raise FacesError('A crop needs a side: set faces.size, to 96 pixels for example.')
    left, top, width, height = face.box
    if not (0 <= left + width / 2 <= image.shape[1] and 0 <= top + height / 2 <= image.shape[0]):
        raise NoFaceError('face outside the image')
    if max(width, height) > 2 * max(image.shape[:2]):
        raise NoFaceError('face larger than the image')
    placed = SimilarityTransform()
    if config.align and face.left_eye and face.right_eye and not _turned_away(face):
        placed.estimate(np.array(eye_places(config)), np.array([face.left_eye, face.right_eye]))
    else:
        side = max(width, height) * (1 if config.source == 'as_is' else 1 + 2 * config.margin)
        scale = side / config.size
        middle = np.array([left + width / 2 - 0.5, top + height / 2 - 0.5])
        placed = SimilarityTransform(scale=scale, translation=middle - scale * (config.size - 1) / 2)
    return _resampled(image, placed, config.size)


def _turned_away(face: Face) -> bool:
    assert face.left_eye and face.right_eye
    return max(face.box[2:]) > TURNED_AWAY * math.dist(face.left_eye, face.right_eye)


def _resampled(image: np.ndarray, placed: SimilarityTransform, size: int) -> np.ndarray:
    """The pixels of a square.

    Only the part of the image that the square covers is looked at. It is shrunk by a whole factor first; what remains
    of the scale, less than 2, is smoothed as much as it would alias.

    Args:
        image: uint8 `[height, width, 3]`.
        placed: from the pixels of the square to those of the image.
        size: side of the square.
    """
    factor = max(1, int(placed.scale))
    corners = placed(np.array([(x, y) for x in (0, size - 1) for y in (0, size - 1)]))
    shape = np.array([image.shape[1], image.shape[0]])
    reach = 6 * factor  # of the smoothing and of the interpolation, in pixels of the image
    low = np.clip(np.floor(corners.min(0)).astype(int) - reach, 0, shape - 1)
    high = np.clip(np.ceil(corners.max(0)).astype(int) + reach, low + 1, shape)
    part = Image.fromarray(image[low[1] : high[1], low[0] : high[0]]).reduce(factor)
    rest = max(1.0, placed.scale / factor)
    # A pixel blurs like a Gaussian of half its side, and variances add: this is what the larger pixels lack.
    sigma = math.sqrt(rest**2 - 1) / 2
    pixels = gaussian(np.asarray(part, np.float32), sigma, mode='nearest', channel_axis=2)
    local = AffineTransform(scale=1 / factor, translation=(0.5 - low) / factor - 0.5)
    source = AffineTransform(local.params @ placed.params)
    sampled = warp(pixels, source, output_shape=(size, size), order=3, mode='edge')
    return np.clip(np.round(sampled), 0, 255).astype(np.uint8)
