"""The comparison of variants as a picture."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from cafer_tf.report.colours import PEOPLE_COLOURS
from cafer_tf.study.comparison import GAP, PROBE, UNSEEN_CCC, Mean, Run, differences, means
from cafer_tf.study.variants import BASELINE

_PANELS = (
    (UNSEEN_CCC, 'mean CCC, people never seen'),
    (GAP, 'gap: people seen − never seen'),
    (PROBE, 'identity probe, accuracy'),
)


def comparison_figure(variants: Mapping[float, Mapping[str, Mapping[Run, Mapping[str, float]]]]) -> Figure:
    """Each variant's difference to the supervised network, with intervals, a row of panels for each idiosyncrasy.

    Args:
        variants: of `comparison.by_variant`; a variant without a run in common with `supervised` is left out.
    """
    figure = Figure(figsize=(10, 1.0 + 2.3 * len(variants)), layout='constrained')
    panels = figure.subplots(len(variants), len(_PANELS), squeeze=False, sharex='col', sharey=True)
    for line, (idiosyncrasy, rows) in zip(panels, variants.items(), strict=True):
        reference = rows.get(BASELINE, {})
        names = [name for name in rows if name != BASELINE and differences(rows[name], reference)]
        for axes, (key, title), colour in zip(line, _PANELS, PEOPLE_COLOURS, strict=False):
            _draw(axes, [differences(rows[name], reference)[key] for name in names], colour)  # type: ignore[index]
            level = f'\n{BASELINE}: {means(reference)[key].value:.3f}' if reference else ''
            axes.set_title(f'{title}{level}', fontsize=9)
            axes.set_yticks(range(len(names)), names, fontsize=8)
            axes.set_ylim(len(names) - 0.5, -0.5)
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


def _draw(axes: Any, found: list[Mean], colour: str) -> None:
    axes.axvline(0, color='0.6', linewidth=0.8)
    for row, mean in enumerate(found):
        axes.plot([mean.low, mean.high], [row, row], color=colour, linewidth=1.5)
        axes.plot(mean.value, row, 'o', color=colour, markersize=5)
    axes.tick_params(labelsize=8)
    axes.locator_params(axis='x', nbins=6)
    axes.grid(axis='x', color='0.9')
