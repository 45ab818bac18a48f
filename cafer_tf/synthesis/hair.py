"""Hair: a shell around the skull that ends in a hairline, and the hair painted on the skin beneath it.

The shell is a grid of columns (around the head) and rows (from the crown down). Its roots are fixed to triangles of the
base mesh, so that it fits every person's skull. Where the shell ends it dives under the skin, so that the visible
hairline is the smooth intersection of two surfaces and not the edge of a coarse mesh.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from cafer_tf.synthesis.head import Head, Part, load_head
from cafer_tf.synthesis.jit import compiled
from cafer_tf.synthesis.painting import cloud, ramp

AROUND, DOWN = 56, 40
"""Columns and rows of the grid of roots; the row's elevation falls from 90 to `LOWEST` degrees."""
LOWEST = -50.0
CENTRE = np.array([0.0, 7.45, 0.5], np.float32)
"""Where the rays that find the roots start, inside the skull."""
SHELL_ROWS = 14
HANGING_ROWS = 6


@dataclasses.dataclass(frozen=True)
class HairStyle:
    """A cut. Heights are those of the base mesh, see `painting`.

    Attributes:
        volume: thickness of the shell in decimetres; 0 for no shell.
        line: height of the hairline above the forehead.
        temple: angle in radians at which the hairline comes down from the forehead.
        side: height at which hair ends beside the ears.
        length: how far hair hangs below the ears, in decimetres.
        fringe: how far a fringe comes down over the forehead, in decimetres.
        density: opacity of the painted hair, in [0, 1].
        sides: thickness at the sides and the back relative to the top.
        tilt: how much higher the hairline is on the person's left, in decimetres per radian.
        curl: height of the shell's bumps relative to its thickness.
    """

    volume: float
    line: float
    temple: float
    side: float
    length: float
    fringe: float
    density: float
    sides: float = 1.0
    tilt: float = 0.0
    curl: float = 0.0

    def height(self, angles: np.ndarray) -> np.ndarray:
        """Height of the hairline at the angles (radians from the front)."""
        across = np.abs(angles)
        line = self.line - 0.06 * ramp(0.1, 0.7, across) + self.tilt * np.clip(angles, -0.8, 0.8)
        return line - (line - self.side) * ramp(self.temple - 0.2, self.temple + 0.14, across)

    def painted(self, angles: np.ndarray, heights: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Opacity of the hair painted on the skin."""
        return self.density * ramp(-0.03, 0.05, heights - self.height(angles) + noise)


def sample_style(rng: np.random.Generator, masculine: float, age: float) -> HairStyle:
    """A random cut; long hair is commoner on feminine faces, a bald head on older masculine ones."""
    line, temple = 7.98 + rng.normal(0, 0.05), rng.uniform(0.84, 1.0)
    tilt = rng.normal(0, 0.06)
    curl = rng.uniform(0.15, 0.4) if rng.random() < 0.3 else 0.0
    if masculine > 0.5:
        bald = 0.08 + 0.3 * age
        kind = rng.choice(['bald', 'short', 'full', 'long'], p=[bald, 0.55, 0.37 - 0.3 * age, 0.0])
    else:
        kind = rng.choice(['short', 'full', 'long'], p=[0.12, 0.23, 0.65])
    if kind == 'bald':
        return HairStyle(0.0, 8.05, temple, 7.3, 0.0, 0.0, float(rng.choice([0.0, 0.25, 0.5])))
    if kind == 'short':
        volume, side, sides = rng.uniform(0.06, 0.16), rng.uniform(7.1, 7.3), rng.uniform(0.15, 0.6)
        return HairStyle(volume, line, temple, side, 0.0, 0.0, 0.97, sides, 0.5 * tilt, curl)
    fringe = rng.uniform(0.08, 0.24) if rng.random() < 0.35 else 0.0
    if kind == 'full':
        volume, side, sides = rng.uniform(0.12, 0.28), rng.uniform(6.9, 7.2), rng.uniform(0.4, 1.0)
        return HairStyle(volume, line, temple, side, 0.0, fringe, 0.97, sides, tilt, curl)
    length = rng.uniform(0.5, 1.7)
    return HairStyle(rng.uniform(0.10, 0.22), line, temple + 0.1, 7.0, length, fringe, 0.97, 1.0, 1.5 * tilt, curl)


@dataclasses.dataclass(frozen=True)
class HairShell:
    """A shell as a mesh of its own; coordinates address `Appearance.hair`."""

    positions: np.ndarray
    triangles: np.ndarray
    coordinates: np.ndarray


def build_shell(style: HairStyle, positions: np.ndarray, rng: np.random.Generator) -> HairShell | None:
    """The shell of a cut on a person's head.

    Args:
        style: the cut.
        positions: float32 `[vertices, 3]`, the person's neutral head.
        rng: of the curls.
    """
    if style.volume == 0:
        return None
    roots, directions, heights = _roots(positions)
    angles = np.linspace(-np.pi, np.pi, AROUND + 1)
    line = style.height(angles) - style.fringe * ramp(0.95, 0.6, np.abs(angles))
    rows = _rows_at(heights, line)
    steps = np.arange(SHELL_ROWS + 1) / SHELL_ROWS
    hanging = style.length > 0
    # Beside and behind the face the ends of long hair stay proud of the skin; elsewhere they dive under it.
    proud = ramp(style.temple - 0.05, style.temple + 0.2, np.abs(angles)) if hanging else np.zeros_like(angles)
    end = np.where(proud > 0, 0.9 * proud, 0) - 0.35 * (1 - proud)
    if style.fringe:
        end = np.maximum(end, 0.30 * ramp(0.95, 0.7, np.abs(angles)))
    volume = style.volume * (1 - (1 - style.sides) * ramp(0.5, 1.1, np.abs(angles)))
    bumps = style.curl * cloud(rng, 12, (SHELL_ROWS + 1, AROUND + 1))
    layers = []
    for step, bump in zip(steps, bumps, strict=True):
        point, direction = _interpolate(roots, rows * step), _interpolate(directions, rows * step)
        height = style.volume + (volume - style.volume) * ramp(0.2, 0.6, step)
        thickness = height * (end + (1 - end) * (1 - step**2.2) ** 0.7 * (1 + bump))
        layers.append(point + direction * thickness[:, None])
    if hanging:
        tip = layers[-1]
        outward = np.stack([np.sin(angles), np.zeros_like(angles), np.cos(angles)], -1)
        for step in np.arange(1, HANGING_ROWS + 1) / HANGING_ROWS:
            fall = style.length * step * proud
            swing = style.volume * 0.8 * np.sin(np.pi * min(1.0, step * 0.9)) * proud - 0.15 * step * (1 - proud)
            layers.append(tip + outward * swing[:, None] - np.stack([0 * fall, fall, 0 * fall], -1))
    grid = np.array(layers, np.float32)
    return HairShell(grid.reshape(-1, 3), *_connect(len(layers)))


def _roots(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Root, direction (both `[DOWN + 1, AROUND + 1, 3]`) and base height of each node of the grid."""
    head, (triangle, weights, direction, height) = load_head(), _anchors()
    corners = positions[head.triangles[triangle]]
    points = (corners * weights[..., None]).sum(-2)
    return points, direction, height


@functools.cache
def _anchors() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Triangle, barycentric weights, direction and base height where each ray leaves the base head."""
    head: Head = load_head()
    corner_ears = head.ears[head.triangles].max(1)
    skull = (head.parts == Part.SKIN) & (corner_ears < 0.3) & (head.positions[head.triangles, 1].min(1) > 6.0)
    candidates = np.flatnonzero(skull).astype(np.int32)
    angles = np.linspace(-np.pi, np.pi, AROUND + 1)
    elevations = np.radians(np.linspace(89.5, LOWEST, DOWN + 1))
    angle, elevation = np.meshgrid(angles, elevations)
    direction = np.stack(
        [np.sin(angle) * np.cos(elevation), np.sin(elevation), np.cos(angle) * np.cos(elevation)], -1
    ).astype(np.float32)
    triangle, weights = _cast(head.positions, head.triangles[candidates], CENTRE, direction.reshape(-1, 3))
    triangle, weights = triangle.reshape(angle.shape), weights.reshape(*angle.shape, 3)
    for row in range(1, DOWN + 1):  # a ray that leaves through an ear takes the root above it
        missed = triangle[row] < 0
        triangle[row, missed], weights[row, missed] = triangle[row - 1, missed], weights[row - 1, missed]
    triangle = candidates[triangle]
    height = (head.positions[head.triangles[triangle], 1] * weights).sum(-1)
    return triangle, weights, direction, height


@compiled
def _cast(
    positions: np.ndarray, triangles: np.ndarray, origin: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The farthest triangle that each ray crosses (-1 if none) and the barycentric weights of the crossing."""
    found = np.full(directions.shape[0], -1, np.int32)
    weights = np.zeros((directions.shape[0], 3), np.float32)
    for ray in range(directions.shape[0]):
        farthest = 0.0
        d = directions[ray]
        for t in range(triangles.shape[0]):
            a = positions[triangles[t, 0]]
            e1, e2, s = positions[triangles[t, 1]] - a, positions[triangles[t, 2]] - a, origin - a
            p = np.cross(d, e2)
            determinant = (e1 * p).sum()
            if abs(determinant) < 1e-12:
                continue
            u = (s * p).sum() / determinant
            q = np.cross(s, e1)
            v = (d * q).sum() / determinant
            distance = (e2 * q).sum() / determinant
            if u < 0 or v < 0 or u + v > 1 or distance <= farthest:
                continue
            farthest = distance
            found[ray] = t
            weights[ray, 0], weights[ray, 1], weights[ray, 2] = 1 - u - v, u, v
    return found, weights


def _rows_at(heights: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Fractional row of the grid at which each column comes down to the height `line`."""
    rows = np.arange(len(heights))
    return np.array([np.interp(-goal, -column, rows) for column, goal in zip(heights.T, line, strict=True)])


def _interpolate(grid: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`grid[rows[column], column]` for fractional rows."""
    below = np.minimum(rows.astype(int), len(grid) - 2)
    part = (rows - below)[:, None]
    columns = np.arange(grid.shape[1])
    return grid[below, columns] * (1 - part) + grid[below + 1, columns] * part


@functools.cache
def _connect(layers: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of a grid of `layers` rows and `AROUND + 1` columns, and the texture coordinates of their corners."""
    row, column = (axis.ravel() for axis in np.mgrid[: layers - 1, :AROUND])
    first = row * (AROUND + 1) + column
    below = first + AROUND + 1
    triangles = np.concatenate([np.stack([first, below, first + 1], -1), np.stack([first + 1, below, below + 1], -1)])
    coordinates = np.stack([triangles % (AROUND + 1) / AROUND, triangles // (AROUND + 1) / (layers - 1)], -1)
    return triangles.astype(np.int32), coordinates.astype(np.float32)
