"""From the last feature map to features: all of it, a grid of averages, or one average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

GRID = 6
"""Side of the grid of `pooling='grid'`, in cells: AlexNet's feature map of 224 pixels."""
POOLINGS = ('global', 'grid', 'flatten')


def pool(feature_map: tf.Tensor, pooling: str) -> tf.Tensor:
    """Features `[n, d]` of a feature map `[n, h, w, c]`.

    Args:
        feature_map: symbolic, with known h, w and c.
        pooling: `grid` averages to 6 x 6 cells, d = 36 c, a map of 6 x 6 staying as it is; `global` averages to one,
            d = c; `flatten` keeps every cell, d = h w c.
    """
    if pooling == 'global':
        return tf.keras.layers.GlobalAveragePooling2D(name='pool')(feature_map)
    if pooling == 'grid' and feature_map.shape[1:3] != [GRID, GRID]:
        feature_map = GridAveragePooling(name='pool')(feature_map)
    return tf.keras.layers.Flatten(name='flatten')(feature_map)


def cells_and_channels(layers: Sequence[tf.keras.layers.Layer]) -> tuple[int, int] | None:
    """Cells and channels of the map that features come from: the features are cell after cell, each all its channels.

    Args:
        layers: one after another, up to the features.

    Returns:
        `(h w, c)` of a map that is flattened last, `(1, d)` of averages and of a dense layer's units; None where the
        layers have none of these.

    >>> inputs = tf.keras.Input([3, 3, 512])
    >>> cells_and_channels(tf.keras.Model(inputs, pool(inputs, 'flatten')).layers)
    (9, 512)
    """
    for layer in reversed(layers):
        if isinstance(layer, tf.keras.layers.Flatten):
            *cells, channels = layer.input_shape[1:]
            return math.prod(cells), channels
        if isinstance(layer, (tf.keras.layers.GlobalAveragePooling2D, tf.keras.layers.Dense)):
            return 1, layer.output_shape[-1]
    return None


def cell_weights(size: int, cells: int = GRID) -> np.ndarray:
    """The weight of each position in the average of each cell, `[cells, size]`, float32.

    Cell i averages the positions from floor(i · size / cells) up to, and without, ceil((i + 1) · size / cells); where
    `cells` does not divide `size`, neighbouring cells share positions. These are the bins of PyTorch's adaptive average
    pooling.

    >>> cell_weights(3, cells=2)
    array([[0.5, 0.5, 0. ],
           [0. , 0.5, 0.5]], dtype=float32)
    """
    positions = np.arange(size)
    cell = np.arange(cells)[:, np.newaxis]
    inside = (positions >= cell * size // cells) & (positions < -(-(cell + 1) * size // cells))
    return (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class GridAveragePooling(tf.keras.layers.Layer):
    """Averages `[n, h, w, c]` to `[n, 6, 6, c]`, by the bins of `cell_weights`, for any h and w."""

    def build(self, input_shape: Any) -> None:
        """Computes the weights of rows and columns, which are constants."""
        _, height, width, _ = input_shape
        self._rows, self._columns = cell_weights(height), cell_weights(width)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The cells' averages, in the dtype of the inputs."""
        rows, columns = (tf.cast(weights, inputs.dtype) for weights in (self._rows, self._columns))
        return tf.einsum('nhwc,ih,jw->nijc', inputs, rows, columns)
