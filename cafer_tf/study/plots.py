"""The comparison of variants as a picture."""

from __future__ import annotations

import math
import os
import pathlib
from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cafer_tf.report.colours import PEOPLE_COLOURS
from cafer_tf.study.comparison import GAP, PROBE, UNSEEN_CCC, Mean, Run, differences, means
from cafer_tf.study.variants import BASELINE, LADDER

_PANELS = (
    (UNSEEN_CCC, 'mean CCC, people never seen'),
    (GAP, 'gap: people seen − never seen'),
    (PROBE, 'identity probe, accuracy'),
)


def comparison_figure(variants: Mapping[float, Mapping[str, Mapping[Run, Mapping[str, float]]]]) -> Figure:
    """Each variant's difference to the supervised network, with intervals, a row of panels for each idiosyncrasy.

    The axes are as wide as the intervals of the ladder; a mean beyond them is told at the edge.

    Args:
        variants: of `comparison.by_variant`; a variant without a run in common with `supervised` is left out.
    """
    drawn = {
        idiosyncrasy: {
            name: found
            for name, runs in rows.items()
            if name != BASELINE and (found := differences(runs, rows.get(BASELINE, {})))
        }
        for idiosyncrasy, rows in variants.items()
    }
    figure = Figure(figsize=(10, 1.0 + 2.3 * len(variants)), layout='constrained')
    panels = figure.subplots(len(variants), len(_PANELS), squeeze=False, sharex='col', sharey='row')
    for axes, (key, _) in zip(panels[0], _PANELS, strict=True):
        axes.set_xlim(_limits(drawn.values(), key))
    for line, (idiosyncrasy, rows) in zip(panels, drawn.items(), strict=True):
        reference = variants[idiosyncrasy].get(BASELINE, {})
        for axes, (key, title), colour in zip(line, _PANELS, PEOPLE_COLOURS, strict=False):
            _draw(axes, [found[key] for found in rows.values()], colour)
            level = f'\n{BASELINE}: {means(reference)[key].value:.3f}' if reference else ''
            axes.set_title(f'{title}{level}', fontsize=9)
            axes.set_yticks(range(len(rows)), list(rows), fontsize=8)
            axes.set_ylim(len(rows) - 0.5, -0.5)
        line[0].set_ylabel(f'idiosyncrasy {idiosyncrasy:g}')
    for axes in panels[-1]:
        axes.set_xlabel('difference to supervised, 95 % over folds', fontsize=8)
    return figure


def plot_comparison(
    variants: Mapping[float, Mapping[str, Mapping[Run, Mapping[str, float]]]], path: str | os.PathLike[str]
) -> pathlib.Path:
    """Draws `comparison_figure` to a file, whose ending says the format."""
    path = pathlib.Path(path)
    comparison_figure(variants).savefig(path, dpi=120)
    return path


def _limits(drawn: Iterable[Mapping[str, Mapping[str, Mean]]], key: str) -> tuple[float, float]:
    found = [(name, figures[key]) for rows in drawn for name, figures in rows.items()]
    shown = [mean for name, mean in found if name in LADDER] or [mean for _, mean in found]
    ends = [0.0, *(end for mean in shown for end in (mean.value, mean.low, mean.high) if math.isfinite(end))]
    margin = 0.05 * (max(ends) - min(ends)) or 0.01
    return min(ends) - margin, max(ends) + margin


def _draw(axes: Axes, found: list[Mean], colour: str) -> None:
    left, right = axes.get_xlim()
    axes.axvline(0, color='0.6', linewidth=0.8)
    for row, mean in enumerate(found):
        axes.plot([mean.low, mean.high], [row, row], color=colour, linewidth=1.5)
        if left <= mean.value <= right:
            axes.plot(mean.value, row, 'o', color=colour, markersize=5)
        else:
            below = mean.value < left
            axes.annotate(
                f'◂ {mean.value:+.3f}' if below else f'{mean.value:+.3f} ▸',
                (left if below else right, row),
                xytext=(4 if below else -4, 0),
                textcoords='offset points',
                horizontalalignment='left' if below else 'right',
                verticalalignment='center',
                color=colour,
                fontsize=8,
                bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 0.5},
            )
    axes.tick_params(labelsize=8)
    axes.locator_params(axis='x', nbins=6)
    axes.grid(axis='x', color='0.9')
