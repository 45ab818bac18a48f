"""The frame of all square pictures, which stand beside each other on a page and so have one size."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure

from cafer_tf.report.colours import AROUSED, NEUTRAL, UNAROUSED

_WIDTH, _HEIGHT, _SIDE = 4.7, 3.7, 3.0
_LEFT, _BOTTOM, _GAP, _BAR = 0.78, 0.52, 0.1, 0.13
LABELS = LinearSegmentedColormap.from_list('labels', (UNAROUSED, NEUTRAL, AROUSED))
"""Of a label from -1 to 1; its middle is grey, which is seen on white."""
COUNTS = 'viridis_r'


def square() -> tuple[Figure, Any]:
    """A figure with square axes, and room for a key at their right."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    return figure, figure.add_axes((_LEFT / _WIDTH, _BOTTOM / _HEIGHT, _SIDE / _WIDTH, _SIDE / _HEIGHT))


def add_scale(figure: Figure, shown: Any, label: str) -> None:
    """Puts the scale of colours at the right of the axes.

    Args:
        figure: from `square`.
        shown: what is coloured.
        label: what the colours say.
    """
    left = _LEFT + _SIDE + _GAP
    axes = figure.add_axes((left / _WIDTH, _BOTTOM / _HEIGHT, _BAR / _WIDTH, _SIDE / _HEIGHT))
    scale = figure.colorbar(shown, cax=axes, label=label)
    if isinstance(shown.norm, LogNorm):
        ticks = (10**power * digit for power in range(8) for digit in (1, 3))
        scale.set_ticks([tick for tick in ticks if tick <= shown.norm.vmax])
        scale.minorticks_off()
        scale.ax.yaxis.set_major_formatter('{x:,.0f}')
