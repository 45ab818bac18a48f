"""Loops over the mesh: normals, hollows, rotation and perspective. All arrays are float32."""

from __future__ import annotations

import numpy as np

from cafer_tf.synthesis.jit import compiled


@compiled
def vertex_normals(positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit normals `[vertices, 3]`, weighted by the area of the triangles around each vertex."""
    normals = np.zeros_like(positions)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x, y, z = positions[a, 0], positions[a, 1], positions[a, 2]
        x1, y1, z1 = positions[b, 0] - x, positions[b, 1] - y, positions[b, 2] - z
        x2, y2, z2 = positions[c, 0] - x, positions[c, 1] - y, positions[c, 2] - z
        nx, ny, nz = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
        for vertex in (a, b, c):
            normals[vertex, 0] += nx
            normals[vertex, 1] += ny
            normals[vertex, 2] += nz
    for vertex in range(normals.shape[0]):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        scale = np.float32(1.0) / (np.sqrt(x * x + y * y + z * z) + np.float32(1e-12))
        for axis in range(3):
            normals[vertex, axis] *= scale
    return normals


@compiled
def openness(positions: np.ndarray, normals: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """How open to ambient light each vertex is, in [0.3, 1]: below 1 where the neighbours rise above it."""
    rise = np.zeros(positions.shape[0], np.float32)
    length = np.zeros(positions.shape[0], np.float32)
    for t in range(triangles.shape[0]):
        for corner in range(3):
            a, b = triangles[t, corner], triangles[t, (corner + 1) % 3]
            x = positions[b, 0] - positions[a, 0]
            y = positions[b, 1] - positions[a, 1]
            z = positions[b, 2] - positions[a, 2]
            distance = np.sqrt(x * x + y * y + z * z)
            rise[a] += x * normals[a, 0] + y * normals[a, 1] + z * normals[a, 2]
            rise[b] -= x * normals[b, 0] + y * normals[b, 1] + z * normals[b, 2]
            length[a] += distance
            length[b] += distance
    result = np.ones(positions.shape[0], np.float32)
    for vertex in range(positions.shape[0]):
        hollow = rise[vertex] / (length[vertex] + np.float32(1e-9))
        if hollow > 0.02:
            result[vertex] = max(np.float32(0.3), np.float32(1.04) - np.float32(2.0) * hollow)
    # Neighbours are averaged in, since single vertices of an uneven mesh would show as smudges.
    total = result * np.float32(2.0)
    count = np.full(positions.shape[0], np.float32(2.0), np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        around = result[a] + result[b] + result[c]
        for vertex in (a, b, c):
            total[vertex] += around
            count[vertex] += np.float32(3.0)
    return total / count


@compiled
def rotate(positions: np.ndarray, centre: np.ndarray, rotation: np.ndarray, scale: float) -> np.ndarray:
    """`scale * rotation @ (position - centre)` for every vertex (a loop: BLAS may sum in an order of its own)."""
    rotated = np.empty_like(positions)
    for vertex in range(positions.shape[0]):
        x = (positions[vertex, 0] - centre[0]) * scale
        y = (positions[vertex, 1] - centre[1]) * scale
        z = (positions[vertex, 2] - centre[2]) * scale
        for axis in range(3):
            rotated[vertex, axis] = rotation[axis, 0] * x + rotation[axis, 1] * y + rotation[axis, 2] * z
    return rotated


@compiled
def project(positions: np.ndarray, distance: float, pixels: float) -> np.ndarray:
    """Perspective from `(0, 0, distance)`: columns to the right, rows downwards, and depth (larger is nearer).

    A length of 1 at depth 0 becomes `pixels` pixels.
    """
    projected = np.empty_like(positions)
    for vertex in range(positions.shape[0]):
        scale = pixels * distance / (distance - positions[vertex, 2])
        projected[vertex, 0] = positions[vertex, 0] * scale
        projected[vertex, 1] = -positions[vertex, 1] * scale
        projected[vertex, 2] = positions[vertex, 2]
    return projected


def rotation_matrix(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """float32 `[3, 3]`: yaw about y, then pitch about x, then roll about z; angles in radians."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(angle), np.sin(angle)) for angle in (yaw, pitch, roll))
    pitch_yaw = np.array([[cy, 0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]])
    first, second, third = pitch_yaw
    return np.array([cr * first - sr * second, sr * first + cr * second, third]).astype(np.float32)
