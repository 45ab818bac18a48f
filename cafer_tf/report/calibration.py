"""Whether predictions mean what they say, drawn."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from cafer_tf import features
from cafer_tf.report.colours import COUNTED, OUTPUT_COLOURS, OUTPUT_MARKERS

_LIMITS = (features.LABEL_MIN, features.LABEL_MAX)


def draw_calibration(calibration: Mapping[str, Mapping[str, Any]]) -> Figure:
    """The mean label over the mean prediction of each bin, the line through all faces, and how many faces a bin has.

    Args:
        calibration: for `valence` and `arousal`, what `cafer_tf.metrics.calibration_curve` found.

    Returns:
        Two panels side by side, counts below.
    """
    figure = Figure(figsize=(9, 5.4), layout='constrained')
    above, below = figure.subplots(2, len(features.OUTPUTS), sharex=True, height_ratios=(4, 1))
    for output, axes, counts in zip(features.OUTPUTS, above, below, strict=True):
        _draw_line(axes, output, calibration[output])
        bins = calibration[output]['bins']
        counts.bar(
            [one['low'] for one in bins],
            [one['examples'] for one in bins],
            [one['high'] - one['low'] for one in bins],
            align='edge',
            color=COUNTED,
            edgecolor='white',
        )
        counts.set(xlabel=f'predicted {output}', ylabel='faces', xlim=_LIMITS)
    return figure


def plot_calibration(calibration: Mapping[str, Mapping[str, Any]], path: str | os.PathLike[str]) -> pathlib.Path:
    """Writes the picture of `draw_calibration`.

    Args:
        calibration: likewise.
        path: PNG, PDF or SVG, by its suffix.

    Returns:
        The path.

    Raises:
        ValueError: a suffix that matplotlib does not write.
        OSError: it cannot be written.
    """
    path = pathlib.Path(path)
    draw_calibration(calibration).savefig(path, dpi=120)
    return path


def _draw_line(axes: Any, output: str, found: Mapping[str, Any]) -> None:
    colour = OUTPUT_COLOURS[output]
    axes.plot(_LIMITS, _LIMITS, color='0.6', linewidth=1, linestyle='--', label='perfect')
    if found['slope'] is not None:
        slope, intercept = found['slope'], found['intercept']
        ends = [slope * at + intercept for at in _LIMITS]
        label = f'label = {slope:.2f} · prediction {round(intercept, 2) + 0:+.2f}'
        axes.plot(_LIMITS, ends, color=colour, linewidth=1, alpha=0.6, label=label)
    axes.plot(
        [one['predicted'] for one in found['bins']],
        [one['label'] for one in found['bins']],
        OUTPUT_MARKERS[output],
        color=colour,
        label='mean of a bin',
    )
    axes.set(ylabel=f'mean true {output}', xlim=_LIMITS, ylim=_LIMITS)
    axes.set_title(f'{output}: {sum(one["examples"] for one in found["bins"]):,} faces', fontsize=10)
    axes.legend(fontsize=8, loc='upper left')
