"""Encoded images to pixels."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from cafer_tf.config import InputConfig


def preprocess(encoded: tf.Tensor, config: InputConfig) -> tf.Tensor:
    """The image that the network sees in evaluation and prediction: `fit` of what was decoded.

    Args:
        encoded: scalar string, JPEG or PNG bytes.
        config: size and crop.
    """
    return fit(decode(encoded), config)


def fit(image: tf.Tensor, config: InputConfig) -> tf.Tensor:
    """An image of any size as the network sees it in evaluation and prediction, `[size, size, 3]` in [0, 1].

    Takes the central square, resizes it to `size / (1 - crop)` and takes the central `size x size` pixels of that: the
    aspect ratio is kept, and what lies beyond the square is left out.

    Args:
        image: `[height, width, 3]` float32, RGB in [0, 1].
        config: size and crop.
    """
    side, size = resized_side(config), config.image_size
    offset = (side - size) // 2
    return resize(image, side)[offset : offset + size, offset : offset + size]


def fitted_face_box(config: InputConfig, margin: float) -> np.ndarray:
    """Where the face is in an image from `fit`, if it was the square in the middle that leaves the margin around it.

    Args:
        config: size and crop.
        margin: what the image held on each side of the face, as a fraction of the face's side.

    Returns:
        `[3]` float32: x and y of the middle and the side, as fractions of the image's side. The square may reach beyond
        the image, and its middle may lie half a pixel off, as the crop's does.
    """
    side, size = resized_side(config), config.image_size
    middle = side / 2 - (side - size) // 2
    return np.array([middle, middle, side / (1 + 2 * margin)], np.float32) / size


def decode(encoded: tf.Tensor) -> tf.Tensor:
    """JPEG or PNG bytes to pixels.

    Args:
        encoded: scalar string, JPEG or PNG bytes.

    Returns:
        RGB `[height, width, 3]` float32 in [0, 1].

    Raises:
        tf.errors.InvalidArgumentError: they are no image.
    """
    return tf.cast(decode_levels(encoded), tf.float32) / 255


def decode_levels(encoded: tf.Tensor) -> tf.Tensor:
    """JPEG or PNG bytes to RGB `[height, width, 3]` uint8."""
    return tf.io.decode_image(encoded, channels=3, expand_animations=False)


def resize(image: tf.Tensor, side: int) -> tf.Tensor:
    """The central square of an image of any size to `[side, side, 3]`, bilinear, antialiased where it shrinks.

    Args:
        image: `[height, width, 3]`, float32 or uint8.
        side: in pixels.

    Returns:
        The same type; uint8 is rounded to the nearest level.
    """
    shape = tf.shape(image)[:2]

    def resized() -> tf.Tensor:
        shorter = tf.reduce_min(shape)
        top, left = tf.unstack((shape - shorter) // 2)
        square = image[top : top + shorter, left : left + shorter]
        pixels = tf.image.resize(square, [side, side], antialias=True)
        return tf.cast(tf.round(pixels) if image.dtype.is_integer else pixels, image.dtype)

    # Of an image that has the size already, resizing makes the same one at several times the cost of decoding it.
    return tf.ensure_shape(tf.cond(tf.reduce_all(shape == side), lambda: image, resized), [side, side, 3])


def resized_side(config: InputConfig) -> int:
    """The side that images are resized to before they are cropped.

    Args:
        config: size and crop.

    Returns:
        `size / (1 - crop)` in pixels, rounded.
    """
    return round(config.image_size / (1 - config.crop))
