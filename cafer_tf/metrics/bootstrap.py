"""How sure RMSE, PCC, CCC and SAGR are, by drawing people again.

Images of one person are alike, so that an interval over images would be far too narrow. People are what is drawn from
the population, and people are drawn again here: a cluster bootstrap. Each draw is a weighted sum of one sufficient
statistic a person, and no prediction is looked at twice.

Reference: A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application" (1997), sections 3.8 and 5.3.1;
B. Efron, "Bootstrap methods: another look at the jackknife", The Annals of Statistics 7 (1979).
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cafer_tf.metrics.statistic import FIGURES, TINY, AgreementStatistic, pooled

RESAMPLES = 1000
CONFIDENCE = 0.95
_COLUMNS = operator.attrgetter(*(field.name for field in dataclasses.fields(AgreementStatistic)))
_DRAWS_AT_ONCE = 2**22
_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval; bounds are None where there is too little to say.

    Attributes:
        value: the figure.
        low, high: its bounds.
    """

    value: float
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, float | None]:
        """`{'value', 'low', 'high'}`."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Replicates:
    """A figure of all people, and the same of each draw of people.

    Attributes:
        value: of all people together.
        draws: `[resamples]`; None where there are fewer than two people.
    """

    value: float
    draws: np.ndarray | None

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The percentile interval.

        Args:
            confidence: its coverage, in (0, 1).
        """
        if self.draws is None:
            return Interval(self.value, None, None)
        low, high = np.quantile(self.draws, [(1 - confidence) / 2, (1 + confidence) / 2])
        return Interval(self.value, float(low), float(high))

    def __sub__(self, other: Replicates) -> Replicates:
        """The difference of two figures, draw by draw."""
        draws = None if self.draws is None or other.draws is None else self.draws - other.draws
        return Replicates(self.value - other.value, draws)


def mean_of(figures: Sequence[Replicates]) -> Replicates:
    """The mean of several figures, draw by draw: of valence and arousal, whose draws are the same people.

    Args:
        figures: from `replicate`, with the same seed and the same people.
    """
    draws = [figure.draws for figure in figures]
    known = [values for values in draws if values is not None]
    return Replicates(
        float(np.mean([figure.value for figure in figures])),
        np.mean(known, axis=0) if len(known) == len(draws) else None,
    )


def replicate(
    statistics: Mapping[str, AgreementStatistic], resamples: int = RESAMPLES, seed: int | Sequence[int] = 0
) -> dict[str, Replicates]:
    """RMSE, PCC, CCC and SAGR of all people, and of draws of as many people with replacement.

    The draws depend on the seed and on the number of people alone: two outputs of the same people are drawn together,
    and two sets of people need two seeds to be drawn apart.

    Args:
        statistics: of one output, by the name of the person; their order does not matter.
        resamples: number of draws, at least 1.
        seed: of the draws; several numbers are one seed too.

    Raises:
        ValueError: nobody has an example, or no draw is asked for.
    """
    if resamples < 1:
        raise ValueError(f'resamples must be at least 1; it is {resamples}')
    people = [statistics[name] for name in sorted(statistics) if statistics[name].count]
    if not people:
        raise ValueError('a bootstrap needs at least one person with an example')
    total = pooled(statistics)
    values = {name: float(getattr(total, name)()) for name in FIGURES}
    if len(people) < 2:
        return {name: Replicates(value, None) for name, value in values.items()}
    sums = _sums(np.array([_COLUMNS(person) for person in people]), total)
    random = np.random.default_rng(seed)
    at_once = max(1, _DRAWS_AT_ONCE // len(people))
    parts = [
        _figures(draw_people(random, min(at_once, resamples - start), len(people)) @ sums, total)
        for start in range(0, resamples, at_once)
    ]
    draws = dict(zip(FIGURES, np.concatenate(parts, axis=1), strict=True))
    return {name: Replicates(value, draws[name]) for name, value in values.items()}


def bootstrap(
    statistics: Mapping[str, AgreementStatistic],
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int | Sequence[int] = 0,
) -> dict[str, Interval]:
    """RMSE, PCC, CCC and SAGR of one output, each with its interval over people.

    Args:
        statistics: by the name of the person; their order does not matter.
        resamples: number of draws, at least 1.
        confidence: coverage of the interval, in (0, 1).
        seed: of the draws.

    Raises:
        ValueError: nobody has an example, or no draw is asked for.

    Example:
        >>> person = AgreementStatistic.of([0.5, -0.5], [0.5, -0.5])
        >>> bootstrap({'anna': person, 'ben': person})['ccc']
        Interval(value=1.0, low=1.0, high=1.0)
    """
    return {name: figure.interval(confidence) for name, figure in replicate(statistics, resamples, seed).items()}


def draw_people(random: np.random.Generator, resamples: int, people: int) -> np.ndarray:
    """How often each person is drawn, as many draws with replacement as there are people.

    Args:
        random: where the draws come from.
        resamples: how often all are drawn.
        people: how many there are.

    Returns:
        `[resamples, people]` float64: multinomial counts, each row summing to `people`.
    """
    drawn = random.integers(people, size=[resamples, people])
    drawn += people * np.arange(resamples)[:, np.newaxis]
    return np.bincount(drawn.ravel(), minlength=resamples * people).reshape(resamples, people).astype(np.float64)


def _sums(people: np.ndarray, total: AgreementStatistic) -> np.ndarray:
    """What adds up over people, `[people, 8]`: moments about the mean of all, which keeps them from cancelling."""
    count, mean_y, mean_p, square_y, square_p, product, error, agreements = people.T
    off_y, off_p = mean_y - total.mean_y, mean_p - total.mean_p
    return np.stack(
        [
            count,
            count * off_y,
            count * off_p,
            square_y + count * off_y**2,
            square_p + count * off_p**2,
            product + count * off_y * off_p,
            error,
            agreements,
        ],
        axis=1,
    )


def _figures(sums: np.ndarray, total: AgreementStatistic) -> np.ndarray:
    """`[4, resamples]`, in the order of `FIGURES`, of the sums `[resamples, 8]` of each draw."""
    count, *others = sums.T
    off_y, off_p, square_y, square_p, product, error, agreements = (column / count for column in others)
    variance_y, variance_p = _variance(square_y, off_y), _variance(square_p, off_p)
    covariance = product - off_y * off_p
    varied = np.minimum(variance_y, variance_p) >= TINY
    spread = variance_y + variance_p + (total.mean_y - total.mean_p + off_y - off_p) ** 2
    return np.stack(
        [
            np.sqrt(error),
            np.clip(_ratio(covariance, np.sqrt(variance_y * variance_p), varied), -1.0, 1.0),
            _ratio(2 * covariance, spread, varied),
            agreements,
        ]
    )


def _variance(square: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """`square - offset²`, or 0 where that is rounding: a draw of one person whose labels are all the same."""
    variance = square - offset**2
    return np.where(variance > _ROUNDING * square, variance, 0.0)


def _ratio(numerator: np.ndarray, denominator: np.ndarray, where: np.ndarray) -> Any:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=where)
