"""What a network that finds faces says of each cell of its feature maps: the one owner of the numbers' order.

The cells of all maps, row by row and the finest map first, stand one after the other in a row of numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from cafer_tf import features
from cafer_tf.correlation import at_least_float32

OFFSETS = 4
"""Numbers that say where a box is: its centre's x and y, its width and its height."""
CELL_SIZE = 1 + OFFSETS + len(features.OUTPUTS)
"""Numbers of a cell."""


class Cells(NamedTuple):
    """What is said of the cells of n images.

    Attributes:
        faceness: `[n, cells]`, logits of whether a face is there.
        offsets: `[n, cells, 4]`, of the face's box from the cell's own.
        emotions: `[n, cells, 2]`, its valence and arousal.
    """

    faceness: tf.Tensor
    offsets: tf.Tensor
    emotions: tf.Tensor


def cells_of(outputs: Any) -> Cells:
    """The network's outputs by cells.

    Args:
        outputs: `[n, cells * 7]`; half precision becomes float32.

    Raises:
        ValueError: another shape.
    """
    outputs = at_least_float32(outputs)
    if outputs.shape.rank != 2 or (outputs.shape[1] or 0) % CELL_SIZE:
        raise ValueError(f'outputs must have shape [n, cells * {CELL_SIZE}]; theirs is {outputs.shape}')
    by_cell = tf.reshape(outputs, [-1, outputs.shape[1] // CELL_SIZE, CELL_SIZE])
    return Cells(by_cell[..., 0], by_cell[..., 1 : 1 + OFFSETS], by_cell[..., 1 + OFFSETS :])
