"""How well each person is read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from cafer_tf.report.colours import COUNTED, OUTPUT_COLOURS, OUTPUT_MARKERS
from cafer_tf.report.names import as_drawn

_NAMED = 60
"""Names below the axis, at most: more could not be read."""


def by_mean(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The names that have a score, those with the lowest mean first; ties by name.

    Args:
        scores: for each output, the CCC by name; a name may miss in one of them.

    Example:
        >>> by_mean({'valence': {'ann': 0.9, 'bob': 0.5}, 'arousal': {'ann': 0.1, 'cid': 0.2}})
        ['cid', 'ann', 'bob']
    """
    found: dict[str, list[float]] = {}
    for values in scores.values():
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    return sorted(found, key=lambda name: (np.mean(found[name]), name))


def draw_scores(scores: Mapping[str, Mapping[str, float]], counts: Mapping[str, int], what: str) -> Figure:
    """The CCC of each person or video, sorted, above how many faces it is of.

    Args:
        scores: for each output, the CCC by name.
        counts: how many faces, by name.
        what: `person` or `video`.
    """
    names = by_mean(scores)
    places = {name: place for place, name in enumerate(names)}
    figure = Figure(figsize=(9.5, 4.4), layout='constrained')
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for output, values in scores.items():
        across = [places[name] for name in values]
        colour = OUTPUT_COLOURS[output]
        above.scatter(across, list(values.values()), s=24, color=colour, marker=OUTPUT_MARKERS[output], label=output)
        if values:
            above.axhline(float(np.median(list(values.values()))), color=colour, linewidth=0.9, linestyle='--')
    above.set_ylabel('CCC')
    above.grid(axis='y', color='#dddddd', linewidth=0.6)
    above.legend(title='dashed: median', fontsize=8, title_fontsize=8)
    below.bar(range(len(names)), [counts[name] for name in names], color=COUNTED)
    below.set(ylabel='faces', xlabel=f'{what}, sorted by the mean of both')
    below.set_xticks(range(len(names)) if len(names) <= _NAMED else [])
    if len(names) <= _NAMED:
        below.set_xticklabels(list(map(as_drawn, names)), rotation=90, fontsize=7)
    return figure
