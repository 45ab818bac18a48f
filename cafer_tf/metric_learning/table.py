"""The benchmark's table: means over seeds, and what the adaptive margin adds, with their intervals."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from cafer_tf.metric_learning.rows import LOSSES, ROWS
from cafer_tf.metric_learning.training import KS
from cafer_tf.metrics.bootstrap import CONFIDENCE
from cafer_tf.metrics.student import student_interval

_CELL = 16
_NAME = 28


def mean_interval(values: Sequence[float]) -> dict[str, float | None]:
    """The mean of some values, and half of the width of its 95 % interval by Student's t, to four digits.

    Args:
        values: at least one.

    Returns:
        `mean`, and `half_width`, which is None for a single value.

    Example:
        >>> mean_interval([0.5, 0.7])  # s = .1414, t = 12.706 with one degree of freedom
        {'mean': 0.6, 'half_width': 1.2706}
    """
    mean = student_interval(values)
    return {'mean': round(mean.value, 4), 'half_width': None if mean.high is None else round(mean.high - mean.value, 4)}


def summarise(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means and intervals over seeds.

    Args:
        results: with `row`, `seed` and `result`, one for each row and seed.

    Returns:
        What JSON keeps: `confidence`; `rows`, by name, of each its `title`, `seeds`, and `recall`, by k the
        `mean_interval`; and `differences`, by loss, the same of adaptive less static over the seeds that both have.
    """
    recalls: dict[str, dict[int, dict[str, float]]] = {}
    for result in results:
        recalls.setdefault(result['row'], {})[result['seed']] = result['result']['recall']
    rows = {
        row.name: {'title': row.title, **_over_seeds(list(recalls[row.name].values()), sorted(recalls[row.name]))}
        for row in ROWS.values()
        if row.name in recalls
    }
    differences = {}
    for loss in LOSSES:
        static, adaptive = recalls.get(loss, {}), recalls.get(f'{loss}_adaptive', {})
        if seeds := sorted(static.keys() & adaptive.keys()):
            gains = [{str(k): adaptive[seed][str(k)] - static[seed][str(k)] for k in KS} for seed in seeds]
            differences[loss] = _over_seeds(gains, seeds)
    return {'confidence': CONFIDENCE, 'rows': rows, 'differences': differences}


def table(summary: Mapping[str, Any]) -> str:
    """The table as text: Recall@k in percent, a line for each row, and one for each difference.

    Args:
        summary: of `summarise`.
    """
    lines = [_line('', [f'R@{k}' for k in KS])]
    for name, row in summary['rows'].items():
        lines.append(_line(row['title'], [_cell(row['recall'][str(k)], '') for k in KS]))
        loss = ROWS[name].loss
        if ROWS[name].adaptive and loss in summary['differences']:
            gains = summary['differences'][loss]['recall']
            lines.append(_line('  difference', [_cell(gains[str(k)], '+') for k in KS]))
    return '\n'.join(lines)


def _over_seeds(recalls: Sequence[Mapping[str, float]], seeds: list[int]) -> dict[str, Any]:
    return {'seeds': seeds, 'recall': {str(k): mean_interval([recall[str(k)] for recall in recalls]) for k in KS}}


def _cell(interval: Mapping[str, float | None], sign: str) -> str:
    mean, half = interval['mean'], interval['half_width']
    assert mean is not None
    return f'{100 * mean:{sign}.1f}' + ('' if half is None else f' ± {100 * half:4.1f}')


def _line(name: str, cells: Sequence[str]) -> str:
    # The hat of α̂ is a character that takes no room.
    width = _NAME + sum(unicodedata.combining(character) > 0 for character in name)
    return (f'{name:<{width}}' + ''.join(f'{cell:>{_CELL}}' for cell in cells)).rstrip()
