"""Whether predictions mean what they say: the mean label of the faces that are given about the same prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from cafer_tf import features
from cafer_tf.metrics.statistic import TINY, AgreementStatistic

BINS = 20
"""Bins over [-1, 1], 0.1 wide each."""


def calibration_curve(labels: Any, predictions: Any, bins: int = BINS) -> dict[str, Any]:
    """The mean label in bins of the prediction, and the line through them.

    The line is the least-squares regression of the label on the prediction, `y ≈ slope · p + intercept`, over all
    examples; 1 and 0 are perfect. A slope below 1 says that predictions are too extreme, one above 1 that they are too
    timid.

    Args:
        labels: `[n]`, in [-1, 1].
        predictions: `[n]`, in [-1, 1].
        bins: of equal width, each with its lower edge but not its upper, which the last has too.

    Returns:
        `bins`, those that hold an example, each with `low`, `high`, `examples`, and the means `predicted` and `label`;
        `slope` and `intercept`, None where all predictions are the same.

    Raises:
        ValueError: shapes that do not fit, or no bins.

    Example:
        >>> calibration_curve([0.2, -0.2, 0.4], [0.1, -0.1, 0.2], bins=2)['bins'][0]
        {'low': -1.0, 'high': 0.0, 'examples': 1, 'predicted': -0.1, 'label': -0.2}
    """
    y, p = np.asarray(labels, np.float64), np.asarray(predictions, np.float64)
    if y.ndim != 1 or y.shape != p.shape or bins < 1:
        raise ValueError(f'labels and predictions must have shape [n] and bins be at least 1; got {y.shape}, {p.shape}')
    edges = np.round(np.linspace(features.LABEL_MIN, features.LABEL_MAX, bins + 1), 12)
    place = np.clip(np.digitize(p, edges) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    predicted, label = (np.bincount(place, values, minlength=bins) for values in (p, y))
    slope = intercept = None
    statistic = AgreementStatistic.of(y, p)
    if statistic.count and statistic.square_p / statistic.count >= TINY:
        slope = statistic.product / statistic.square_p
        intercept = statistic.mean_y - slope * statistic.mean_p
    return {
        'bins': [
            {
                'low': float(edges[i]),
                'high': float(edges[i + 1]),
                'examples': int(counts[i]),
                'predicted': float(predicted[i] / counts[i]),
                'label': float(label[i] / counts[i]),
            }
            for i in np.flatnonzero(counts)
        ],
        'slope': slope,
        'intercept': intercept,
    }
