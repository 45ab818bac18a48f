"""Brushes for the skin texture, which is laid around the head like a cylinder.

A texel's coordinates are the angle around the neck's axis (radians, 0 in front, positive to the person's left) and the
height on the unshaped base mesh (decimetres; eyes at 7.27, brows 7.50, nose tip 6.93, mouth 6.63, chin 6.27).
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from PIL import Image

ROWS, COLUMNS = 320, 300
TOP, BOTTOM = 8.6, 5.2
REACH = 2.2
"""Largest angle in the texture; beyond it the border is repeated, which hair or the back of the head hides."""
AXIS = 0.55
"""z of the cylinder's axis."""


@functools.cache
def texels() -> tuple[np.ndarray, np.ndarray]:
    """Angle and height of every texel, both float32 `[ROWS, COLUMNS]`."""
    heights = np.linspace(TOP, BOTTOM, ROWS, dtype=np.float32)
    angles = np.linspace(-REACH, REACH, COLUMNS, dtype=np.float32)
    grid = np.meshgrid(angles, heights)
    return grid[0], grid[1]


def texture_coordinates(positions: np.ndarray) -> np.ndarray:
    """Texture coordinates in [0, 1] of base positions `[..., 3]`, beyond it where the border is repeated."""
    angles = np.arctan2(positions[..., 0], positions[..., 2] - AXIS)
    return np.stack([angles / (2 * REACH) + 0.5, (TOP - positions[..., 1]) / (TOP - BOTTOM)], -1).astype(np.float32)


def ramp(start: float, end: float, values: Any) -> np.ndarray:
    """Smooth step from 0 at `start` to 1 at `end`; `start` may be above `end`."""
    t = np.clip((values - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def spot(angle: float, height: float, width: float, tall: float, mirrored: bool = True) -> np.ndarray:
    """A soft ellipse with its centre at 1, on both sides of the face if `mirrored`."""
    angles, heights = texels()
    across = np.abs(angles) if mirrored else angles
    return np.exp(-(((across - angle) / width) ** 2) - ((heights - height) / tall) ** 2)


def stroke(points: list[tuple[float, float]], width: float, mirrored: bool = True) -> np.ndarray:
    """A soft line through `(angle, height)` points, with its middle at 1; `width` in decimetres."""
    angles, heights = texels()
    across = np.abs(angles) if mirrored else angles
    squared = np.full(angles.shape, np.inf, np.float32)
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        x, y = x1 - x0, y1 - y0
        along = np.clip(((across - x0) * x + (heights - y0) * y) / (x * x + y * y), 0, 1)
        squared = np.minimum(squared, (across - x0 - along * x) ** 2 + (heights - y0 - along * y) ** 2)
    return np.exp(-squared / width**2)


def cloud(rng: np.random.Generator, cells: int, shape: tuple[int, int] = (ROWS, COLUMNS)) -> np.ndarray:
    """Smooth noise of about unit variance with `cells` cells a side, float32."""
    grid = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
    return np.asarray(grid.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


def mix(texture: np.ndarray, colour: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """`texture * (1 - amount) + colour * amount`."""
    return texture * (1 - amount[..., None]) + colour * amount[..., None]


def linear(colour: np.ndarray) -> np.ndarray:
    """Linear light of display values in [0, 1], with a gamma of 2: its inverse is a square root, which is fast."""
    return np.square(colour)


@functools.cache
def crease_texture() -> np.ndarray:
    """float32 `[ROWS, COLUMNS, 4]`: where skin folds when brows rise or lower, cheeks smile, or the nose wrinkles."""
    forehead = sum(stroke([(0.0, y), (0.42, y + 0.02), (0.6, y - 0.04)], 0.022) for y in (7.69, 7.80))
    frown = stroke([(0.055, 7.42), (0.075, 7.56)], 0.016) + 0.5 * stroke([(0.0, 7.38), (0.10, 7.37)], 0.014)
    fold = stroke([(0.17, 6.94), (0.28, 6.80), (0.36, 6.66)], 0.022)
    feet = sum(stroke([(0.66, 7.28), (0.78, 7.28 + dy)], 0.012) for dy in (-0.05, 0.0, 0.05))
    wrinkles = sum(stroke([(0.02, y), (0.11, y - 0.02)], 0.012) for y in (7.18, 7.26, 7.34))
    upper_fold = stroke([(0.15, 6.97), (0.22, 6.88), (0.27, 6.74)], 0.024)
    return np.stack([0.6 * forehead, frown, 0.8 * fold + 0.6 * feet, wrinkles + upper_fold], -1).astype(np.float32)
