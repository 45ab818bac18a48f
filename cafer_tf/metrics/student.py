"""Student's interval of a mean over a few repetitions, such as seeds or folds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.stats

from cafer_tf.metrics.bootstrap import CONFIDENCE, Interval


def student_half_width(values: Sequence[float] | np.ndarray, confidence: float = CONFIDENCE) -> float:
    """Half the width of Student's interval of a mean, NaN for fewer than two values.

    `t((1 + γ) / 2, n - 1) s / √n`, where n values have standard deviation s (ddof 1), and γ is the confidence.

    Args:
        values: `[n]`, independent of each other.
        confidence: γ, in (0, 1).

    Returns:
        The half width, not negative.

    Example:
        >>> round(student_half_width([0.5, 0.7]), 4)  # s = .1414, t = 12.706 with one degree of freedom
        1.2706
    """
    count = len(values)
    if count < 2:
        return math.nan
    quantile = scipy.stats.t.ppf((1 + confidence) / 2, count - 1)
    return float(quantile * np.std(values, ddof=1) / math.sqrt(count))


def student_interval(values: Sequence[float] | np.ndarray, confidence: float = CONFIDENCE) -> Interval:
    """The mean of some values, with Student's interval of it.

    `m ± t((1 + γ) / 2, n - 1) s / √n`, see `student_half_width`.

    Args:
        values: `[n]`, independent of each other, at least one.
        confidence: γ, in (0, 1).

    Returns:
        The mean and its bounds, which are None for a single value.

    Example:
        >>> student_interval([0.5, 0.7]).to_dict()
        {'value': 0.6, 'low': -0.67..., 'high': 1.87...}
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, None, None)
    half = student_half_width(values, confidence)
    return Interval(mean, mean - half, mean + half)
