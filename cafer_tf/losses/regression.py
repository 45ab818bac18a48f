"""The losses of valence and arousal by name, each a sum of terms."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

from cafer_tf.losses.agreement import Ddof, agreement_terms

LossName = Literal['agreement', 'mse', 'mse_agreement', 'ccc']
TERMS: dict[str, tuple[str, ...]] = {
    'agreement': ('rmse', 'pcc', 'ccc'),
    'mse': ('mse',),
    'mse_agreement': ('mse', 'pcc', 'ccc'),
    'ccc': ('ccc',),
}
"""What each loss is the sum of."""


def regression_loss_terms(
    y_true: Any, y_pred: Any, loss: LossName = 'agreement', ddof: Ddof = 0
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
    _require_known(loss)
    every = agreement_terms(y_true, y_pred, ddof)
    errors = tf.cast(y_true, every['rmse'].dtype) - tf.cast(y_pred, every['rmse'].dtype)
    every['mse'] = tf.reduce_sum(tf.reduce_mean(errors**2, axis=0))
    return {name: every[name] for name in TERMS[loss]}


def regression_loss(y_true: Any, y_pred: Any, loss: LossName = 'agreement', ddof: Ddof = 0) -> tf.Tensor:
    """A loss of valence and arousal: the sum of its `regression_loss_terms`.

    `mse` is `MSE_v + MSE_a`, `ccc` is `½ (1 - ½ (CCC_v + CCC_a))`, `agreement` is `agreement_loss`, and `mse_agreement`
    is that with `MSE_v + MSE_a` in the place of `RMSE_v + RMSE_a`.

    Args:
        y_true: `[n, 2]`, valence first, each in [-1, 1].
        y_pred: `[n, 2]`; half precision becomes float32, and `y_true` is cast to its dtype.
        loss: a name of `TERMS`.
        ddof: as in `regression_loss_terms`.

    Returns:
        A scalar of the dtype of `y_pred`, at least 0.

    Raises:
        ValueError: an unknown loss, or shapes that differ or are not `[n, 2]`.

    Example:
        >>> labels = tf.constant([[0.5, -0.5], [-0.5, 0.5]])
        >>> float(regression_loss(labels, 0 * labels, 'mse_agreement'))  # ¼ + ¼ + ½ + ½
        1.5
    """
    return tf.add_n(list(regression_loss_terms(y_true, y_pred, loss, ddof).values()))


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class RegressionLoss(tf.keras.losses.Loss):
    """`regression_loss` as a Keras loss, of the batch and without sample weights, as `AgreementLoss`.

    Args:
        loss: as in `regression_loss`.
        ddof: likewise.
        name: of the loss.

    Raises:
        ValueError: an unknown loss.
    """

    def __init__(self, loss: LossName = 'agreement', ddof: Ddof = 0, name: str = 'regression_loss') -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)
        _require_known(loss)
        self.loss = loss
        self.ddof = ddof

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `regression_loss`."""
        return regression_loss(y_true, y_pred, self.loss, self.ddof)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {'loss': self.loss, 'ddof': self.ddof, 'name': self.name}


def _require_known(loss: str) -> None:
    if loss not in TERMS:
        raise ValueError(f'unknown loss {loss!r}; known: {", ".join(TERMS)}')
