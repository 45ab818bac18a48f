"""RMSE, PCC, CCC and SAGR as metrics of TensorFlow Model Analysis, pooled over each slice.

All four come from one sufficient statistic in float64: the count, both means, the centred second moments, and two sums.
Statistics merge exactly in the algebraic sense and without cancellation, so that neither batches nor bundles nor the
number of workers change a figure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types, metric_util

_STATISTIC = '_agreement_statistic'  # TFMA keeps metrics whose name starts with an underscore to itself
_TINY = 1e-20
"""A variance below this is rounding: float32 values near 1 that differ at all have one above 1e-17."""


@dataclasses.dataclass(frozen=True)
class AgreementStatistic:
    """What the four metrics need to know of `n` pairs of a label `y` and a prediction `p`.

    Attributes:
        count: `n`.
        mean_y, mean_p: the means.
        square_y, square_p: `Σ (y - mean_y)²` and `Σ (p - mean_p)²`.
        product: `Σ (y - mean_y) (p - mean_p)`.
        error: `Σ (y - p)²`.
        agreements: how often both have the same sign; zero is a sign of its own.
    """

    count: float = 0.0
    mean_y: float = 0.0
    mean_p: float = 0.0
    square_y: float = 0.0
    square_p: float = 0.0
    product: float = 0.0
    error: float = 0.0
    agreements: float = 0.0

    @classmethod
    def of(cls, labels: Any, predictions: Any) -> AgreementStatistic:
        """The statistic of labels `[n]` and predictions `[n]`."""
        y = np.asarray(labels, np.float64).ravel()
        p = np.asarray(predictions, np.float64).ravel()
        if not y.size:
            return cls()
        mean_y, mean_p = y.mean(), p.mean()
        return cls(
            float(y.size),
            float(mean_y),
            float(mean_p),
            float(np.sum((y - mean_y) ** 2)),
            float(np.sum((p - mean_p) ** 2)),
            float(np.sum((y - mean_y) * (p - mean_p))),
            float(np.sum((y - p) ** 2)),
            float(np.sum(np.sign(y) == np.sign(p))),
        )

    def merge(self, other: AgreementStatistic) -> AgreementStatistic:
        """The statistic of both sets of pairs.

        Reference: T. Chan, G. Golub and R. LeVeque, "Algorithms for computing the sample variance", The American
        Statistician 37 (1983), equation 2.1.
        """
        count = self.count + other.count
        if not self.count or not other.count:
            return other if not self.count else self
        step_y, step_p = other.mean_y - self.mean_y, other.mean_p - self.mean_p
        share = other.count / count
        weight = self.count * share
        return AgreementStatistic(
            count,
            self.mean_y + step_y * share,
            self.mean_p + step_p * share,
            self.square_y + other.square_y + step_y**2 * weight,
            self.square_p + other.square_p + step_p**2 * weight,
            self.product + other.product + step_y * step_p * weight,
            self.error + other.error,
            self.agreements + other.agreements,
        )

    def rmse(self) -> float:
        """`sqrt(mean (y - p)²)`."""
        return float(np.sqrt(self.error / self.count)) if self.count else 0.0

    def pcc(self) -> float:
        """Pearson's correlation; 0 where labels or predictions are constant."""
        if not self.count or min(self.square_y, self.square_p) / self.count < _TINY:
            return 0.0
        return float(np.clip(self.product / np.sqrt(self.square_y * self.square_p), -1.0, 1.0))

    def ccc(self) -> float:
        """`2 cov / (var_y + var_p + (mean_y - mean_p)²)`, moments with ddof 0; 0 where either is constant."""
        if not self.count or min(self.square_y, self.square_p) / self.count < _TINY:
            return 0.0
        spread = (self.square_y + self.square_p) / self.count + (self.mean_y - self.mean_p) ** 2
        return float(2 * self.product / self.count / spread)

    def sagr(self) -> float:
        """The fraction of pairs with the same sign."""
        return self.agreements / self.count if self.count else 0.0


class CombineAgreement(beam.CombineFn):
    """Labels and predictions of one output to `{key: AgreementStatistic}`."""

    def __init__(self, key: metric_types.MetricKey, eval_config: tfma.EvalConfig | None):
        self._key = key
        self._eval_config = eval_config

    def create_accumulator(self) -> AgreementStatistic:
        """The statistic of nothing."""
        return AgreementStatistic()

    def add_input(
        self, mutable_accumulator: AgreementStatistic, element: metric_types.StandardMetricInputs
    ) -> AgreementStatistic:
        """Adds what TFMA extracted of one example."""
        pairs = metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            flatten=True,
        )
        values = [(label.item(), prediction.item()) for label, prediction, _ in pairs]
        return mutable_accumulator.merge(AgreementStatistic.of(*zip(*values, strict=True)))

    def merge_accumulators(self, accumulators: Iterable[AgreementStatistic]) -> AgreementStatistic:
        """The statistic of all pairs."""
        total = AgreementStatistic()
        for accumulator in accumulators:
            total = total.merge(accumulator)
        return total

    def extract_output(self, accumulator: AgreementStatistic) -> dict[metric_types.MetricKey, AgreementStatistic]:
        """The statistic under its private key, from which the metrics are derived."""
        return {self._key: accumulator}


def _derived(figure: Callable[[AgreementStatistic], float]) -> Callable[..., metric_types.MetricComputations]:
    def computations(
        name: str,
        eval_config: tfma.EvalConfig | None = None,
        model_name: str = '',
        output_name: str = '',
        example_weighted: bool = False,
    ) -> metric_types.MetricComputations:
        def key_of(metric: str) -> metric_types.MetricKey:
            return metric_types.MetricKey(
                name=metric, model_name=model_name, output_name=output_name, example_weighted=example_weighted
            )

        key, statistic = key_of(name), key_of(_STATISTIC)
        return [
            metric_types.MetricComputation(
                keys=[statistic], preprocessors=None, combiner=CombineAgreement(statistic, eval_config)
            ),
            metric_types.DerivedMetricComputation(keys=[key], result=lambda metrics: {key: figure(metrics[statistic])}),
        ]

    return metric_util.merge_per_key_computations(computations)


class RMSE(tfma.metrics.Metric):
    """Root mean squared error."""

    def __init__(self, name: str = 'rmse'):
        super().__init__(_derived(AgreementStatistic.rmse), name=name)


class PCC(tfma.metrics.Metric):
    """Pearson correlation coefficient."""

    def __init__(self, name: str = 'pcc'):
        super().__init__(_derived(AgreementStatistic.pcc), name=name)


class CCC(tfma.metrics.Metric):
    """Concordance correlation coefficient (Lin, Biometrics 45, 1989)."""

    def __init__(self, name: str = 'ccc'):
        super().__init__(_derived(AgreementStatistic.ccc), name=name)


class SAGR(tfma.metrics.Metric):
    """Sign agreement."""

    def __init__(self, name: str = 'sagr'):
        super().__init__(_derived(AgreementStatistic.sagr), name=name)


for _metric in (RMSE, PCC, CCC, SAGR):
    # How TFMA finds a class that an EvalConfig names by `module` and `class_name`.
    metric_types.register_metric(_metric)
