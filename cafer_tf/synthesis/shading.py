"""Colour of every visible pixel: texture, light, shadow and shine, in linear light."""

from __future__ import annotations

from typing import Any

import numpy as np

from cafer_tf.synthesis.head import Part
from cafer_tf.synthesis.jit import compiled

SKIN, EYE, TEETH, TONGUE, LASHES, MOUTH, HAIR = (int(part) for part in Part)
SHADOW_BIAS = np.float32(0.05)
"""Depth in face heights by which something must be nearer to the light to cast a shadow."""

KEY, FILL, AMBIENT, SKY, SHINE = range(5)
"""Indices of the scalars in `levels`: strengths of the lights and of the shine."""


@compiled
def texel(texture: np.ndarray, u: Any, v: Any) -> Any:
    """Row and column of the texel above and left of `u, v` in [0, 1], and the shares of the next row and column."""
    x = min(max(u, np.float32(0.0)), np.float32(1.0)) * np.float32(texture.shape[1] - 1)
    y = min(max(v, np.float32(0.0)), np.float32(1.0)) * np.float32(texture.shape[0] - 1)
    column, row = min(int(x), texture.shape[1] - 2), min(int(y), texture.shape[0] - 2)
    return row, column, np.float32(y - np.float32(row)), np.float32(x - np.float32(column))


@compiled
def bilinear(texture: np.ndarray, row: int, column: int, down: Any, right: Any, channel: int) -> Any:
    """Texture `[rows, columns, channels]` between the four texels from `texel`."""
    left = np.float32(1.0) - right
    above = texture[row, column, channel] * left + texture[row, column + 1, channel] * right
    below = texture[row + 1, column, channel] * left + texture[row + 1, column + 1, channel] * right
    return above * (np.float32(1.0) - down) + below * down


@compiled
def lit_fraction(depth: np.ndarray, x: Any, y: Any, z: Any) -> Any:
    """Share of the 3 x 3 texels around a point that nothing shades."""
    size = depth.shape[0]
    column, row = int(x + 0.5), int(y + 0.5)
    if column < 1 or row < 1 or column > size - 2 or row > size - 2:
        return np.float32(1.0)
    shaded = 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if depth[row + dy, column + dx] > z + SHADOW_BIAS:
                shaded += 1
    return np.float32(1.0) - np.float32(shaded) / np.float32(9.0)


@compiled
def shade(
    image: np.ndarray,
    triangle: np.ndarray,
    second: np.ndarray,
    third: np.ndarray,
    triangles: np.ndarray,
    parts: np.ndarray,
    attributes: np.ndarray,
    coordinates: np.ndarray,
    skin: np.ndarray,
    hair: np.ndarray,
    creases: np.ndarray,
    crease_weights: np.ndarray,
    palette: np.ndarray,
    iris_radius: Any,
    light: np.ndarray,
    fill: np.ndarray,
    half: np.ndarray,
    levels: np.ndarray,
    colour: np.ndarray,
    shadow: np.ndarray,
) -> None:
    """Paints the visible triangles over `image`, in place.

    Args:
        image: float32 `[size, size, 3]`, the background in linear light.
        triangle: int32 `[size, size]`, from `raster.rasterise`.
        second: float32 `[size, size]`, likewise.
        third: float32 `[size, size]`, likewise.
        triangles: int32 `[triangles, 3]`.
        parts: int32 `[triangles]`.
        attributes: float32 `[vertices, 8]`: normal, openness, lip, and column, row, depth seen from the light.
        coordinates: float32 `[triangles, 3, 2]`, texture coordinates of the corners.
        skin: float32 texture, linear RGB.
        hair: the same of the hair, with the shine as a fourth channel.
        creases: float32 `[rows, columns, 4]` of the skin texture's size, where each kind of crease darkens the skin.
        crease_weights: float32 `[4]`.
        palette: float32 `[6, 3]`: iris, white of the eye, teeth, tongue, lashes, lips.
        iris_radius: relative to the eyeball's.
        light: float32 `[3]`, unit vector to the key light.
        fill: the same to the fill light.
        half: the same halfway between key light and camera.
        levels: float32 `[5]`, see `KEY` and the others.
        colour: float32 `[3]` of the key light.
        shadow: from `raster.light_depth`.
    """
    size = image.shape[0]
    base = np.zeros(3, np.float32)
    value = np.zeros(8, np.float32)
    for row in range(size):
        for column in range(size):
            t = triangle[row, column]
            if t < 0:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            w1, w2 = second[row, column], third[row, column]
            w0 = np.float32(1.0) - w1 - w2
            for k in range(8):
                value[k] = w0 * attributes[a, k] + w1 * attributes[b, k] + w2 * attributes[c, k]
            norm = np.float32(1.0) / (np.sqrt(value[0] ** 2 + value[1] ** 2 + value[2] ** 2) + np.float32(1e-9))
            nx, ny, nz = value[0] * norm, value[1] * norm, value[2] * norm
            if nz < 0 and parts[t] == HAIR:
                nx, ny, nz = -nx, -ny, -nz
            u = w0 * coordinates[t, 0, 0] + w1 * coordinates[t, 1, 0] + w2 * coordinates[t, 2, 0]
            v = w0 * coordinates[t, 0, 1] + w1 * coordinates[t, 1, 1] + w2 * coordinates[t, 2, 1]
            part = parts[t]
            openness, shine, warmth = value[3], levels[SHINE], np.float32(0.0)
            if part == SKIN:
                y, x, down, right = texel(skin, u, v)
                crease = np.float32(0.0)
                for k in range(4):
                    if crease_weights[k] > 0:
                        crease += crease_weights[k] * bilinear(creases, y, x, down, right, k)
                keep = np.float32(1.0) - min(crease, np.float32(0.6))
                lip = min(np.float32(1.0), value[4])
                for k in range(3):
                    base[k] = (bilinear(skin, y, x, down, right, k) * (1 - lip) + palette[5, k] * lip) * keep
                shine *= 1 + lip
                warmth = np.float32(0.15)
            elif part == EYE:
                radius = np.sqrt(u * u + v * v) / iris_radius
                for k in range(3):
                    base[k] = palette[1, k]
                    if radius < 0.42:
                        base[k] = np.float32(0.002)
                    elif radius < 1:
                        base[k] = palette[0, k] * (np.float32(0.4) if radius > 0.85 else np.float32(1.0))
                shine = np.float32(0.25)
            elif part == HAIR:
                y, x, down, right = texel(hair, u, v)
                for k in range(3):
                    base[k] = bilinear(hair, y, x, down, right, k)
                shine *= np.float32(1.5) * bilinear(hair, y, x, down, right, 3)
            else:
                which = 2 if part == TEETH else (4 if part == LASHES else 3)
                for k in range(3):
                    base[k] = palette[which, k]
                if part == MOUTH:
                    openness *= np.float32(0.35)
                elif part == TONGUE:
                    openness *= np.float32(0.6)
                else:
                    shine = np.float32(0.0)
                    for k in range(3):
                        base[k] *= openness
            lit = lit_fraction(shadow, value[5], value[6], value[7])
            if part == TEETH:
                lit = max(lit, np.float32(0.7))
            diffuse = max(np.float32(0.0), (nx * light[0] + ny * light[1] + nz * light[2] + np.float32(0.2)) / 1.2)
            direct = levels[KEY] * diffuse * (np.float32(0.25) + np.float32(0.75) * lit)
            direct *= np.float32(0.4) + np.float32(0.6) * openness
            second_light = max(np.float32(0.0), (nx * fill[0] + ny * fill[1] + nz * fill[2] + np.float32(0.3)) / 1.3)
            ambient = (levels[AMBIENT] + levels[SKY] * ny + levels[FILL] * second_light) * openness
            glint = max(np.float32(0.0), nx * half[0] + ny * half[1] + nz * half[2])
            glint = glint * glint
            glint = glint * glint
            glint = glint * glint
            if part != HAIR:
                glint = glint * glint
            if part == EYE:
                glint = glint * glint
                glint = glint * glint
            glint *= shine * lit * levels[KEY]
            for k in range(3):
                tint = np.float32(1.0) + (warmth * (np.float32(1.0) - diffuse) if k == 0 else np.float32(0.0))
                image[row, column, k] = base[k] * (ambient * tint + direct * colour[k]) + glint * colour[k]


@compiled
def develop(image: np.ndarray, factor: int) -> np.ndarray:
    """The uint8 image of `factor` times smaller sides: blocks averaged after the conversion from linear light.

    Averaging display values, not light, keeps thin dark features such as brows and lip lines as dark as they look.
    """
    size = image.shape[0] // factor
    small = np.empty((size, size, 3), np.uint8)
    scale = np.float32(255.0 / (factor * factor))
    for row in range(size):
        for column in range(size):
            for k in range(3):
                total = np.float32(0.0)
                for y in range(row * factor, (row + 1) * factor):
                    for x in range(column * factor, (column + 1) * factor):
                        total += np.sqrt(min(max(image[y, x, k], np.float32(0.0)), np.float32(1.0)))
                small[row, column, k] = np.uint8(total * scale + np.float32(0.5))
    return small
