"""Random changes of training images, reproducible from explicit seeds.

Every image has random numbers of its own (`draw`), which say what happens to it (`choose`); a whole batch is then
changed at once (`augment`). How the images are cut into batches changes nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import tensorflow as tf
import tensorflow_addons as tfa

from cafer_tf.config import AugmentationConfig, InputConfig

_LEVELS = 255.0
_GREY = (0.2989, 0.5870, 0.1140)
"""Shares of red, green and blue in grey, those of `tf.image.rgb_to_grayscale`."""
_DRAWS, _EXPANSION_DRAWS = 9, 3
_BLANK = 0.5


class Changes(NamedTuple):
    """What happens to each of n images.

    Attributes:
        top, left: `[n]` int32, the first row and column of the crop.
        mirrored: `[n]` bool, whether left and right change places.
        angle: `[n]`, of the rotation, counterclockwise, in radians.
        brightness: `[n]`, what is added.
        contrast, saturation: `[n]`, the factors of the distance from the channel's mean and from grey.
        hole: `[n, 2]` int32, row and column of the centre of the blanked square.
        factor: `[n]`, at least 1, by which the image shrinks.
        place: `[n, 2]`, x and y of its upper left corner then, in sides of the shrunk image, from the frame's: in
            [0, factor - 1].
    """

    top: tf.Tensor
    left: tf.Tensor
    mirrored: tf.Tensor
    angle: tf.Tensor
    brightness: tf.Tensor
    contrast: tf.Tensor
    saturation: tf.Tensor
    hole: tf.Tensor
    factor: tf.Tensor
    place: tf.Tensor


def draw(seed: tf.Tensor, count: int) -> tf.Tensor:
    """The random numbers of the images of a batch.

    Args:
        seed: `[2]` integers.
        count: n, how many images the whole batch has.

    Returns:
        `[n, 12]` float32, uniform in [0, 1), what `choose` takes.
    """
    # Those of the expansion are drawn apart, so that the others are what they were before there was one.
    apart = tf.random.experimental.stateless_fold_in(seed, _DRAWS)
    return tf.concat(
        [
            tf.random.stateless_uniform([count, _DRAWS], seed),
            tf.random.stateless_uniform([count, _EXPANSION_DRAWS], apart),
        ],
        axis=1,
    )


def choose(draws: tf.Tensor, side: int, config: InputConfig, augmentation: AugmentationConfig) -> Changes:
    """What happens to images, from their random numbers.

    Args:
        draws: `[n, 12]` in [0, 1).
        side: of the images before the crop, in pixels.
        config: the size to crop to.
        augmentation: what to vary and how far.
    """
    top, left, mirrored, angle, brightness, contrast, saturation, row, column, factor, x, y = tf.unstack(draws, axis=1)
    factor = 1 + (augmentation.expansion - 1) * factor

    def below(limit: int, uniform: tf.Tensor) -> tf.Tensor:
        return tf.cast(uniform * limit, tf.int32)

    def around(middle: float, reach: float, uniform: tf.Tensor) -> tf.Tensor:
        return middle + reach * (2 * uniform - 1)

    return Changes(
        top=below(side - config.image_size + 1, top),
        left=below(side - config.image_size + 1, left),
        mirrored=(mirrored < 0.5) & augmentation.flip,
        angle=around(0, math.radians(augmentation.rotation), angle),
        brightness=around(0, augmentation.brightness, brightness),
        contrast=around(1, augmentation.contrast, contrast),
        saturation=around(1, augmentation.saturation, saturation),
        hole=tf.stack([below(config.image_size, row), below(config.image_size, column)], axis=1),
        factor=factor,
        place=(factor - 1)[:, tf.newaxis] * tf.stack([x, y], axis=1),
    )


def augment(levels: tf.Tensor, draws: tf.Tensor, config: InputConfig, augmentation: AugmentationConfig) -> tf.Tensor:
    """A random crop of each image, mirrored or not, turned, with other colours, shrunk, and with a blank square.

    An image that shrinks lies on grey, as in SSD; the mean about which its contrast changes is that of the frame as
    `turn` fills it.

    Args:
        levels: `[n, side, side, 3]` uint8, resized but not yet cropped.
        draws: `[n, 12]`, from `draw`.
        config: the size to crop to.
        augmentation: what to vary and how far.

    Returns:
        `[n, size, size, 3]` float32 in [0, 1].
    """
    size = config.image_size
    changes = choose(draws, levels.shape[1], config, augmentation)
    expands = augmentation.expansion > 1
    if augmentation.rotation or expands:
        images = turn(levels, size, changes)
    else:
        images = tf.cast(crop(levels, size, changes), tf.float32)
    if augmentation.brightness or augmentation.contrast or augmentation.saturation:
        images = recolour(images, changes)
    else:
        images = images / _LEVELS
    if expands:
        images = surround(images, changes)
    hole = 2 * round(augmentation.cutout * size / 2)
    return blank(images, hole, changes.hole) if hole else images


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
    sources = tf.reshape(_clip(sources, 0.0, side - 1.0), [count, size, size, 2])
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


def recolour(images: tf.Tensor, changes: Changes) -> tf.Tensor:
    """Other brightness, contrast and saturation, as one affine map of each image's colours.

    With `b`, `c` and `s` the brightness, contrast and saturation, `m` the mean of each channel and `g` the shares in
    grey: `k = (1 - c) m + b` and `x' = s (c x + k) + (1 - s) g · (c x + k)`, clipped to [0, 1].

    Args:
        images: `[n, size, size, 3]` float32, levels in [0, 255].
        changes: brightness, contrast and saturation are used.

    Returns:
        The same shape, in [0, 1].
    """
    size = images.shape[1]
    brightness, contrast, saturation = (
        factor[:, tf.newaxis] for factor in (changes.brightness, changes.contrast, changes.saturation)
    )
    grey = tf.constant(_GREY)
    # A row of pixels at a time, channels side by side: several times as fast as axes of 3.
    wide = tf.reshape(images, [-1, size, size * 3])
    mean = tf.reduce_mean(tf.reshape(tf.reduce_mean(wide, axis=1), [-1, size, 3]), axis=1) / _LEVELS
    shift = (1 - contrast) * mean + brightness
    shift = saturation * shift + (1 - saturation) * tf.reduce_sum(grey * shift, axis=1, keepdims=True)
    blend = saturation[..., tf.newaxis] * tf.eye(3) + (1 - saturation[..., tf.newaxis]) * grey[:, tf.newaxis]
    mixed = tf.matmul(tf.reshape(images, [-1, size * size, 3]), contrast[..., tf.newaxis] * blend / _LEVELS)
    shifted = tf.reshape(mixed, [-1, size, size * 3]) + tf.tile(shift, [1, size])[:, tf.newaxis]
    return tf.reshape(_clip(shifted, 0.0, 1.0), [-1, size, size, 3])


def blank(images: tf.Tensor, hole: int, centres: tf.Tensor) -> tf.Tensor:
    """Blanks a square of each image; what lies beyond the image is left out.

    Args:
        images: `[n, size, size, 3]` in [0, 1].
        hole: side of the square, in pixels, even.
        centres: `[n, 2]` int32, row and column, in [0, size).

    Returns:
        The same shape, with grey (0.5) in the rows `centre - hole / 2` to `centre + hole / 2 - 1`, columns alike.
    """
    offsets = tf.range(images.shape[1]) - centres[..., tf.newaxis]
    within = (offsets >= -hole // 2) & (offsets < hole // 2)
    return _in_rectangle(within[:, 0], within[:, 1], _BLANK, images)


def surround(images: tf.Tensor, changes: Changes) -> tf.Tensor:
    """Grey (0.5) around images that were shrunk.

    Args:
        images: `[n, size, size, 3]` in [0, 1].
        changes: factor and place are used.

    Returns:
        The same shape.
    """
    size = images.shape[1]
    middles = (tf.range(float(size)) + 0.5) / size
    places = middles * changes.factor[:, tf.newaxis, tf.newaxis] - changes.place[..., tf.newaxis]
    within = (places >= 0) & (places < 1)
    return _in_rectangle(within[:, 1], within[:, 0], images, _BLANK)


def _in_rectangle(
    rows: tf.Tensor, columns: tf.Tensor, inside: tf.Tensor | float, outside: tf.Tensor | float
) -> tf.Tensor:
    """One image where rows and columns say so, `[n, size]` bool each, and the other elsewhere."""
    size = rows.shape[1]
    # A row of pixels at a time, channels side by side, as in `recolour`.
    mask = rows[..., tf.newaxis] & tf.repeat(columns, 3, axis=1)[:, tf.newaxis]
    inside, outside = (
        image if isinstance(image, float) else tf.reshape(image, [-1, size, size * 3]) for image in (inside, outside)
    )
    return tf.reshape(tf.where(mask, inside, outside), [-1, size, size, 3])


def _clip(values: tf.Tensor, lowest: float, highest: float) -> tf.Tensor:
    """`tf.clip_by_value` in one pass over the memory, where that makes two."""
    return tf.raw_ops.ClipByValue(t=values, clip_value_min=lowest, clip_value_max=highest)
