"""The sufficient statistic from which RMSE, PCC, CCC and SAGR follow.

Statistics merge exactly in the algebraic sense and without cancellation, so that neither batches nor bundles nor the
number of workers change a figure. Nothing but NumPy is needed.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

TINY = 1e-20
"""A variance below this is rounding: float32 values near 1 that differ at all have one above 1e-17."""
FIGURES = ('rmse', 'pcc', 'ccc', 'sagr')
"""The methods of a statistic that are reported."""


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
        if not self.count or min(self.square_y, self.square_p) / self.count < TINY:
            return 0.0
        return float(np.clip(self.product / np.sqrt(self.square_y * self.square_p), -1.0, 1.0))

    def ccc(self) -> float:
        """`2 cov / (var_y + var_p + (mean_y - mean_p)²)`, moments with ddof 0; 0 where either is constant."""
        if not self.count or min(self.square_y, self.square_p) / self.count < TINY:
            return 0.0
        spread = (self.square_y + self.square_p) / self.count + (self.mean_y - self.mean_p) ** 2
        return float(2 * self.product / self.count / spread)

    def sagr(self) -> float:
        """The fraction of pairs with the same sign."""
        return self.agreements / self.count if self.count else 0.0


def statistics_by_name(labels: Any, predictions: Any, names: Any) -> dict[str, AgreementStatistic]:
    """One statistic a name: of each person, or of each video.

    Args:
        labels: `[n]`.
        predictions: `[n]`.
        names: `[n]`, who or what each pair belongs to.

    Returns:
        The statistics, sorted by name.

    Example:
        >>> {name: s.count for name, s in statistics_by_name([0.1, 0.2, 0.3], [0, 0, 0], ['b', 'a', 'b']).items()}
        {'a': 1.0, 'b': 2.0}
    """
    y, p = np.asarray(labels, np.float64), np.asarray(predictions, np.float64)
    found, group = np.unique(np.asarray(names, str), return_inverse=True)

    def totals(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values, minlength=len(found))

    count = totals(np.ones_like(y))
    mean_y, mean_p = totals(y) / count, totals(p) / count
    off_y, off_p = y - mean_y[group], p - mean_p[group]
    columns = (
        count,
        mean_y,
        mean_p,
        totals(off_y**2),
        totals(off_p**2),
        totals(off_y * off_p),
        totals((y - p) ** 2),
        totals(np.sign(y) == np.sign(p)),
    )
    rows = np.stack(columns, axis=1).tolist()
    return {str(name): AgreementStatistic(*row) for name, row in zip(found, rows, strict=True)}


def pooled(statistics: Mapping[str, AgreementStatistic]) -> AgreementStatistic:
    """The statistic of all pairs together.

    Args:
        statistics: by name; their order does not matter.
    """
    return functools.reduce(
        AgreementStatistic.merge, (statistics[name] for name in sorted(statistics)), AgreementStatistic()
    )
