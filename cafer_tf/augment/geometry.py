"""Crop, mirror image, rotation and shrinking of a batch, and where that takes the faces."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_addons as tfa

from cafer_tf.augment.changes import Changes, choose
from cafer_tf.augment.clipping import clip
from cafer_tf.config import AugmentationConfig, InputConfig


def face_boxes(
    draws: tf.Tensor, side: int, config: InputConfig, augmentation: AugmentationConfig, margin: float
) -> tf.Tensor:
    """Where the faces are after `augment`, upright squares; that of a face at the edge may reach beyond it.

    Before, each is the square in the middle of its image that leaves the margin on every side.

    Args:
        draws: `[n, 12]`, those that `augment` is given.
        side: of the images before the crop, in pixels.
        config: the size to crop to.
        augmentation: what to vary and how far.
        margin: what the image holds on each side of the face, as a fraction of the face's side.

    Returns:
        `[n, 3]`: x and y of the middle and the side, as fractions of the image's side.
    """
    size = config.image_size
    changes = choose(draws, side, config, augmentation)
    sources = _sources(size, changes)
    # A similarity with a scale of `factor`: its inverse is its transpose, divided by the square of that.
    scale = changes.factor[:, tf.newaxis]
    way = (side - 1) / 2 - sources[..., 2]
    middle = tf.reduce_sum(sources[..., :2] * way[..., tf.newaxis], axis=1) / scale**2
    return tf.concat([(middle + 0.5) / size, side / (1 + 2 * margin) / size / scale], axis=1)


def crop(levels: tf.Tensor, size: int, changes: Changes) -> tf.Tensor:
    """The crop of each image, mirrored or not; the type stays.

    Args:
        levels: `[n, side, side, 3]`.
        size: of the crop, in pixels.
        changes: top, left and mirrored are used.

    Returns:
        `[n, size, size, 3]`.
    """
    places = tf.range(size)
    columns = tf.where(changes.mirrored[:, tf.newaxis], places[::-1], places) + changes.left[:, tf.newaxis]
    cropped = tf.gather(levels, places + changes.top[:, tf.newaxis], axis=1, batch_dims=1)
    return tf.gather(cropped, columns, axis=2, batch_dims=1)


def turn(levels: tf.Tensor, size: int, changes: Changes) -> tf.Tensor:
    """The crop of each image, mirrored or not, turned about its middle, and shrunk: one bilinear resampling.

    Corners show what lies beyond the crop and, beyond the image, its nearest pixel; so does what surrounds an image
    that shrinks. Nothing is smoothed on the way, as far as it shrinks.

    Args:
        levels: `[n, side, side, 3]`.
        size: of the crop, in pixels.
        changes: top, left, mirrored, angle, factor and place are used.

    Returns:
        `[n, size, size, 3]` float32, in the range of `levels`.
    """
    count, side = tf.shape(levels)[0], levels.shape[1]
    rows, columns = tf.meshgrid(tf.range(float(size)), tf.range(float(size)), indexing='ij')
    points = tf.reshape(tf.stack([columns, rows, tf.ones_like(rows)], axis=-1), [size * size, 3])
    sources = tf.matmul(points, _sources(size, changes), transpose_b=True)
    sources = tf.reshape(clip(sources, 0.0, side - 1.0), [count, size, size, 2])
    return tf.ensure_shape(tfa.image.resampler(tf.cast(levels, tf.float32), sources), [None, size, size, 3])


def _sources(size: int, changes: Changes) -> tf.Tensor:
    """Where each pixel of the crop comes from: `[n, 2, 3]`, which takes column, row and 1 to x and y in the image.

    Computed in float64: the last bit of a cosine depends on how many are computed at once, and so would the image on
    its batch.
    """
    direction = tf.where(changes.mirrored, tf.constant(-1.0, tf.float64), tf.constant(1.0, tf.float64))
    start = tf.cast(changes.left, tf.float64) + tf.where(changes.mirrored, tf.constant(size - 1.0, tf.float64), 0)
    top = tf.cast(changes.top, tf.float64)
    angle, middle = tf.cast(changes.angle, tf.float64), (size - 1) / 2
    cosine, sine = tf.cos(angle), tf.sin(angle)
    x = tf.stack([cosine, -sine, middle * (1 - cosine + sine)], axis=1) * direction[:, tf.newaxis]
    y = tf.stack([sine, cosine, middle * (1 - cosine - sine)], axis=1)
    matrix = tf.stack([x, y], axis=1) + tf.stack([start, top], axis=1)[..., tf.newaxis] * [0.0, 0.0, 1.0]
    # A pixel's middle is half a pixel from where it begins. Without shrinking, this is `matrix` to the last bit.
    factor = tf.cast(changes.factor, tf.float64)[:, tf.newaxis, tf.newaxis]
    begin = factor[..., 0] / 2 - 0.5 - size * tf.cast(changes.place, tf.float64)
    linear = matrix[..., :2]
    shifted = tf.reduce_sum(linear * begin[:, tf.newaxis], axis=2, keepdims=True) + matrix[..., 2:]
    return tf.cast(tf.concat([linear * factor, shifted], axis=2), tf.float32)
