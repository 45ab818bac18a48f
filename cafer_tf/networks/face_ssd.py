"""The encoder that finds the face itself: VGG16 as a single-shot detector, which regresses in every cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from cafer_tf.cells import CELL_SIZE
from cafer_tf.networks.vgg16 import vgg_block

_VGG = ((64, 2), (128, 2), (256, 3), (512, 3))  # filters and convolutions of a block
_EXTRA = ((256, 512, 2), (128, 256, 2), (128, 256, 1), (128, 256, 1))  # filters of 1 x 1 and of 3 x 3, stride
_KERNEL = 3
_SIDES = (30, 60, 114, 168, 222, 276)
"""Sides of the cells' own boxes, a map each, in pixels of an image of `_PUBLISHED` pixels."""
_PUBLISHED = 300
_STRIDES = (8, 16, 32, 64)
"""Pixels of the image from a cell to the next, in the maps that are made by halving."""
_INITIAL_SCALE = 20.0


def face_ssd(x: tf.Tensor) -> tf.Tensor:
    """SSD300 on VGG16 with a box a cell, 23,121,386 parameters; 7 numbers for each of the 1,940 cells of 300 pixels.

    VGG16 up to its fourth block (map 1, normalised), its fifth and two convolutions in place of its dense layers (map
    2), and four pairs of convolutions, 1 x 1 and 3 x 3 (maps 3 to 6). A 3 x 3 convolution of each map says of every
    cell whether there is a face, where its box is, and its valence and arousal (see `cafer_tf.cells`).

    The layout is SSD's; that Face-SSD builds on it, for images of 300 pixels, is Jang et al.'s. Ours is that both
    branches share all but the last convolution, which starts near 0, as the AV head does; and that the last two maps
    keep the size of the one before where that is less than 3 x 3, which it never is at 300 pixels.

    Args:
        x: normalised images `[n, size, size, 3]`, of at least 64 pixels.

    Returns:
        `[n, cells * 7]`, float32 under every precision policy; of cells in the order of `default_boxes`.

    Reference: W. Liu et al., "SSD: Single shot multibox detector", ECCV 2016; Y. Jang, H. Gunes and I. Patras,
    "Registration-free Face-SSD: Single shot analysis of smiles, facial attributes, and affect in the wild", CVIU 182
    (2019).
    """
    layers = tf.keras.layers
    for number, (filters, convolutions) in enumerate(_VGG, start=1):
        if number > 1:
            x = layers.MaxPooling2D(2, padding='same', name=f'pool{number - 1}')(x)
        x = vgg_block(x, filters, convolutions, f'conv{number}')
    maps = [ScaledUnitNormalization(name='map1_norm', dtype='float32')(x)]
    x = layers.MaxPooling2D(2, padding='same', name='pool4')(x)
    x = vgg_block(x, 512, 3, 'conv5')
    x = layers.MaxPooling2D(3, 1, padding='same', name='pool5')(x)
    x = _convolution(x, 1024, 3, 'conv6', padding='same', dilation_rate=6)
    maps.append(_convolution(x, 1024, 1, 'conv7'))
    for number, (narrow, wide, stride) in enumerate(_EXTRA, start=8):
        x = _convolution(maps[-1], narrow, 1, f'conv{number}_1')
        if stride > 1:
            # Explicit padding, because Keras' 'same' pads strided convolutions unevenly.
            x = layers.ZeroPadding2D(1, name=f'conv{number}_pad')(x)
        padding = 'same' if x.shape[1] < _KERNEL else 'valid'
        maps.append(_convolution(x, wide, _KERNEL, f'conv{number}_2', strides=stride, padding=padding))
    cells = [_cells(feature_map, f'map{number}') for number, feature_map in enumerate(maps, start=1)]
    cells = layers.Concatenate(axis=1, dtype='float32', name='cells')(cells)
    return layers.Flatten(dtype='float32', name='flatten')(cells)


def map_sides(image_size: int) -> tuple[int, ...]:
    """The cells along a side of each of the six maps.

    Args:
        image_size: side of the input, in pixels.

    >>> map_sides(300), map_sides(64)
    ((38, 19, 10, 5, 3, 1), (8, 4, 2, 1, 1, 1))
    """
    sides = [-(-image_size // stride) for stride in _STRIDES]
    for _ in range(len(_SIDES) - len(_STRIDES)):
        sides.append(sides[-1] - _KERNEL + 1 if sides[-1] >= _KERNEL else sides[-1])
    return tuple(sides)


def default_boxes(image_size: int) -> np.ndarray:
    """Each cell's own box, a square about its middle, from which the face's is told.

    Args:
        image_size: side of the input, in pixels.

    Returns:
        `[cells, 3]` float32: x and y of the middle and the side, as fractions of the image's side.

    >>> default_boxes(64)[[0, 1, -1]]
    array([[0.0625, 0.0625, 0.1   ],
           [0.1875, 0.0625, 0.1   ],
           [0.5   , 0.5   , 0.92  ]], dtype=float32)
    """
    boxes = []
    for cells, side in zip(map_sides(image_size), _SIDES, strict=True):
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing='ij')
        boxes.append(np.stack([x, y, np.full_like(x, side / _PUBLISHED)], axis=-1).reshape(-1, 3))
    return np.concatenate(boxes).astype(np.float32)


def _convolution(x: tf.Tensor, filters: int, kernel: int, name: str, **kwargs: Any) -> tf.Tensor:
    return tf.keras.layers.Conv2D(
        filters, kernel, activation='relu', kernel_initializer='he_normal', name=name, **kwargs
    )(x)


def _cells(feature_map: tf.Tensor, name: str) -> tf.Tensor:
    """What a map says of its cells, `[n, cells, 7]`."""
    initializer = tf.keras.initializers.VarianceScaling(0.01, 'fan_avg', 'uniform')
    x = tf.keras.layers.Conv2D(
        CELL_SIZE, _KERNEL, padding='same', kernel_initializer=initializer, dtype='float32', name=f'{name}_outputs'
    )(feature_map)
    return tf.keras.layers.Reshape([-1, CELL_SIZE], dtype='float32', name=f'{name}_cells')(x)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class ScaledUnitNormalization(tf.keras.layers.Layer):
    """Channels of unit length, times a trainable scale each: `s x / ||x||`, s = 20 at first.

    It brings a map of an early layer, whose values are larger, to the range of the later ones.

    Reference: W. Liu, A. Rabinovich and A. C. Berg, "ParseNet: Looking wider to see better", arXiv 1506.04579 (2015).
    """

    def build(self, input_shape: Any) -> None:
        """Makes the scale, `[channels]`."""
        self.scale = self.add_weight(
            'scale', shape=[input_shape[-1]], initializer=tf.keras.initializers.Constant(_INITIAL_SCALE)
        )
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The scaled channels; where all of them are 0 they stay so, with a finite gradient."""
        return self.scale * tf.math.l2_normalize(inputs, axis=-1, epsilon=1e-6)
