"""Student's interval of a mean over a few repetitions, such as seeds or folds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.stats

from cafer_tf.metrics.bootstrap import CONFIDENCE


def student_half_width(values: Sequence[float] | np.ndarray, confidence: float = CONFIDENCE) -> float:
    """Half the width of Student's interval of a mean, NaN for fewer than two values.

    `t((1 + γ) / 2, n - 1) s / √n`, where n values have standard deviation s (ddof 1), and γ is the confidence.

    Args:
        values: `[n]`, independent of each other.
        confidence: γ, in (0, 1).

    Example:
        >>> round(student_half_width([0.5, 0.7]), 4)  # s = .1414, t = 12.706 with one degree of freedom
        1.2706
    """
    count = len(values)
    if count < 2:
        return math.nan
    quantile = scipy.stats.t.ppf((1 + confidence) / 2, count - 1)
    return float(quantile * np.std(values, ddof=1) / math.sqrt(count))
