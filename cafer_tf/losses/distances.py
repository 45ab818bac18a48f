"""Distances between the embeddings of a batch, for the metric-learning losses."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

from cafer_tf.correlation import as_dtype, at_least_float32, safe_sqrt

Distance = Literal['l2', 'squared_l2', 'snr']

# Shares of an embedding's mean square, and absolute variances, below which a variance is rounding.
_RELATIVE_SIGNAL_FLOOR = {tf.float32: 1e-12, tf.float64: 1e-24}
_SIGNAL_FLOOR = {tf.float32: 1e-18, tf.float64: 1e-120}


def labelled(labels: Any, embeddings: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Class labels and embeddings of a batch as tensors.

    Args:
        labels: `[n]` or, as Keras hands them over, `[n, 1]` integers; equal ones are of one class.
        embeddings: `[n, d]` float; half precision becomes float32.

    Returns:
        Labels `[n]` int64 and embeddings `[n, d]`.

    Raises:
        ValueError: other shapes, labels that are no integers, or embeddings that are no floats.
    """
    labels, embeddings = tf.convert_to_tensor(labels), at_least_float32(embeddings)
    if not labels.dtype.is_integer:
        raise ValueError(f'labels must be integers, one a class; they are {labels.dtype.name}')
    if not embeddings.dtype.is_floating:
        raise ValueError(f'embeddings must be floats; they are {embeddings.dtype.name}')
    if embeddings.shape.rank not in (2, None):
        raise ValueError(f'embeddings must have shape [n, d]; theirs is {embeddings.shape}')
    rows = embeddings.shape[:1]
    if not any(labels.shape.is_compatible_with(rows + columns) for columns in ([], [1])):
        raise ValueError(f'labels must have one entry a row of embeddings {embeddings.shape}; theirs is {labels.shape}')
    return tf.reshape(tf.cast(labels, tf.int64), [-1]), embeddings


def in_classes(labels: tf.Tensor, classes: Any) -> tf.Tensor:
    """`labels`, once each is known to be a class number; others would count as no class at all.

    Args:
        labels: `[n]` integers.
        classes: how many classes there are.

    Raises:
        tf.errors.InvalidArgumentError: a label below 0 or not below `classes`.
    """
    classes = tf.cast(classes, labels.dtype)
    valid = tf.reduce_all((labels >= 0) & (labels < classes))
    message = 'labels must number the classes from 0; number of classes and labels:'
    with tf.control_dependencies([tf.debugging.Assert(valid, [message, classes, labels])]):
        return tf.identity(labels)


def scalar(value: Any, name: str, dtype: tf.DType) -> tf.Tensor:
    """A number or a tensor of one element, such as an adaptive margin, as a scalar of `dtype`.

    Raises:
        ValueError: several elements.
    """
    tensor = as_dtype(value, dtype)
    if tensor.shape.num_elements() not in (1, None):
        raise ValueError(f'{name} must be one number for the whole batch; its shape is {tensor.shape}')
    return tf.reshape(tensor, [])


def normalized(embeddings: tf.Tensor) -> tf.Tensor:
    """Embeddings `[n, d]` of unit length; a row of zeros stays one, with a zero gradient."""
    return tf.math.divide_no_nan(embeddings, safe_sqrt(tf.reduce_sum(embeddings**2, axis=-1, keepdims=True)))


def pairwise_distances(embeddings: tf.Tensor, distance: Distance = 'l2') -> tf.Tensor:
    """Distances of all pairs of rows, taken of their differences, so that equal rows are exactly 0 apart.

    `l2` is `||h_i - h_j||`, `squared_l2` its square, and `snr` the inverse of a signal-to-noise ratio with row i as
    signal, `S(i, j) = Var(h_i - h_j) / Var(h_i)`, the variances over the entries of a row. It is 0, with a zero
    gradient, where row i is constant and so holds no signal. Memory grows as `n² d`.

    Args:
        embeddings: `[n, d]`, float32 or float64, as they are: `normalized` makes them of unit length.
        distance: `l2`, `squared_l2` or `snr`.

    Returns:
        `[n, n]` of the dtype given, not negative. The gradient of `l2` is 0 where two rows are equal.

    Raises:
        ValueError: an unknown distance.

    Example:
        >>> embeddings = tf.constant([[0.0, 1.0], [3.0, 5.0]])  # Var(h_0) = ¼, Var(h_1) = 1, Var(h_1 - h_0) = ¼
        >>> float(pairwise_distances(embeddings)[0, 1])
        5.0
        >>> pairwise_distances(embeddings, 'snr').numpy()
        array([[0.  , 1.  ],
               [0.25, 0.  ]], dtype=float32)

    Reference: T. Yuan et al., "Signal-to-Noise Ratio: A Robust Distance Metric for Deep Metric Learning", CVPR 2019.
    """
    if distance == 'l2':
        return safe_sqrt(_squared_differences(embeddings))
    if distance == 'squared_l2':
        return _squared_differences(embeddings)
    if distance != 'snr':
        raise ValueError(f'distance must be l2, squared_l2 or snr; it is {distance!r}')
    centred = embeddings - tf.reduce_mean(embeddings, axis=-1, keepdims=True)
    energy = tf.reduce_sum(embeddings**2, axis=-1, keepdims=True)
    signal = tf.reduce_sum(centred**2, axis=-1, keepdims=True)
    floor = tf.maximum(_RELATIVE_SIGNAL_FLOOR[embeddings.dtype] * energy, _SIGNAL_FLOOR[embeddings.dtype])
    signal = tf.where(signal <= floor, tf.zeros_like(signal), signal)
    return tf.math.divide_no_nan(_squared_differences(centred), signal)


def _squared_differences(embeddings: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.math.squared_difference(embeddings[:, tf.newaxis], embeddings), axis=-1)
