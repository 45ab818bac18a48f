"""From a person, the weights of the face units and a scene to an image."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cafer_tf.synthesis import shading
from cafer_tf.synthesis.head import deform, load_head
from cafer_tf.synthesis.identity import Person
from cafer_tf.synthesis.mesh import openness, project, rotate, rotation_matrix, vertex_normals
from cafer_tf.synthesis.painting import crease_texture
from cafer_tf.synthesis.raster import light_depth, rasterise
from cafer_tf.synthesis.scene import Scene, paint_background

FRAME = 1.88
"""Height of the image in face heights (from between the eyes to the chin) at zoom 1."""
EYE_LEVEL = 0.40
"""Height of the eyes as a fraction of the image, from the top."""
PIVOT = np.array([0.0, -0.3, -0.6], np.float32)
"""Where the head turns, relative to the eyes, in face heights."""
SHADOW_SIZE = 80
SHADOW_REACH = 2.6
"""Side of the region in which shadows fall, in face heights."""


def render_face(
    person: Person, weights: Mapping[str, float], scene: Scene, size: int, supersampling: int = 2
) -> np.ndarray:
    """Renders one face, framed like the aligned crops of emotion data sets.

    Args:
        person: from `identity.make_person`.
        weights: target (`unit/jawOpen`, say) to weight, from `identity.express`.
        scene: pose, light, camera and background.
        size: side of the image in pixels.
        supersampling: samples per pixel along each axis.

    Returns:
        uint8 `[size, size, 3]`, RGB.
    """
    head = load_head()
    moved = deform(person.positions, {**weights, **_gaze(scene.gaze)}, head)
    scale = 1 / person.face_height
    turned = rotate(
        moved, person.eyes + PIVOT / np.float32(scale), rotation_matrix(scene.yaw, scene.pitch, scene.roll), scale
    )
    normals = vertex_normals(turned, person.triangles)
    samples = size * supersampling
    screen = _frame(turned, person, scene, samples)
    light, right, up = _light_axes(scene)
    shadow_map = _light_view(turned, light, right, up)
    attributes = np.empty((len(turned), 8), np.float32)
    attributes[:, :3] = normals
    attributes[:, 3] = openness(turned, normals, person.triangles) * person.light
    attributes[:, 4] = person.lips
    attributes[:, 5:] = shadow_map
    fill = _unit(np.array([-light[0], 0.1, 0.6]))
    image = paint_background(scene, samples)
    triangle, second, third = rasterise(screen, person.triangles, person.parts, samples)
    looks = person.appearance
    shading.shade(
        image,
        triangle,
        second,
        third,
        person.triangles,
        person.parts,
        attributes,
        person.coordinates,
        looks.skin,
        looks.hair,
        crease_texture(),
        _crease_weights(weights),
        looks.palette,
        np.float32(looks.iris_radius),
        light,
        fill,
        _unit(light + np.array([0.0, 0.0, 1.0])),
        np.array([scene.key, scene.fill, scene.ambient, 0.06, scene.shine], np.float32),
        np.array(scene.tint, np.float32),
        light_depth(shadow_map, person.triangles, person.parts, SHADOW_SIZE),
    )
    return shading.develop(image, supersampling)


def _gaze(direction: float) -> dict[str, float]:
    amount, (left, right) = abs(direction), ('Out', 'In') if direction > 0 else ('In', 'Out')
    return {f'unit/eyeLook{left}Left': amount, f'unit/eyeLook{right}Right': amount}


def _frame(turned: np.ndarray, person: Person, scene: Scene, samples: int) -> np.ndarray:
    """Screen coordinates with the eyes at `EYE_LEVEL`; a turned head stays in the frame, as detectors frame it."""
    matrix = rotation_matrix(scene.yaw, scene.pitch, scene.roll)
    pixels = samples / FRAME * scene.zoom
    screen = project(turned, scene.distance, pixels)
    middle = np.array([[0.0, -0.5, 0.1]], np.float32) - PIVOT
    shown = project(rotate(middle, np.zeros(3, np.float32), matrix, 1.0), scene.distance, pixels)[0]
    wanted = (EYE_LEVEL + 0.5 / FRAME + scene.shift[1]) * samples
    screen[:, 0] += np.float32(samples * (0.5 + scene.shift[0])) - shown[0]
    screen[:, 1] += np.float32(wanted) - shown[1]
    return screen


def _light_axes(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors to the light, and to the right and up in the light's view."""
    (sa, ca), (se, ce) = ((np.sin(angle), np.cos(angle)) for angle in (scene.azimuth, scene.elevation))
    return (
        np.array([sa * ce, se, ca * ce], np.float32),
        np.array([ca, 0, -sa], np.float32),
        np.array([-sa * se, ce, -ca * se], np.float32),
    )


def _light_view(turned: np.ndarray, light: np.ndarray, right: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Column, row and depth of every vertex in the shadow map."""
    axes = np.stack([right, up, light])
    viewed = rotate(turned, np.array([0.0, 0.3, 0.6], np.float32), axes, 1.0)
    scale = np.float32(SHADOW_SIZE / SHADOW_REACH)
    viewed[:, 0] = viewed[:, 0] * scale + np.float32(SHADOW_SIZE / 2)
    viewed[:, 1] = np.float32(SHADOW_SIZE / 2) - viewed[:, 1] * scale
    return viewed


def _crease_weights(weights: Mapping[str, float]) -> np.ndarray:
    def both(unit: str) -> float:
        return (weights.get(f'unit/{unit}Left', 0.0) + weights.get(f'unit/{unit}Right', 0.0)) / 2

    rise = 0.5 * (weights.get('unit/browInnerUp', 0.0) + both('browOuterUp'))
    smile = 0.6 * both('mouthSmile') + 0.3 * both('cheekSquint')
    amounts = (rise, both('browDown'), smile, both('noseSneer'))
    return np.array([0.32 * min(1.3, amount) for amount in amounts], np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.sqrt((vector * vector).sum())).astype(np.float32)
