"""A map of the embedding: its first two principal components, coloured by emotion and by person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from matplotlib.figure import Figure

from cafer_tf.report.colours import PEOPLE_COLOURS, PEOPLE_MARKERS
from cafer_tf.report.maps import LABELS, add_scale, square
from cafer_tf.report.names import as_drawn

MOST = 2000
"""Faces on the map, at most."""
_COMPONENTS = 2
_NAME = 12
"""Letters of a name in the key."""


class Projection(NamedTuple):
    """Embeddings in the plane.

    Attributes:
        places: `[m]` which of the embeddings these are, ascending.
        points: `[m, 2]`.
        shares: how much of the variance each of the two axes holds, in [0, 1].
    """

    places: np.ndarray
    points: np.ndarray
    shares: tuple[float, float]


def project(embeddings: np.ndarray, seed: int) -> Projection:
    """The principal components of at most 2,000 embeddings, drawn at random where there are more.

    `X = U S Vᵀ` of the centred embeddings; the points are `U S`, found from `X Xᵀ`, for embeddings may be much longer
    than they are many. The sign of an axis is such that its farthest point is positive.

    Args:
        embeddings: `[n, d]`, n at least 2.
        seed: of the draw.

    Raises:
        ValueError: fewer than two embeddings.
    """
    if len(embeddings) < _COMPONENTS:
        raise ValueError(f'a map needs two embeddings or more; there are {len(embeddings)}')
    size = min(MOST, len(embeddings))
    places = np.sort(np.random.default_rng(seed).choice(len(embeddings), size, replace=False))
    centred = np.asarray(embeddings[places], float)
    centred -= centred.mean(axis=0)
    values, vectors = scipy.linalg.eigh(centred @ centred.T, subset_by_index=[size - _COMPONENTS, size - 1])
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    points = vectors * np.sqrt(values)
    farthest = points[np.abs(points).argmax(axis=0), np.arange(_COMPONENTS)]
    points = points * np.where(farthest < 0, -1, 1)
    total = max(float((centred**2).sum()), np.finfo(float).tiny)
    return Projection(places, points, (float(values[0] / total), float(values[1] / total)))


def draw_values(projection: Projection, values: np.ndarray, name: str) -> Figure:
    """The map coloured by a label.

    Args:
        projection: of the embeddings.
        values: `[m]`, in [-1, 1], of the faces on the map.
        name: of the label.
    """
    figure, axes = _axes(projection)
    points = axes.scatter(*projection.points.T, c=values, cmap=LABELS, vmin=-1, vmax=1, s=7, linewidths=0)
    add_scale(figure, points, f'true {name}')
    return figure


def most_shown(subjects: Sequence[str]) -> list[str]:
    """The people with most faces, as many as there are colours; ties by name."""
    names, counts = np.unique(np.asarray(subjects), return_counts=True)
    order = np.lexsort((names, -counts))[: len(PEOPLE_COLOURS)]
    return sorted(names[order].tolist())


def draw_people(projection: Projection, subjects: np.ndarray) -> Figure:
    """The map with the faces of a few people marked, those with most faces; the others are grey.

    Args:
        projection: of the embeddings.
        subjects: `[m]` who is shown, of the faces on the map.
    """
    figure, axes = _axes(projection)
    people = most_shown(subjects.tolist())
    others = ~np.isin(subjects, people)
    axes.scatter(*projection.points[others].T, color='#c8c8c8', s=5, linewidths=0)
    for person, colour, marker in zip(people, PEOPLE_COLOURS, PEOPLE_MARKERS, strict=False):
        axes.scatter(
            *projection.points[subjects == person].T,
            color=colour,
            marker=marker,
            s=16,
            linewidths=0,
            label=as_drawn(_short(person)),
        )
    axes.legend(
        loc='upper left',
        bbox_to_anchor=(1, 1),
        fontsize=7,
        handlelength=1,
        handletextpad=0.2,
        borderaxespad=0.2,
        borderpad=0.2,
        frameon=False,
    )
    return figure


def _axes(projection: Projection) -> tuple[Figure, Any]:
    figure, axes = square()
    for which, share, name in zip(
        (axes.set_xlabel, axes.set_ylabel), projection.shares, ('first', 'second'), strict=True
    ):
        which(f'{name} component ({share:.0%} of the variance)')
    axes.set(xticks=[], yticks=[])
    return figure, axes


def _short(name: str) -> str:
    """Names of people tend to differ at the end."""
    return name if len(name) <= _NAME else f'…{name[1 - _NAME :]}'
