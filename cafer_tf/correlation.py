"""Error and agreement of two variables, differentiable and from sufficient statistics.

The one owner of correlation and concordance in the graph: losses, the adaptive margin and the streaming metrics all go
through `Moments`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

_VARIANCE_FLOOR = {tf.float32: 1e-8, tf.float64: 1e-14}


def as_dtype(value: Any, dtype: tf.DType) -> tf.Tensor:
    """`value` as a tensor of `dtype`; Python numbers do not pass through float32 on the way, as in `tf.cast`."""
    return tf.cast(tf.convert_to_tensor(value, dtype_hint=dtype), dtype)


def at_least_float32(value: Any) -> tf.Tensor:
    """`value` as a tensor; float16 and bfloat16 become float32, in which statistics are taken."""
    tensor = tf.convert_to_tensor(value)
    return tf.cast(tensor, tf.float32) if tensor.dtype in (tf.float16, tf.bfloat16) else tensor


class Moments(NamedTuple):
    """Means, biased (ddof 0) variances and covariance of two variables; each of the variables' batch shape."""

    mean_x: tf.Tensor
    mean_y: tf.Tensor
    variance_x: tf.Tensor
    variance_y: tf.Tensor
    covariance: tf.Tensor


def weighted_mean(values: tf.Tensor, weights: Any | None = None) -> tf.Tensor:
    """Mean over the first axis of what counts; 0, with a zero gradient, where nothing does.

    Args:
        values: `[n, ...]`, float.
        weights: `[n]`, how much each row counts, not negative; all count alike where none are given.

    Returns:
        `[...]`, of the dtype of `values`.
    """
    if weights is None:
        rows = tf.cast(tf.shape(values)[0], values.dtype)
        return tf.math.divide_no_nan(tf.reduce_sum(values, axis=0), rows)
    weights = tf.cast(weights, values.dtype)
    return tf.math.divide_no_nan(tf.tensordot(weights, values, axes=1), tf.reduce_sum(weights))


def moments(x: Any, y: Any, weights: Any | None = None) -> Moments:
    """Moments of `x` and `y` over their first axis; all 0 where nothing counts.

    Args:
        x: `[n, ...]`, float32 or float64.
        y: the same shape and dtype.
        weights: `[n]`, as in `weighted_mean`.
    """
    mean_x, mean_y = weighted_mean(x, weights), weighted_mean(y, weights)
    deviation_x, deviation_y = x - mean_x, y - mean_y
    return Moments(
        mean_x,
        mean_y,
        weighted_mean(deviation_x**2, weights),
        weighted_mean(deviation_y**2, weights),
        weighted_mean(deviation_x * deviation_y, weights),
    )


def pearson(m: Moments) -> tf.Tensor:
    """Pearson correlation coefficient, in [-1, 1].

    `PCC = σ_xy / sqrt((σ_x² + ε)(σ_y² + ε))`; ε (1e-8 in float32, 1e-14 in float64) keeps value and gradient finite
    where a variable is constant, and makes the correlation 0 there.

    Args:
        m: of float32 or float64, any shape.

    Returns:
        The same shape and dtype.
    """
    floor = _VARIANCE_FLOOR[m.covariance.dtype]
    return m.covariance / tf.sqrt((m.variance_x + floor) * (m.variance_y + floor))


def concordance(m: Moments) -> tf.Tensor:
    """Lin's concordance correlation coefficient, in [-1, 1].

    `CCC = 2 σ_xy / (σ_x² + σ_y² + (μ_x - μ_y)² + ε)`, ε as in `pearson`.

    Args:
        m: of float32 or float64, any shape.

    Returns:
        The same shape and dtype; 0 where a variable is constant.

    Reference: L. I.-K. Lin, "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45 (1989).
    """
    floor = _VARIANCE_FLOOR[m.covariance.dtype]
    return 2 * m.covariance / (m.variance_x + m.variance_y + (m.mean_x - m.mean_y) ** 2 + floor)


def safe_sqrt(x: tf.Tensor) -> tf.Tensor:
    """Square root of `max(x, 0)` whose gradient is 0, not infinite, where `x` is 0.

    Args:
        x: any shape, float.

    Returns:
        The same shape and dtype, not negative; NaN stays NaN.
    """
    zero = x <= 0  # so that NaN is not mistaken for 0
    return tf.where(zero, tf.zeros_like(x), tf.sqrt(tf.where(zero, tf.ones_like(x), x)))
