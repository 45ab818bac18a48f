"""From the bytes of an image file to the bytes of the face in it."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence

import numpy as np
from PIL import ExifTags, Image

from cafer_tf.config import FacesConfig
from cafer_tf.datasets import UnusableImage, check_image
from cafer_tf.faces.cropping import crop
from cafer_tf.faces.detection import detect
from cafer_tf.faces.face import Face, NoFaceError, given_face

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes an image upright that has the Exif orientation."""


def prepare(
    data: bytes,
    config: FacesConfig,
    box: Sequence[float] | None = None,
    landmarks: Sequence[float] | None = None,
) -> bytes:
    """The face of an image file, as the network is to see it.

    With the source `as_is` and no size, the bytes are passed through unchanged and unseen (`datasets.check_image` looks
    at them). Otherwise the image is decoded, the face cropped and written as JPEG: the same bytes each time.

    The Exif orientation, by which cameras say which side is up, is followed, but with `given`: boxes and landmarks
    belong to the pixels as they are stored. There, levelling the eyes makes the face upright; boxes alone do not.

    Args:
        data: of a JPEG or PNG, in any of their colour modes; transparency is dropped.
        config: where the face is, and how it is cropped.
        box: of the data set, for the source `given`: left, top, width and height, in pixels.
        landmarks: of the data set, for the same: 68 points, flat.

    Raises:
        UnusableImage: the image cannot be decoded, or has no face; the reasons can be counted.
        FacesError: the source is `detect`, and mtcnn is not installed.
    """
    if config.source == 'as_is' and config.size == 0:
        return data
    image = decode(data, upright=config.source != 'given')
    return stored(crop(image, face_of(image, config, box, landmarks), config), config.quality)


def stored(pixels: np.ndarray, quality: int) -> bytes:
    """A crop as JPEG; the same bytes each time.

    Args:
        pixels: uint8 `[size, size, 3]`, RGB.
        quality: of the JPEG, in [1, 100].
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, 'JPEG', quality=quality)
    return buffer.getvalue()


def at_prediction(config: FacesConfig) -> FacesConfig:
    """How the faces of new photographs are found, which bring no boxes or landmarks: where they were given, the
    detector finds them.

    Args:
        config: of the training.
    """
    return dataclasses.replace(config, source='detect') if config.source == 'given' else config


def face_of(
    image: np.ndarray,
    config: FacesConfig,
    box: Sequence[float] | None = None,
    landmarks: Sequence[float] | None = None,
) -> Face:
    """The face that `config.source` names: the central square, the data set's face, or the largest that is detected.

    Args:
        image: uint8 `[height, width, 3]`, RGB.
        config: `source`, `align` and `min_confidence`.
        box: of the data set, for the source `given`: left, top, width and height, in pixels.
        landmarks: of the data set, for the same: 68 points, flat.

    Raises:
        NoFaceError: nothing is given, what is given describes no face, or none is detected.
        FacesError: the source is `detect`, and mtcnn is not installed.
    """
    if config.source == 'given':
        return given_face(box, landmarks, config.align)
    if config.source == 'detect':
        faces = detect(image, config.min_confidence)
        if not faces:
            raise NoFaceError('no face found')
        return faces[0]
    height, width = image.shape[:2]
    side = min(height, width)
    return Face(((width - side) / 2, (height - side) / 2, side, side))


def decode(data: bytes, upright: bool = True) -> np.ndarray:
    """The pixels of an image file, uint8 `[height, width, 3]`, RGB.

    Sixteen bits a channel become eight by their upper half, as TensorFlow's decoder has it.

    Args:
        data: of a JPEG or PNG, in any of their colour modes; transparency is dropped.
        upright: whether the Exif orientation is followed.

    Raises:
        UnusableImage: it cannot be decoded; the reasons can be counted.
    """
    check_image(data)
    try:
        with Image.open(io.BytesIO(data)) as file:
            turn = _UPRIGHT.get(file.getexif().get(ExifTags.Base.Orientation, 1)) if upright else None
            image = file if turn is None else file.transpose(turn)
            if image.mode.startswith('I'):
                grey = (np.asarray(image) >> 8).astype(np.uint8)
                return np.stack([grey] * 3, axis=-1)
            # Transparency in a palette is looked up first, or Pillow warns.
            return np.asarray(image.convert('RGBA' if image.mode == 'P' else image.mode).convert('RGB'))
    except (OSError, SyntaxError, ValueError) as error:
        raise UnusableImage(f'damaged image ({error})') from None
