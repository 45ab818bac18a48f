"""Streaming RMSE, PCC, CCC and SAGR, pooled over all examples seen.

Each keeps sums that add up over batches, shards and replicas, in float64, so that the result does not depend on how the
examples were divided. (A mean of per-batch correlations would.)
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf import features
from cafer_tf.correlation import Moments, as_dtype, concordance, pearson, safe_sqrt
from cafer_tf.metrics.transient import Transient

MEAN = 'mean'
"""The `output` that averages the metric over valence and arousal."""


class _AgreementMetric(Transient, tf.keras.metrics.Metric):
    """Sums over the examples, for valence and arousal side by side.

    Args:
        output: `valence`, `arousal`, or `mean` for the mean of the two.
        name: by default `<output>_<suffix>`, or the suffix alone for the mean.
        dtype: of the result.

    Raises:
        ValueError: another output.
    """

    suffix = ''

    def __init__(self, output: str = MEAN, name: str | None = None, dtype: Any = None) -> None:
        if output not in (*features.OUTPUTS, MEAN):
            raise ValueError(f'output must be valence, arousal or mean; it is {output!r}')
        super().__init__(name=name or (self.suffix if output == MEAN else f'{output}_{self.suffix}'), dtype=dtype)
        self.output_name = output
        self.weight = self.add_weight('weight', initializer='zeros', dtype=tf.float64)

    def _add_sum(self, name: str) -> tf.Variable:
        return self.add_weight(name, shape=[len(features.OUTPUTS)], initializer='zeros', dtype=tf.float64)

    def _update(self, y_true: tf.Tensor, y_pred: tf.Tensor, weights: tf.Tensor) -> None:
        raise NotImplementedError

    def _values(self) -> tf.Tensor:
        """`[2]`: the metric of valence and that of arousal."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> None:
        """Adds a batch.

        Args:
            y_true: `[n, 2]`, valence first.
            y_pred: `[n, 2]`.
            sample_weight: `[n]` or `[n, 1]`; all count alike where none is given.
        """
        y_true, y_pred = as_dtype(y_true, tf.float64), as_dtype(y_pred, tf.float64)
        if sample_weight is None:
            weights = tf.ones_like(y_true[:, :1])
        else:
            weights = tf.reshape(tf.cast(sample_weight, tf.float64), [-1, 1])
        self.weight.assign_add(tf.reduce_sum(weights))
        self._update(y_true, y_pred, weights)

    def result(self) -> tf.Tensor:
        """The metric so far; 0 before the first example."""
        values = self._values()
        value = tf.reduce_mean(values) if self.output_name == MEAN else values[features.OUTPUTS.index(self.output_name)]
        return tf.cast(value, self._dtype)

    def reset_state(self) -> None:
        """Forgets all examples."""
        for variable in self.variables:
            variable.assign(tf.zeros_like(variable))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), 'output': self.output_name}


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class RootMeanSquaredError(_AgreementMetric):
    """`RMSE = sqrt(mean (ŷ - y)²)`, in units of the label.

    Args:
        output: `valence`, `arousal`, or `mean` for the mean of the two.
        name: by default `<output>_<suffix>`, or the suffix alone for the mean.
        dtype: of the result.

    Raises:
        ValueError: another output.
    """

    suffix = 'rmse'

    def __init__(self, output: str = MEAN, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(output, name, dtype)
        self.squares = self._add_sum('squares')

    def _update(self, y_true: tf.Tensor, y_pred: tf.Tensor, weights: tf.Tensor) -> None:
        self.squares.assign_add(tf.reduce_sum(weights * (y_pred - y_true) ** 2, axis=0))

    def _values(self) -> tf.Tensor:
        return safe_sqrt(tf.math.divide_no_nan(self.squares, self.weight))


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class SignAgreement(_AgreementMetric):
    """`SAGR = mean [sign ŷ = sign y]`, in [0, 1]; zero is a sign of its own.

    Args:
        output: `valence`, `arousal`, or `mean` for the mean of the two.
        name: by default `<output>_<suffix>`, or the suffix alone for the mean.
        dtype: of the result.

    Raises:
        ValueError: another output.
    """

    suffix = 'sagr'

    def __init__(self, output: str = MEAN, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(output, name, dtype)
        self.agreements = self._add_sum('agreements')

    def _update(self, y_true: tf.Tensor, y_pred: tf.Tensor, weights: tf.Tensor) -> None:
        same = tf.cast(tf.equal(tf.sign(y_true), tf.sign(y_pred)), tf.float64)
        self.agreements.assign_add(tf.reduce_sum(weights * same, axis=0))

    def _values(self) -> tf.Tensor:
        return tf.math.divide_no_nan(self.agreements, self.weight)


class _CorrelationMetric(_AgreementMetric):
    """Sums of both variables, of their squares and of their product."""

    def __init__(self, output: str = MEAN, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(output, name, dtype)
        self.sum_x, self.sum_y, self.sum_xx, self.sum_yy, self.sum_xy = (
            self._add_sum(name) for name in ('sum_x', 'sum_y', 'sum_xx', 'sum_yy', 'sum_xy')
        )

    def _update(self, y_true: tf.Tensor, y_pred: tf.Tensor, weights: tf.Tensor) -> None:
        for total, values in (
            (self.sum_x, y_true),
            (self.sum_y, y_pred),
            (self.sum_xx, y_true**2),
            (self.sum_yy, y_pred**2),
            (self.sum_xy, y_true * y_pred),
        ):
            total.assign_add(tf.reduce_sum(weights * values, axis=0))

    def _moments(self) -> Moments:
        mean_x, mean_y, square_x, square_y, product = (
            tf.math.divide_no_nan(total, self.weight)
            for total in (self.sum_x, self.sum_y, self.sum_xx, self.sum_yy, self.sum_xy)
        )
        return Moments(
            mean_x,
            mean_y,
            tf.maximum(square_x - mean_x**2, 0.0),
            tf.maximum(square_y - mean_y**2, 0.0),
            product - mean_x * mean_y,
        )


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class PearsonCorrelation(_CorrelationMetric):
    """Pearson correlation coefficient, in [-1, 1]; 0 where a variable is constant.

    Args:
        output: `valence`, `arousal`, or `mean` for the mean of the two.
        name: by default `<output>_<suffix>`, or the suffix alone for the mean.
        dtype: of the result.

    Raises:
        ValueError: another output.
    """

    suffix = 'pcc'

    def _values(self) -> tf.Tensor:
        return pearson(self._moments())


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class ConcordanceCorrelation(_CorrelationMetric):
    """Lin's concordance correlation coefficient, `2 σ_xy / (σ_x² + σ_y² + (μ_x - μ_y)²)`, in [-1, 1].

    Args:
        output: `valence`, `arousal`, or `mean` for the mean of the two.
        name: by default `<output>_<suffix>`, or the suffix alone for the mean.
        dtype: of the result.

    Raises:
        ValueError: another output.
    """

    suffix = 'ccc'

    def _values(self) -> tf.Tensor:
        return concordance(self._moments())


_KINDS = (RootMeanSquaredError, PearsonCorrelation, ConcordanceCorrelation, SignAgreement)


def agreement_metrics() -> list[tf.keras.metrics.Metric]:
    """The mean CCC, then RMSE, PCC, CCC and SAGR of valence and of arousal."""
    return [ConcordanceCorrelation(), *(kind(output) for output in features.OUTPUTS for kind in _KINDS)]


def agreement_scores(labels: Any, predictions: Any) -> dict[str, dict[str, float]]:
    """RMSE, PCC, CCC and SAGR of a whole evaluation set.

    Args:
        labels: `[n, 2]`, valence first.
        predictions: `[n, 2]`.

    Returns:
        `{'valence': {'rmse', 'pcc', 'ccc', 'sagr'}, 'arousal': {…}}`.

    Example:
        >>> agreement_scores([[0.5, -0.5], [-0.5, 0.5]], [[0.5, 0.5], [-0.5, -0.5]])['arousal']['pcc']
        -1.0
    """
    scores: dict[str, dict[str, float]] = {}
    for output in features.OUTPUTS:
        metrics = [kind(output) for kind in _KINDS]
        for metric in metrics:
            metric.update_state(labels, predictions)
        scores[output] = {metric.suffix: float(metric.result()) for metric in metrics}
    return scores
