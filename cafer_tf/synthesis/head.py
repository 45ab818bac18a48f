"""The parametric head: a mesh with morph targets, read from `assets/head.npz`.

Coordinates are in decimetres: x to the person's left, y up, z towards the camera.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import pathlib
from collections.abc import Mapping

import numpy as np

from cafer_tf.synthesis.jit import compiled

ASSET = pathlib.Path(__file__).parent / 'assets' / 'head.npz'
OFFSET_SCALE = 0.001
"""Decimetres of one integer step of the stored positions and offsets."""


class Part(enum.IntEnum):
    """What a triangle belongs to."""

    SKIN = 0
    EYE = 1
    TEETH = 2
    TONGUE = 3
    LASHES = 4
    MOUTH = 5
    HAIR = 6


@dataclasses.dataclass(frozen=True)
class Head:
    """The neutral mesh and its morph targets.

    Attributes:
        positions: float32 `[vertices, 3]`.
        triangles: int32 `[triangles, 3]`.
        parts: int32 `[triangles]`, values of `Part`.
        vertex_parts: int32 `[vertices]`; the lining of the mouth counts as skin here.
        lips, inside_mouth, ears: float32 `[vertices]`, masks in [0, 1].
        names: target name to its row in `pointers`.
        pointers: int32 `[targets + 1]`, the range of each target in `indices` and `offsets`.
        indices: int32 `[entries]`, the vertices that move.
        offsets: float32 `[entries, 3]`, how far they move at weight 1.
        eyes: vertex indices of the person's left (x > 0) and right eyeball.
    """

    positions: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    vertex_parts: np.ndarray
    lips: np.ndarray
    inside_mouth: np.ndarray
    ears: np.ndarray
    names: Mapping[str, int]
    pointers: np.ndarray
    indices: np.ndarray
    offsets: np.ndarray
    eyes: tuple[np.ndarray, np.ndarray]


@functools.cache
def load_head() -> Head:
    """The head, read once per process."""
    with np.load(ASSET, allow_pickle=False) as asset:
        arrays = {name: asset[name] for name in asset.files}
    positions = arrays['positions'].astype(np.float32) * np.float32(OFFSET_SCALE)
    triangles, parts = arrays['triangles'].astype(np.int32), arrays['parts'].astype(np.int32)
    vertex_parts = np.zeros(len(positions), np.int32)
    vertex_parts[triangles.ravel()] = np.repeat(parts, 3)
    lips, inside_mouth, ears = (arrays[name].astype(np.float32) / 255 for name in ('lips', 'inside_mouth', 'ears'))
    parts[(parts == Part.SKIN) & (inside_mouth[triangles].mean(1) > 0.6)] = Part.MOUTH
    eyeballs = vertex_parts == Part.EYE
    return Head(
        positions=positions,
        triangles=triangles,
        parts=parts,
        vertex_parts=vertex_parts,
        lips=lips,
        inside_mouth=inside_mouth,
        ears=ears,
        names={str(name): row for row, name in enumerate(arrays['names'])},
        pointers=arrays['pointers'],
        indices=arrays['indices'].astype(np.int32),
        offsets=arrays['offsets'].astype(np.float32) * np.float32(OFFSET_SCALE),
        eyes=(np.flatnonzero(eyeballs & (positions[:, 0] > 0)), np.flatnonzero(eyeballs & (positions[:, 0] < 0))),
    )


def deform(positions: np.ndarray, weights: Mapping[str, float], head: Head) -> np.ndarray:
    """`positions + sum_t weight_t * offsets_t`, as a new array.

    Args:
        positions: float32 `[vertices, 3]`; more rows than the head has (hair, say) stay as they are.
        weights: target name to weight, usually in [0, 1].
        head: the targets.

    Raises:
        KeyError: a name that is not a target.
    """
    moved = positions.copy()
    rows = np.array([head.names[name] for name in weights], np.int32)
    _add_targets(moved, rows, np.array(list(weights.values()), np.float32), head.pointers, head.indices, head.offsets)
    return moved


@compiled
def _add_targets(
    positions: np.ndarray,
    rows: np.ndarray,
    weights: np.ndarray,
    pointers: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
) -> None:
    for k in range(len(rows)):
        weight = weights[k]
        if weight == 0:
            continue
        for entry in range(pointers[rows[k]], pointers[rows[k] + 1]):
            vertex = indices[entry]
            for axis in range(3):
                positions[vertex, axis] += weight * offsets[entry, axis]
