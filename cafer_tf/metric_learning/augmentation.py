"""Random changes of images that leave their class as it is, for a whole batch at once."""

from __future__ import annotations

import math

import tensorflow as tf

_TURN = math.pi / 18
_SCALE = 0.1
_SHIFT = 0.08
_SMALLEST_AREA = 0.2
_LONGEST = 4 / 3


def turned(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Images turned by up to 10°, scaled by up to a tenth, and shifted by up to 8 % of their side; 0 comes in.

    Args:
        images: `[n, size, size, channels]` float.
        seed: `[2]` integers.

    Returns:
        The same shape.
    """
    shape = tf.shape(images)
    side = tf.cast(shape[1], tf.float32)
    draw = tf.random.stateless_uniform([4, shape[0]], seed, -1, 1)
    angle, scale, shift = draw[0] * _TURN, 1 + draw[1] * _SCALE, draw[2:] * _SHIFT * side
    cosine, sine, centre = scale * tf.cos(angle), scale * tf.sin(angle), (side - 1) / 2
    right = centre - cosine * centre + sine * centre + shift[0]
    down = centre - sine * centre - cosine * centre + shift[1]
    none = tf.zeros_like(angle)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([cosine, -sine, right, sine, cosine, down, none, none], axis=1),
        output_shape=shape[1:3],
        fill_value=0.0,
        interpolation='BILINEAR',
        fill_mode='CONSTANT',
    )


def cropped(images: tf.Tensor, size: int, seed: tf.Tensor) -> tf.Tensor:
    """A part of each image, of 20 to 100 % of its area and up to a third longer than wide, every other one mirrored.

    Args:
        images: `[n, side, side, channels]` float.
        size: side of the result.
        seed: `[2]` integers.

    Returns:
        `[n, size, size, channels]`.
    """
    count = tf.shape(images)[0]
    draw = tf.random.stateless_uniform([5, count], seed)
    side = tf.sqrt(_SMALLEST_AREA + draw[0] * (1 - _SMALLEST_AREA))
    stretch = tf.exp((draw[1] - 0.5) * math.log(_LONGEST))
    height, width = tf.minimum(side * stretch, 1), tf.minimum(side / stretch, 1)
    top, left = draw[2] * (1 - height), draw[3] * (1 - width)
    ends = tf.stack([left, left + width], axis=1)
    # A box from right to left is read in that order.
    ends = tf.where(draw[4][:, tf.newaxis] < 0.5, ends[:, ::-1], ends)
    boxes = tf.stack([top, ends[:, 0], top + height, ends[:, 1]], axis=1)
    return tf.image.crop_and_resize(images, boxes, tf.range(count), [size, size])


def centred(images: tf.Tensor, size: int) -> tf.Tensor:
    """The middle of each image.

    Args:
        images: `[n, side, side, channels]`.
        size: side of the middle, at most `side`.
    """
    start = (images.shape[1] - size) // 2
    return images[:, start : start + size, start : start + size]
