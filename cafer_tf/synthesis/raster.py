"""Two z-buffers: what the camera sees, and how near to the light each ray ends."""

from __future__ import annotations

import numpy as np

from cafer_tf.synthesis.head import Part
from cafer_tf.synthesis.jit import compiled

TEETH, TONGUE, LASHES, MOUTH, HAIR = (
    int(part) for part in (Part.TEETH, Part.TONGUE, Part.LASHES, Part.MOUTH, Part.HAIR)
)
FAR = np.float32(-1e9)
LASH_LIFT = np.float32(0.012)
"""Lashes are drawn as if this much nearer, in face heights: closed lids would hide parts of them."""


@compiled
def rasterise(
    screen: np.ndarray, triangles: np.ndarray, parts: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest triangle at each pixel.

    Teeth and tongue are drawn in a second pass, and only where the lining of the mouth is in view, so that they cannot
    pierce a lip, a chin or a cheek however a person's face is shaped.

    Args:
        screen: float32 `[vertices, 3]` of column, row and depth (larger is nearer).
        triangles: int32 `[triangles, 3]`.
        parts: int32 `[triangles]`.
        size: side of the image in pixels.

    Returns:
        Triangle `[size, size]` (-1 where there is none) and the barycentric weights of its second and third corner.
    """
    depth = np.full((size, size), FAR, np.float32)
    triangle = np.full((size, size), -1, np.int32)
    second = np.zeros((size, size), np.float32)
    third = np.zeros((size, size), np.float32)
    for inside_mouth in (False, True):
        for t in range(triangles.shape[0]):
            part = parts[t]
            if (part in (TEETH, TONGUE)) != inside_mouth:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            x0, y0 = screen[a, 0], screen[a, 1]
            x1, y1 = screen[b, 0] - x0, screen[b, 1] - y0
            x2, y2 = screen[c, 0] - x0, screen[c, 1] - y0
            area = x1 * y2 - x2 * y1
            if abs(area) < 1e-9 or (area > 0 and part != LASHES and part != HAIR):
                continue
            left, right = x0 + min(np.float32(0.0), x1, x2), x0 + max(np.float32(0.0), x1, x2)
            top, bottom = y0 + min(np.float32(0.0), y1, y2), y0 + max(np.float32(0.0), y1, y2)
            if right < 0 or bottom < 0 or left > size - 1 or top > size - 1:
                continue
            scale = np.float32(1.0) / area
            z0 = screen[a, 2]
            z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
            if part == LASHES:
                z0 += LASH_LIFT
            for row in range(max(0, int(np.ceil(top))), min(size - 1, int(np.floor(bottom))) + 1):
                dy = np.float32(row) - y0
                for column in range(max(0, int(np.ceil(left))), min(size - 1, int(np.floor(right))) + 1):
                    dx = np.float32(column) - x0
                    w1 = (dx * y2 - x2 * dy) * scale
                    w2 = (x1 * dy - dx * y1) * scale
                    if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                        continue
                    z = z0 + w1 * z1 + w2 * z2
                    if inside_mouth:
                        under = triangle[row, column]
                        if under < 0:
                            continue
                        visible = parts[under]
                        if (visible != MOUTH and visible != TEETH and visible != TONGUE) or z <= depth[row, column]:
                            continue
                    elif z <= depth[row, column]:
                        continue
                    depth[row, column] = z
                    triangle[row, column] = t
                    second[row, column] = w1
                    third[row, column] = w2
    return triangle, second, third


@compiled
def light_depth(screen: np.ndarray, triangles: np.ndarray, parts: np.ndarray, size: int) -> np.ndarray:
    """float32 `[size, size]`: the depth of the nearest surface seen from the light (larger is nearer)."""
    depth = np.full((size, size), FAR, np.float32)
    for t in range(triangles.shape[0]):
        part = parts[t]
        if part in (LASHES, TEETH, TONGUE, MOUTH):
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0] - x0, screen[b, 1] - y0
        x2, y2 = screen[c, 0] - x0, screen[c, 1] - y0
        area = x1 * y2 - x2 * y1
        if abs(area) < 1e-9 or (area > 0 and part != HAIR):
            continue
        scale = np.float32(1.0) / area
        z0 = screen[a, 2]
        z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
        left, right = x0 + min(np.float32(0.0), x1, x2), x0 + max(np.float32(0.0), x1, x2)
        top, bottom = y0 + min(np.float32(0.0), y1, y2), y0 + max(np.float32(0.0), y1, y2)
        for row in range(max(0, int(np.ceil(top))), min(size - 1, int(np.floor(bottom))) + 1):
            dy = np.float32(row) - y0
            for column in range(max(0, int(np.ceil(left))), min(size - 1, int(np.floor(right))) + 1):
                dx = np.float32(column) - x0
                w1 = (dx * y2 - x2 * dy) * scale
                w2 = (x1 * dy - dx * y1) * scale
                if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                    continue
                z = z0 + w1 * z1 + w2 * z2
                if z > depth[row, column]:
                    depth[row, column] = z
    return depth
