"""What surrounds a face in an image: pose, camera, light, background, and the camera's flaws."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image, ImageFilter

from cafer_tf.synthesis.painting import linear

Colour = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Scene:
    """Pose, camera, light and background; the default is a frontal portrait.

    Attributes:
        yaw, pitch, roll: of the head, in radians.
        gaze: horizontal direction of the eyes, -1 (person's right) to 1.
        distance: of the camera, in face heights (from between the eyes to the chin).
        zoom: 1 is the usual framing, see `render.FRAME`.
        shift: of the face, as a fraction of the image's side.
        azimuth, elevation: of the key light, in radians.
        key, fill, ambient, shine: strengths of the lights and of the skin's shine.
        tint: colour of the key light.
        background: display RGB in [0, 1] of the corners of a coarse grid, interpolated; one colour for a plain one.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    gaze: float = 0.0
    distance: float = 9.0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    azimuth: float = 0.4
    elevation: float = 0.5
    key: float = 0.75
    fill: float = 0.2
    ambient: float = 0.35
    shine: float = 0.08
    tint: Colour = (1.0, 1.0, 1.0)
    background: tuple[tuple[Colour, ...], ...] = (((0.55, 0.57, 0.6),),)


def sample_scene(rng: np.random.Generator) -> Scene:
    """A random scene: near-frontal, lit from the front or the side, before a blurred background."""

    def normal(spread: float, limit: float) -> float:
        return float(np.clip(rng.normal(0, spread), -limit, limit))

    tint = 1 + np.clip(rng.normal(0, 0.04, 3), -0.1, 0.1)
    return Scene(
        yaw=normal(0.14, 0.38),
        pitch=normal(0.07, 0.18),
        roll=normal(0.05, 0.12),
        gaze=normal(0.3, 0.8) if rng.random() < 0.4 else 0.0,
        distance=float(rng.uniform(6, 12)),
        zoom=float(rng.uniform(0.95, 1.07)),
        shift=(normal(0.015, 0.04), normal(0.015, 0.04)),
        azimuth=float(rng.uniform(-0.9, 0.9)),
        elevation=float(rng.uniform(0.05, 0.85)),
        key=float(rng.uniform(0.5, 0.95)),
        fill=float(rng.uniform(0.1, 0.3)),
        ambient=float(rng.uniform(0.28, 0.45)),
        shine=float(rng.uniform(0.03, 0.11)),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        background=_sample_background(rng),
    )


def _sample_background(rng: np.random.Generator) -> tuple[tuple[Colour, ...], ...]:
    cells = int(rng.integers(2, 5))
    base = rng.uniform(0.15, 0.85) + rng.normal(0, 0.04, 3)
    grid = np.clip(base + rng.normal(0, 0.1, (cells, cells, 1)) + rng.normal(0, 0.03, (cells, cells, 3)), 0.02, 0.98)
    return tuple(tuple((float(r), float(g), float(b)) for r, g, b in row) for row in grid)


def paint_background(scene: Scene, size: int) -> np.ndarray:
    """float32 `[size, size, 3]` in linear light."""
    grid = np.array(scene.background, np.float32)
    if grid.shape[0] == 1:
        return np.ascontiguousarray(np.broadcast_to(linear(grid), (size, size, 3)))
    coarse = Image.fromarray(np.round(grid * 255).astype(np.uint8))
    smooth = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC), np.float32) / np.float32(255)
    return linear(smooth)


@dataclasses.dataclass(frozen=True)
class Camera:
    """Flaws of a camera.

    Attributes:
        blur: radius as a fraction of the image's side.
        contrast: factor about the middle grey.
        brightness: added, in grey levels of 255.
        noise: standard deviation, in grey levels of 255.
        quality: of the JPEG.
    """

    blur: float = 0.0
    contrast: float = 1.0
    brightness: float = 0.0
    noise: float = 0.0
    quality: int = 92


def sample_camera(rng: np.random.Generator) -> Camera:
    """Mild random flaws."""
    return Camera(
        blur=float(min(abs(rng.normal(0, 0.003)), 0.007)),
        contrast=float(rng.uniform(0.88, 1.1)),
        brightness=float(np.clip(rng.normal(0, 7), -18, 18)),
        noise=float(min(abs(rng.normal(0, 2.0)), 5)),
        quality=int(rng.integers(72, 97)),
    )


def expose(image: np.ndarray, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """The image with the camera's blur, contrast and noise; `quality` is left to the encoder.

    Args:
        image: uint8 `[size, size, 3]`.
        camera: the flaws.
        rng: of the noise.
    """
    radius = camera.blur * len(image)
    if radius > 0.15:
        image = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
    values = (image.astype(np.float32) - 128) * np.float32(camera.contrast) + np.float32(128 + camera.brightness)
    values += rng.standard_normal(values.shape, np.float32) * np.float32(camera.noise)
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
