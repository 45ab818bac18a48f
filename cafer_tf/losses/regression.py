"""The losses of valence and arousal by name, each a sum of terms."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

from cafer_tf.losses.agreement import Ddof, agreement_terms

RegressionLoss = Literal['agreement', 'mse', 'mse_agreement', 'ccc']
TERMS: dict[str, tuple[str, ...]] = {
    'agreement': ('rmse', 'pcc', 'ccc'),
    'mse': ('mse',),
    'mse_agreement': ('mse', 'pcc', 'ccc'),
    'ccc': ('ccc',),
}
"""What each loss is the sum of."""


def regression_loss_terms(
    y_true: Any, y_pred: Any, loss: RegressionLoss = 'agreement', ddof: Ddof = 0
) -> dict[str, tf.Tensor]:
    """The terms of a loss.

    Args:
        y_true: `[n, 2]`, valence first, each in [-1, 1].
        y_pred: `[n, 2]`, float32 or float64; `y_true` is cast to its dtype.
        loss: a name of `TERMS`.
        ddof: of the moments in `pcc` and `ccc`, see `agreement_terms`.

    Returns:
        Scalars: of `mse`, the mean squared error of valence plus that of arousal; of `rmse`, `pcc` and `ccc`, as
        `agreement_terms` gives them.

    Raises:
        ValueError: an unknown loss, or shapes that differ or are not `[n, 2]`.

    Example:
        >>> labels = tf.constant([[0.5, -0.5], [-0.5, 0.5]])
        >>> {name: float(term) for name, term in regression_loss_terms(labels, 0 * labels, 'mse').items()}
        {'mse': 0.5}
    """
    if loss not in TERMS:
        raise ValueError(f'unknown loss {loss!r}; known: {", ".join(TERMS)}')
    every = agreement_terms(y_true, y_pred, ddof)
    errors = tf.cast(y_true, every['rmse'].dtype) - tf.cast(y_pred, every['rmse'].dtype)
    every['mse'] = tf.reduce_sum(tf.reduce_mean(errors**2, axis=0))
    return {name: every[name] for name in TERMS[loss]}
