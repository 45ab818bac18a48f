"""Retrieval by nearest embeddings: whether what lies nearest is of the same class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

# A product is rounded to some 1e-16 of its size, by how it was divided too, and so is a row of unit length.
_TIE = 1e-13


def recall_at_k(
    embeddings: Any, labels: Any, ks: Iterable[int] = (1, 2, 4, 8), chunk_size: int = 256
) -> dict[int, float]:
    """Recall@k: the share of examples with one of their own class among their k nearest others.

    Near is by the Euclidean distance of L2-normalised embeddings, which orders them as the cosine does, in float64. Of
    neighbours equally near the one that comes first in the data counts as nearer: where squared distances differ by no
    more than some 1e-13, or by less where most embeddings are close together. With `k >= n - 1` all others are
    neighbours. An example that is alone in its class counts, as a miss.

    Args:
        embeddings: `[n, d]`, finite; a row of zeros stays one, at a distance of 1 from all others.
        labels: `[n]`, or `[n, 1]`; equal ones are of one class.
        ks: numbers of neighbours, at least 1.
        chunk_size: examples that are compared with all others at a time. The result does not depend on it; memory is
            that of some `chunk_size · n` numbers.

    Returns:
        The recall in [0, 1] of each k, in their order.

    Raises:
        ValueError: shapes that do not fit, no examples, an embedding that is not finite, or a number below 1.

    Example:
        >>> recall_at_k([[0.0, 1.0], [1.0, 0.0], [0.1, 1.0], [1.0, 0.1]], [0, 0, 1, 0], ks=(1, 2))
        {1: 0.5, 2: 0.75}
    """
    ks = list(ks)
    unit, labels = np.array(embeddings, np.float64), np.asarray(labels)
    if unit.ndim != 2 or len(unit) == 0 or labels.shape not in ((len(unit),), (len(unit), 1)):
        raise ValueError(
            'embeddings must have shape [n, d] and labels [n], with n at least 1; '
            f'theirs are {unit.shape} and {labels.shape}'
        )
    if min(ks, default=1) < 1 or chunk_size < 1:
        raise ValueError(f'ks and chunk_size must be at least 1; they are {ks} and {chunk_size}')
    finite = np.isfinite(unit).all(axis=1)
    if not finite.all():
        raise ValueError(f'embeddings must be finite; row {int(np.argmin(finite))} is not')
    norms = np.sqrt(np.einsum('nd,nd->n', unit, unit))
    unit /= np.where(norms == 0, 1, norms)[:, np.newaxis]
    # About a centre, embeddings that are close together are small numbers, whose products are rounded by less. The mean
    # would be no such centre where a few rows, such as zeros, are elsewhere.
    unit -= np.median(unit, axis=0)
    classes = np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int32)
    hits = np.zeros(len(ks), np.int64)
    squares = np.einsum('nd,nd->n', unit, unit)
    for start in range(0, len(unit), chunk_size):
        nearer = _nearer_than_first_match(unit, squares, classes, np.arange(start, min(start + chunk_size, len(unit))))
        hits += [np.count_nonzero(nearer < k) for k in ks]
    return {k: float(count / len(unit)) for k, count in zip(ks, hits, strict=True)}


def _nearer_than_first_match(
    points: np.ndarray, squares: np.ndarray, classes: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """How many others are nearer to each of `rows` than the nearest of its class; past counting where it is alone.

    Args:
        points: `[n, d]`.
        squares: `[n]`, `||p||²` of each point.
        classes: `[n]`.
        rows: `[m]`, numbers of points.

    Returns:
        `[m]` int64.
    """
    # The square of the row itself less that of the distance: 2 p_i p_j - ||p_j||².
    similarity = (2 * points[rows]) @ points.T
    similarity -= squares
    similarity[np.arange(len(rows)), rows] = -np.inf
    same = classes[rows, np.newaxis] == classes
    best = np.max(similarity, axis=1, keepdims=True, where=same, initial=-np.inf)
    tie = _rounding(squares[rows, np.newaxis], best)
    level = similarity >= best - tie
    first = np.argmax(level & same, axis=1)
    level[np.arange(len(points)) >= first[:, np.newaxis]] = False
    nearer = np.count_nonzero((similarity > best + tie) | level, axis=1)
    return np.where(np.isfinite(best[:, 0]), nearer, np.iinfo(np.int64).max)


def _rounding(squares: np.ndarray, best: np.ndarray) -> np.ndarray:
    """What rounding may make of the squared distances between each row and those as near as its first match.

    `ε (||p||² + D² + D + ε)` with the distance D: the products have sizes `||p||²` and `||p||² + D²`, and rows of unit
    length that are off by ε change `D²` by `2 ε D` or, where they should be equal, by `ε²`.

    Args:
        squares: `||p||²` of each row.
        best: `||p||² - D²` of each row and the nearest of its class; -inf where it is alone.

    Returns:
        Of the same shape; 0 where the row is alone.
    """
    apart = np.maximum(squares - best, 0)
    return np.where(np.isfinite(best), _TIE * (squares + apart + np.sqrt(apart) + _TIE), 0)
