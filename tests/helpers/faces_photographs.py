"""Rendered faces in larger photographs, with the places of their eyes."""

import functools
import io
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from skimage.transform import SimilarityTransform, warp

from cafer_tf import faces
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import UnusableImage
from cafer_tf.synthesis import Scene, express, make_person, render_face
from cafer_tf.synthesis.expression import sample_blend
from cafer_tf.synthesis.head import load_head
from cafer_tf.synthesis.render import EYE_LEVEL, FRAME, PIVOT
from cafer_tf.synthesis.scene import sample_scene

Point = tuple[float, float]

LIFT = 0.038
"""How far above `EYE_LEVEL` the eyes of a head from the front are, in face heights: perspective spreads its middle."""


class Portrait(NamedTuple):
    """A face from the front, at rest.

    Attributes:
        image: uint8 `[side, side, 3]`.
        eyes: left and right, as the image shows them; to about a hundredth of the side.
        chin: its lowest point, to about the same.
    """

    image: np.ndarray
    eyes: tuple[Point, Point]
    chin: Point


@functools.cache
def portrait(index: int, side: int = 200) -> Portrait:
    person = make_person(7, index)
    right, left = (_front(person.positions[eye]) for eye in load_head().eyes)
    pixels = side / FRAME
    # Seen from the scene's distance, what lies before the middle of the head is larger.
    near = Scene().distance / (Scene().distance + PIVOT[2])
    places = [
        (side / 2 - 0.5 + x * near * pixels, side * EYE_LEVEL - 0.5 - (y * near + LIFT) * pixels)
        for x, y, _ in ((point - person.eyes) / person.face_height for point in (left, right))
    ]
    return Portrait(
        render_face(person, {}, Scene(), side), (places[0], places[1]), (side / 2, side * EYE_LEVEL + pixels)
    )


def _front(ball: np.ndarray) -> np.ndarray:
    middle = (ball.min(0) + ball.max(0)) / 2
    return np.array([middle[0], middle[1], ball[:, 2].max()])


@functools.cache
def candid(index: int) -> np.ndarray:
    """Some person with some expression, pose, light and size: uint8, 160 to 256 pixels wide and high."""
    rng = np.random.default_rng([5, index])
    person = make_person(7, index)
    weights = express(sample_blend(rng).units, person.style, 1.0)
    return render_face(person, weights, sample_scene(rng), int(rng.integers(160, 257)), supersampling=1)


def photograph(
    parts: list[tuple[np.ndarray, SimilarityTransform]], size: tuple[int, int] = (640, 480), colour: int = 90
) -> np.ndarray:
    """Lays images into a plain one of a width and a height, each moved as its transform says."""
    width, height = size
    result = np.full((height, width, 3), colour, np.float64)
    for image, transform in parts:
        padded = np.dstack([image.astype(np.float64), np.full(image.shape[:2], 255.0)])
        laid = warp(padded, transform.inverse, output_shape=(height, width), order=1, cval=0.0)
        cover = laid[..., 3:] / 255
        result = result * (1 - cover) + laid[..., :3]
    return np.clip(np.round(result), 0, 255).astype(np.uint8)


def turned(side: int, degrees: float, middle: Point, scale: float = 1.0) -> SimilarityTransform:
    """Turns a square image about its middle, scales it, and lays its middle somewhere."""
    half = (side - 1) / 2
    turn = SimilarityTransform(rotation=np.deg2rad(degrees), scale=scale)
    back = SimilarityTransform(translation=(-half, -half))
    return back + turn + SimilarityTransform(translation=middle)


def landmarks(eyes: tuple[Point, Point], chin: Point) -> tuple[float, ...]:
    """A plausible set of 68 points with these eyes and this chin, flat; around an upright face."""
    (left, right), distance = np.array(eyes), float(np.hypot(*np.subtract(*eyes)))
    middle = (left + right) / 2
    angles = np.linspace(0, np.pi, 17)
    jaw = middle + np.stack([-1.05 * distance * np.cos(angles), (chin[1] - middle[1]) * np.sin(angles)], 1)
    brows = middle + np.stack([np.linspace(-0.9, 0.9, 10) * distance, np.full(10, -0.4 * distance)], 1)
    nose = middle + np.stack([np.linspace(-0.1, 0.1, 9) * distance, np.linspace(0.1, 0.8, 9) * distance], 1)
    circle = np.exp(2j * np.pi * np.arange(6) / 6) * 0.2 * distance
    lids = np.stack([circle.real, circle.imag / 2], 1)
    mouth = middle + np.stack([np.linspace(-0.4, 0.4, 20) * distance, np.full(20, 1.2 * distance)], 1)
    return tuple(float(value) for value in np.concatenate([jaw, brows, nose, left + lids, right + lids, mouth]).ravel())


def encoded(image: np.ndarray | Image.Image, form: str = 'PNG', **options: object) -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def scene(index: int, degrees: float = 0.0, middle=(320.0, 240.0), scale: float = 1.0):
    """A photograph of a portrait, and the eyes and the chin in it."""
    face = portrait(index)
    transform = turned(len(face.image), degrees, middle, scale)
    left, right, chin = (tuple(point) for point in transform(np.array([*face.eyes, face.chin])))
    return photograph([(face.image, transform)]), (left, right), chin


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Mean absolute difference, in grey levels of 255."""
    return float(np.abs(first.astype(float) - second.astype(float)).mean())


def reason(data: bytes, config: FacesConfig, **given) -> str:
    """Why an image cannot be used."""
    with pytest.raises(UnusableImage) as raised:
        faces.prepare(data, config, **given)
    return str(raised.value)
