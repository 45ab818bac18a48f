"""Random changes of training images, reproducible from explicit seeds."""

from __future__ import annotations

import math

import tensorflow as tf
import tensorflow_addons as tfa

from cafer_tf.config import AugmentationConfig, InputConfig


def augment_image(
    image: tf.Tensor, seed: tf.Tensor, config: InputConfig, augmentation: AugmentationConfig
) -> tf.Tensor:
    """A random crop, mirrored or not, with other colours.

    Args:
        image: `[side, side, 3]` float32 in [0, 1], resized but not yet cropped.
        seed: `[2]` integers.
        config: the size to crop to.
        augmentation: what to vary and how far.

    Returns:
        `[size, size, 3]` float32 in [0, 1].
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 5))
    size = config.image_size
    image = tf.image.stateless_random_crop(image, [size, size, 3], seeds[0])
    if augmentation.flip:
        image = tf.image.stateless_random_flip_left_right(image, seeds[1])
    if augmentation.brightness:
        image = tf.image.stateless_random_brightness(image, augmentation.brightness, seeds[2])
    if augmentation.contrast:
        image = tf.image.stateless_random_contrast(
            image, 1 - augmentation.contrast, 1 + augmentation.contrast, seeds[3]
        )
    if augmentation.saturation:
        # A blend with grey: tf.image's way through HSV costs more than everything else here together.
        factor = tf.random.stateless_uniform([], seeds[4], 1 - augmentation.saturation, 1 + augmentation.saturation)
        grey = tf.image.rgb_to_grayscale(image)
        image = grey + factor * (image - grey)
    return tf.clip_by_value(image, 0.0, 1.0)


def augment_batch(images: tf.Tensor, seed: tf.Tensor, augmentation: AugmentationConfig) -> tf.Tensor:
    """Rotates each image by an angle of its own and blanks a square in each.

    Args:
        images: `[n, size, size, 3]` float32 in [0, 1].
        seed: `[2]` integers.
        augmentation: what to vary and how far.

    Returns:
        The same shape and range.
    """
    size = images.shape[1]
    angle_seed, offset_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    count = tf.shape(images)[0]
    if augmentation.rotation:
        limit = math.radians(augmentation.rotation)
        angles = tf.random.stateless_uniform([count], angle_seed, -limit, limit)
        images = tfa.image.rotate(images, angles, interpolation='bilinear', fill_mode='nearest')
    mask = 2 * round(augmentation.cutout * size / 2)
    if mask:
        offsets = tf.random.stateless_uniform([count, 2], offset_seed, 0, size, dtype=tf.int32)
        images = tfa.image.cutout(images, (mask, mask), offset=offsets, constant_values=0.5)
    return images
