"""What a network that finds faces learns from the place of the one face of each image.

Boxes are squares `[n, 3]`: x and y of the middle and the side, as fractions of the image's side. Every cell has a box
of its own, `default_boxes` `[cells, 3]`; outputs `[n, cells * 7]` are those of `cafer_tf.cells`.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.cells import cells_of
from cafer_tf.correlation import as_dtype, weighted_mean

_LEAST_OVERLAP = 0.5
_NEGATIVES = 3
"""Cells without the face that count, for each that has it."""
_CENTRE_VARIANCE, _SIDE_VARIANCE = 0.1, 0.2


def face_matches(boxes: Any, default_boxes: Any) -> tf.Tensor:
    """Which cells show the face.

    Those with `J > ½`, where J is the area that the cell's own box and the face's have in common, as a share of the
    area of both together; and, whatever its J, the cell with the largest.

    Args:
        boxes: `[n, 3]`, of the faces.
        default_boxes: `[cells, 3]`.

    Returns:
        `[n, cells]`, 1 or 0, of the dtype of `boxes`; at least one 1 in each row.

    Raises:
        ValueError: other shapes.

    Example:
        >>> face_matches(tf.constant([[0.5, 0.5, 0.9]]), [[0.25, 0.5, 0.5], [0.5, 0.5, 1.0], [0.5, 0.5, 0.7]]).numpy()
        array([[0., 1., 1.]], dtype=float32)

    Reference: W. Liu et al., "SSD: Single shot multibox detector", ECCV 2016, section 2.2.
    """
    boxes = tf.convert_to_tensor(boxes)
    default_boxes = as_dtype(default_boxes, boxes.dtype)
    _require_squares(boxes, default_boxes)
    overlap = _jaccard(boxes[:, tf.newaxis], default_boxes)
    best = tf.one_hot(tf.argmax(overlap, axis=1), tf.shape(default_boxes)[0], dtype=boxes.dtype)
    return tf.maximum(tf.cast(overlap > _LEAST_OVERLAP, boxes.dtype), best)


def detection_terms(outputs: Any, boxes: Any, default_boxes: Any) -> dict[str, tf.Tensor]:
    """What it costs to find the face, and to read other things of it in other cells.

    With M the cells that show an image's face (`face_matches`), N the `3 |M|` others that are most surely wrong, z the
    logits and σ the sigmoid, d the offsets and d* those of the face's box, h the smooth L1 norm, `½ e²` up to `|e| = 1`
    and `|e| - ½` beyond, and y valence and arousal, whose mean over M is ȳ,

    - `faceness_loss = mean 1/|M| (Σ_M -log σ(z) + Σ_N -log(1 - σ(z)))`,
    - `box_loss = mean 1/|M| Σ_M Σ_k h(d_k - d*_k)`, and
    - `spread_loss = mean 1/|M| Σ_M ‖y - ȳ‖²`,

    each a mean over the images. SSD divides likewise, and has a softmax over classes in place of the sigmoid. The
    spread is ours: a loss of ȳ (`read_at_face`) alone would leave the cells free to differ, of which prediction reads
    one. Squared errors of ȳ and the spread together are those of the single cells.

    Args:
        outputs: `[n, cells * 7]`; half precision counts as float32.
        boxes: `[n, 3]`, of the faces.
        default_boxes: `[cells, 3]`.

    Returns:
        The three by name, scalars of the outputs' dtype, at least 0.

    Raises:
        ValueError: shapes that do not fit.

    Reference: W. Liu et al., "SSD: Single shot multibox detector", ECCV 2016, equations 1 to 3 and section 2.2.
    """
    cells = cells_of(outputs)
    boxes, default_boxes = (as_dtype(value, cells.faceness.dtype) for value in (boxes, default_boxes))
    if not default_boxes.shape.is_compatible_with([cells.faceness.shape[1], 3]):
        raise ValueError(
            f'default_boxes must have shape [{cells.faceness.shape[1]}, 3] for these outputs; theirs is '
            f'{default_boxes.shape}'
        )
    matches = face_matches(boxes, default_boxes)
    count = tf.reduce_sum(matches, axis=1)
    costs = tf.nn.sigmoid_cross_entropy_with_logits(labels=matches, logits=cells.faceness)
    counted = tf.maximum(matches, _hardest(costs, matches))
    errors = tf.abs(cells.offsets - box_offsets(boxes, default_boxes))
    smooth = tf.reduce_sum(tf.where(errors < 1, errors**2 / 2, errors - 0.5), axis=2)
    distances = tf.reduce_sum((cells.emotions - read_at_face(outputs, matches)[:, tf.newaxis]) ** 2, axis=2)
    return {
        'faceness_loss': weighted_mean(tf.reduce_sum(counted * costs, axis=1) / count),
        'box_loss': weighted_mean(tf.reduce_sum(matches * smooth, axis=1) / count),
        'spread_loss': weighted_mean(tf.reduce_sum(matches * distances, axis=1) / count),
    }


def read_at_face(outputs: Any, matches: tf.Tensor) -> tf.Tensor:
    """Valence and arousal where the face is known to be: the mean over the cells that show it.

    Args:
        outputs: `[n, cells * 7]`; half precision becomes float32.
        matches: `[n, cells]`, from `face_matches`.

    Returns:
        `[n, 2]`, valence first.
    """
    emotions = cells_of(outputs).emotions
    matches = tf.cast(matches, emotions.dtype)[..., tf.newaxis]
    return tf.reduce_sum(matches * emotions, axis=1) / tf.reduce_sum(matches, axis=1)


def box_offsets(boxes: tf.Tensor, default_boxes: tf.Tensor) -> tf.Tensor:
    """Where faces are, as seen from each cell: what its offsets should be.

    Of a face at (x, y) with side s, and a cell with a box at (x', y') with side s', `(x - x') / (.1 s')`,
    `(y - y') / (.1 s')` and, both as width and as height, `log(s / s') / .2`.

    Args:
        boxes: `[n, 3]`, of the faces; sides above 0.
        default_boxes: `[cells, 3]`, of the same dtype.

    Returns:
        `[n, cells, 4]`.

    Raises:
        ValueError: other shapes.

    Example:
        >>> box_offsets(tf.constant([[0.5, 0.25, 0.5]]), tf.constant([[0.25, 0.25, 0.5]])).numpy()
        array([[[5., 0., 0., 0.]]], dtype=float32)

    Reference: W. Liu et al., "SSD: Single shot multibox detector", ECCV 2016, equation 2; the two factors, which it
    does not print, are those of its code.
    """
    _require_squares(boxes, default_boxes)
    boxes = boxes[:, tf.newaxis]
    centres = (boxes[..., :2] - default_boxes[:, :2]) / (_CENTRE_VARIANCE * default_boxes[:, 2:])
    sides = tf.math.log(boxes[..., 2:] / default_boxes[:, 2:]) / _SIDE_VARIANCE
    return tf.concat([centres, sides, sides], axis=-1)


def _require_squares(boxes: tf.Tensor, default_boxes: tf.Tensor) -> None:
    squares = [None, 3]
    if not (boxes.shape.is_compatible_with(squares) and default_boxes.shape.is_compatible_with(squares)):
        raise ValueError(
            f'boxes and default_boxes must have shapes [n, 3] and [cells, 3]; theirs are {boxes.shape} and '
            f'{default_boxes.shape}'
        )


def _jaccard(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Of squares `[..., 3]` with others; the shapes before the last axis broadcast."""

    def ends(squares: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return squares[..., :2] - squares[..., 2:] / 2, squares[..., :2] + squares[..., 2:] / 2

    (starts, stops), (other_starts, other_stops) = ends(boxes), ends(others)
    common = tf.nn.relu(tf.minimum(stops, other_stops) - tf.maximum(starts, other_starts))
    common = tf.reduce_prod(common, axis=-1)
    return common / (boxes[..., 2] ** 2 + others[..., 2] ** 2 - common)


def _hardest(costs: tf.Tensor, matches: tf.Tensor) -> tf.Tensor:
    """1 for the cells without the face that cost most, three for each that shows it, `[n, cells]`; no gradient."""
    costs = tf.stop_gradient(tf.where(matches > 0, -tf.ones_like(costs), costs))
    order = tf.argsort(costs, axis=1, direction='DESCENDING', stable=True)
    rank = tf.cast(tf.argsort(order, axis=1), costs.dtype)
    hard = (rank < _NEGATIVES * tf.reduce_sum(matches, axis=1, keepdims=True)) & (matches == 0)
    return tf.cast(hard, costs.dtype)
