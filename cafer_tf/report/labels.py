"""How the labels of a data set lie in the circumplex, as text and as a picture."""

from __future__ import annotations

import os
import pathlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from cafer_tf import features
from cafer_tf.report.colours import COUNTED
from cafer_tf.report.names import as_drawn

_SHADES = ' ·░▒▓█'


def label_map(histogram: np.ndarray) -> str:
    """The histogram of valence and arousal in letters, arousal upwards; darker is more, on a logarithmic scale.

    Args:
        histogram: `[n, n]` counts, valence along the first axis; the middles of the outermost cells are -1 and 1.

    Returns:
        A line for each row of cells, with axes.
    """
    depth = np.log1p(histogram) / max(np.log1p(histogram.max()), 1e-12)
    steps = np.where(histogram > 0, 1 + np.minimum((depth * (len(_SHADES) - 1)).astype(int), len(_SHADES) - 2), 0)
    size = len(histogram)
    lines = []
    for row in reversed(range(size)):
        name = {size - 1: 'arousal +1', size // 2: '0', 0: '-1'}.get(row, '')
        lines.append(f'{name:>10} │{"".join(2 * _SHADES[step] for step in steps[:, row])}│')
    ruler = f'{"-1":<{size}}{"0":<{size - 2}}+1'
    return '\n'.join([*lines, f'{"":>10} └{"─" * 2 * size}┘', f'{"valence":>10}  {ruler}'])


def plot_labels(histogram: np.ndarray, title: str, path: str | os.PathLike[str]) -> pathlib.Path:
    """Draws the histogram of valence and arousal with the distribution of either.

    Args:
        histogram: `[n, n]` counts, valence along the first axis; the middles of the outermost cells are -1 and 1.
        title: of the picture.
        path: PNG, PDF or SVG, by its suffix.

    Returns:
        The path.

    Raises:
        ValueError: a suffix that matplotlib does not write.
        OSError: it cannot be written.
    """
    half = (features.LABEL_MAX - features.LABEL_MIN) / (len(histogram) - 1) / 2
    edges = np.linspace(features.LABEL_MIN - half, features.LABEL_MAX + half, len(histogram) + 1)
    figure = Figure(figsize=(6.4, 6), layout='constrained')
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=(4, 1), height_ratios=(1, 4))
    joint = figure.add_subplot(grid[1, 0])
    above, beside = figure.add_subplot(grid[0, 0], sharex=joint), figure.add_subplot(grid[1, 1], sharey=joint)
    counts = np.ma.masked_equal(histogram.T, 0)
    mesh = joint.pcolormesh(edges, edges, counts, cmap='viridis', norm=LogNorm(vmin=1, vmax=max(histogram.max(), 2)))
    figure.colorbar(mesh, ax=beside, label='faces')
    above.stairs(histogram.sum(axis=1), edges, fill=True, color=COUNTED)
    beside.stairs(histogram.sum(axis=0), edges, fill=True, color=COUNTED, orientation='horizontal')
    for axes in (above, beside):
        axes.tick_params(labelbottom=axes is beside, labelleft=axes is above)
    joint.add_patch(Circle((0, 0), 1, fill=False, color='grey', linewidth=0.5))
    joint.axhline(0, color='grey', linewidth=0.5)
    joint.axvline(0, color='grey', linewidth=0.5)
    joint.set(xlabel=features.VALENCE, ylabel=features.AROUSAL, aspect='equal')
    figure.suptitle(as_drawn(title))
    path = pathlib.Path(path)
    figure.savefig(path, dpi=120)
    return path
