"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from cafer_tf import features
from cafer_tf.metrics.statistic import FIGURES

Scores = Mapping[str, Mapping[str, float]]
_CELL = 7


def score_table(rows: Mapping[str, Scores]) -> str:
    """RMSE, PCC, CCC and SAGR of valence and of arousal, and the mean CCC, a line a row.

    Args:
        rows: for each row's name, `{'valence': {'rmse', 'pcc', 'ccc', 'sagr'}, 'arousal': {…}}`.

    Example:
        >>> scores = {'rmse': 0.2, 'pcc': 0.8, 'ccc': 0.75, 'sagr': 0.9}
        >>> print(score_table({'people never seen': {'valence': scores, 'arousal': scores}}))
                             valence                        arousal                         mean
                                RMSE    PCC    CCC   SAGR      RMSE    PCC    CCC   SAGR     CCC
        people never seen      0.200  0.800  0.750  0.900     0.200  0.800  0.750  0.900   0.750
    """
    names = max(map(len, rows))
    outputs = [f'{output:<{_CELL * len(FIGURES)}}' for output in features.OUTPUTS]
    metrics = [''.join(f'{metric.upper():>{_CELL}}' for metric in FIGURES) for _ in features.OUTPUTS]
    lines = [_line('', names, [*outputs, 'mean'], gap='   '), _line('', names, [*metrics, '  CCC'])]
    for name, scores in rows.items():
        # Adding 0 turns the -0.0 that rounding leaves into 0.0.
        cells = [
            ''.join(f'{round(scores[output][metric], 3) + 0:{_CELL}.3f}' for metric in FIGURES)
            for output in features.OUTPUTS
        ]
        mean = round(sum(scores[output]['ccc'] for output in features.OUTPUTS) / len(features.OUTPUTS), 3) + 0
        lines.append(_line(name, names, [*cells, f'{mean:.3f}']))
    return '\n'.join(lines)


def _line(name: str, width: int, cells: list[str], gap: str = '   ') -> str:
    return f'{name:<{width}}' + gap + gap.join(cells)
