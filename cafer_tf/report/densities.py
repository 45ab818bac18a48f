"""Where predictions lie beside the truth: densities, and how far faces are moved in the circumplex."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from cafer_tf import features
from cafer_tf.report.colours import COUNTED, MOVED
from cafer_tf.report.maps import COUNTS, add_scale, square

_BINS = 40
_CELLS = 8
_LEAST = 5
_LIMITS = (features.LABEL_MIN, features.LABEL_MAX)


class Displacement(NamedTuple):
    """How faces of like emotion are moved by the model, for each cell of the circumplex with enough of them.

    Attributes:
        truth: `[k, 2]` mean of the labels of a cell, valence first.
        predicted: `[k, 2]` mean of their predictions.
        counts: `[k]` how many there are.
    """

    truth: np.ndarray
    predicted: np.ndarray
    counts: np.ndarray


def displacement(labels: np.ndarray, predictions: np.ndarray) -> Displacement:
    """The mean label and the mean prediction of each of 8 x 8 cells of the true circumplex with 5 faces or more.

    Args:
        labels: `[n, 2]`, valence first, each in [-1, 1].
        predictions: likewise.
    """
    width = (features.LABEL_MAX - features.LABEL_MIN) / _CELLS
    places = np.clip(((labels - features.LABEL_MIN) // width).astype(int), 0, _CELLS - 1)
    cells = places[:, 0] * _CELLS + places[:, 1]
    counts = np.bincount(cells, minlength=_CELLS**2)
    enough = np.flatnonzero(counts >= _LEAST)
    truth, predicted = (
        np.array([values[cells == cell].mean(axis=0) for cell in enough]).reshape(-1, len(features.OUTPUTS))
        for values in (labels, predictions)
    )
    return Displacement(truth, predicted, counts[enough])


def draw_agreement(truth: np.ndarray, predicted: np.ndarray, output: str) -> Figure:
    """The density of predictions over the truth, with the diagonal of perfect agreement.

    Args:
        truth: `[n]`, in [-1, 1].
        predicted: `[n]`, in [-1, 1].
        output: its name.
    """
    figure, axes = square()
    _density(figure, axes, truth, predicted)
    axes.plot(_LIMITS, _LIMITS, color='#333333', linewidth=1, linestyle='--')
    axes.set(xlim=_LIMITS, ylim=_LIMITS, xlabel=f'true {output}', ylabel=f'predicted {output}')
    return figure


def draw_plane(points: np.ndarray, kind: str) -> Figure:
    """The density of labels or predictions on the circumplex.

    Args:
        points: `[n, 2]`, valence first, each in [-1, 1].
        kind: `true` or `predicted`.
    """
    figure, axes = square()
    _density(figure, axes, *points.T)
    _plane(axes)
    axes.set(xlim=_LIMITS, ylim=_LIMITS, xlabel=f'{kind} {features.VALENCE}', ylabel=f'{kind} {features.AROUSAL}')
    return figure


def draw_displacement(moved: Displacement) -> Figure:
    """An arrow from the mean label to the mean prediction of each cell; its dot grows with the number of faces.

    Args:
        moved: of a set of faces.
    """
    figure, axes = square()
    _plane(axes)
    if len(moved.counts):
        axes.scatter(*moved.truth.T, s=8 + 90 * moved.counts / moved.counts.max(), color=COUNTED, linewidths=0)
        arrows = (moved.predicted - moved.truth).T
        axes.quiver(*moved.truth.T, *arrows, angles='xy', scale_units='xy', scale=1, color=MOVED, width=0.006, zorder=3)
    axes.set(xlim=_LIMITS, ylim=_LIMITS, xlabel=features.VALENCE, ylabel=features.AROUSAL)
    return figure


def _density(figure: Figure, axes: Any, across: np.ndarray, up: np.ndarray) -> None:
    counts, edges, _ = np.histogram2d(across, up, bins=_BINS, range=(_LIMITS, _LIMITS))
    shown = np.ma.masked_equal(counts.T, 0)
    mesh = axes.pcolormesh(edges, edges, shown, cmap=COUNTS, norm=LogNorm(vmin=1, vmax=max(counts.max(), 10)))
    add_scale(figure, mesh, 'faces')


def _plane(axes: Any) -> None:
    axes.add_patch(Circle((0, 0), 1, fill=False, color='grey', linewidth=0.6))
    axes.axhline(0, color='grey', linewidth=0.6)
    axes.axvline(0, color='grey', linewidth=0.6)
