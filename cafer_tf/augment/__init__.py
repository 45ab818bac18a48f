"""Random changes of training images, reproducible from explicit seeds.

Every image has random numbers of its own (`draw`), which say what happens to it (`choose`); a whole batch is then
changed at once (`augment`). How the images are cut into batches changes nothing.
"""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.augment.changes import Changes, choose, draw
from cafer_tf.augment.colours import LEVELS, blank, recolour, surround
from cafer_tf.augment.geometry import crop, face_boxes, turn
from cafer_tf.config import AugmentationConfig, InputConfig

__all__ = ['Changes', 'augment', 'blank', 'choose', 'crop', 'draw', 'face_boxes', 'recolour', 'surround', 'turn']


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
        images = images / LEVELS
    if expands:
        images = surround(images, changes)
    hole = 2 * round(augmentation.cutout * size / 2)
    return blank(images, hole, changes.hole) if hole else images
