"""What happens to each image of a batch, from random numbers of its own."""

from __future__ import annotations

import math
from typing import NamedTuple

import tensorflow as tf

from cafer_tf.config import AugmentationConfig, InputConfig

_DRAWS, _EXPANSION_DRAWS = 9, 3


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
