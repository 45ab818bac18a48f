"""The regression loss of the AV head: error plus lack of agreement."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

from cafer_tf import features
from cafer_tf.correlation import as_dtype, at_least_float32, concordance, moments, pearson, safe_sqrt

Ddof = Literal[0, 'published']


def agreement_terms(y_true: Any, y_pred: Any, ddof: Ddof = 0) -> dict[str, tf.Tensor]:
    """The three terms of the agreement loss.

    Args:
        y_true: `[n, 2]`, valence first, each in [-1, 1].
        y_pred: `[n, 2]`, float32 or float64; `y_true` is cast to its dtype.
        ddof: 0, or `published` for the moments of the authors' code: covariances with ddof 0 over variances with ddof
            1, so that a perfect prediction has a correlation of (n - 1) / n.

    Returns:
        `rmse`: RMSE of valence plus that of arousal; `pcc` and `ccc`: ½ (1 - mean over the two), each a scalar.

    Raises:
        ValueError: shapes that differ, or are not `[n, 2]`.
    """
    y_pred = at_least_float32(y_pred)
    y_true = as_dtype(y_true, y_pred.dtype)
    outputs = len(features.OUTPUTS)
    if y_pred.shape.rank != 2 or y_pred.shape[-1] != outputs or not y_pred.shape.is_compatible_with(y_true.shape):
        raise ValueError(
            f'y_true and y_pred must both have shape [n, {outputs}]; theirs are {y_true.shape} and {y_pred.shape}'
        )
    m = moments(y_true, y_pred)
    if ddof == 'published':
        count = tf.cast(tf.shape(y_pred)[0], y_pred.dtype)
        unbiased = count / tf.maximum(count - 1, 1)
        m = m._replace(variance_x=m.variance_x * unbiased, variance_y=m.variance_y * unbiased)
    return {
        'rmse': tf.reduce_sum(safe_sqrt(tf.reduce_mean((y_pred - y_true) ** 2, axis=0))),
        'pcc': 0.5 * (1 - tf.reduce_mean(pearson(m))),
        'ccc': 0.5 * (1 - tf.reduce_mean(concordance(m))),
    }


def agreement_loss(y_true: Any, y_pred: Any, ddof: Ddof = 0) -> tf.Tensor:
    """Root-mean-square error plus lack of correlation and concordance, over the batch.

    `L = RMSE_v + RMSE_a + ½ (1 - ½ (PCC_v + PCC_a)) + ½ (1 - ½ (CCC_v + CCC_a))`

    Perfect predictions and constant batches have a finite gradient: the square root's is 0
    at 0, and the correlations have a floor under their variances (see `cafer_tf.correlation`).

    Args:
        y_true: `[n, 2]`, valence first, each in [-1, 1].
        y_pred: `[n, 2]`, float32 or float64; `y_true` is cast to its dtype.
        ddof: 0, or `published` for the moments of the authors' code: covariances with ddof 0 over variances with ddof
            1, so that a perfect prediction has a correlation of (n - 1) / n.

    Returns:
        A scalar of the dtype of `y_pred`, at least 0.

    Raises:
        ValueError: shapes that differ, or are not `[n, 2]`.

    Example:
        >>> labels = tf.constant([[0.5, -0.5], [-0.5, 0.5]])
        >>> round(float(agreement_loss(labels, labels)), 4)
        0.0
        >>> round(float(agreement_loss(labels, -labels)), 4)
        4.0

    Reference: D. H. Kim and B. C. Song, AAAI 2021, the loss of the AV head. With the `published`
    moments of their code a perfect prediction does not reach 0; with ddof 0 it does.
    """
    return tf.add_n(list(agreement_terms(y_true, y_pred, ddof).values()))


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class AgreementLoss(tf.keras.losses.Loss):
    """`agreement_loss` as a Keras loss. It is a statistic of the whole batch, so it takes no sample weights.

    The batch is that of one replica: under a strategy `compile(loss=…)` adds the replicas' gradients up, so divide the
    rate of SGD by their number (steps of Adam do not depend on it). `Cafer` goes by the global batch.

    Args:
        name: of the loss.
    """

    def __init__(self, name: str = 'agreement_loss') -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `agreement_loss`."""
        return agreement_loss(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {'name': self.name}
