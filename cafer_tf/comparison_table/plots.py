"""The table as a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from cafer_tf import features
from cafer_tf.comparison_table.published import FIGURES
from cafer_tf.report.colours import OUTPUT_COLOURS, OUTPUT_MARKERS

_OFFSETS = dict(zip(features.OUTPUTS, (-0.13, 0.13), strict=True))


def table_figure(summary: Mapping[str, Any]) -> Figure:
    """RMSE, PCC and CCC of valence and arousal of every row that was trained, with intervals, on the whole test split.

    Args:
        summary: of `summarise`.
    """
    rows = summary['rows']
    figure = Figure(figsize=(10, 1.3 + 0.34 * len(rows)), layout='constrained')
    panels = figure.subplots(1, len(FIGURES), sharey=True)
    for axes, name in zip(panels, FIGURES, strict=True):
        for output in features.OUTPUTS:
            found = [row['judged'][0]['pooled'][output][name] for row in rows]
            _draw(axes, found, output)
        axes.set_title(name.upper(), fontsize=10)
        axes.set_yticks(range(len(rows)), [row['name'] for row in rows], fontsize=8)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(labelsize=8)
        axes.grid(axis='x', color='0.9')
    panels[0].legend(fontsize=8)
    return figure


def plot_table(summary: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Draws `table_figure` to a file, whose ending says the format."""
    table_figure(summary).savefig(path, dpi=120)


def _draw(axes: Any, found: list[Mapping[str, float | None]], output: str) -> None:
    colour = OUTPUT_COLOURS[output]
    for place, interval in enumerate(found):
        height = place + _OFFSETS[output]
        if interval['low'] is not None:
            axes.plot([interval['low'], interval['high']], [height, height], color=colour, linewidth=1.5)
        label = output if place == 0 else None
        axes.plot(interval['value'], height, OUTPUT_MARKERS[output], color=colour, markersize=5, label=label)
