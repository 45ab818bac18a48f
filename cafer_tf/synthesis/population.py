"""The parameters of a face set, who is in which split, and single samples of it."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
from PIL import Image

from cafer_tf.features import SPLITS
from cafer_tf.synthesis.expression import Blend, sample_blend
from cafer_tf.synthesis.identity import Person, express
from cafer_tf.synthesis.render import render_face
from cafer_tf.synthesis.scene import expose, sample_camera, sample_scene

IMAGE_STREAM, SPLIT_STREAM = 3, 4
"""Random streams of `[seed, person, stream, ...]`; `identity` uses 0 to 2."""
UNIT_JITTER = 0.08
"""Standard deviation of the logarithm of each unit's weight between two images of the same emotion."""
SMALLEST_IMAGE, LARGEST_IMAGE = 32, 512


@dataclasses.dataclass(frozen=True)
class FaceSet:
    """What a set of faces contains.

    Attributes:
        people: number of persons, at least 3.
        images_per_person: at least 1.
        image_size: side of the square images in pixels, 32 to 512.
        idiosyncrasy: in [0, 1]; how much people differ in expressiveness, resting face and asymmetry. At 0 all people
            express an emotion by the same movements, at 1 identity and emotion are confounded as in life.
        seed: of everything random, not negative.
        eval_fraction, test_fraction: of the people; each split gets at least one person.
    """

    people: int = 160
    images_per_person: int = 50
    image_size: int = 64
    idiosyncrasy: float = 1.0
    seed: int = 0
    eval_fraction: float = 0.15
    test_fraction: float = 0.2

    def __post_init__(self) -> None:
        if self.people < 3:
            raise ValueError(f'people must be at least 3, one for each split; it is {self.people}')
        if self.images_per_person < 1:
            raise ValueError(f'images_per_person must be at least 1; it is {self.images_per_person}')
        if not SMALLEST_IMAGE <= self.image_size <= LARGEST_IMAGE:
            raise ValueError(f'image_size must be {SMALLEST_IMAGE} to {LARGEST_IMAGE} pixels; it is {self.image_size}')
        if not 0 <= self.idiosyncrasy <= 1:
            raise ValueError(f'idiosyncrasy must be in [0, 1]; it is {self.idiosyncrasy}')
        if self.seed < 0:
            raise ValueError(f'seed must not be negative; it is {self.seed}')
        for name in ('eval_fraction', 'test_fraction'):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f'{name} must be between 0 and 1; it is {getattr(self, name)}')
        if self.eval_fraction + self.test_fraction >= 1 or self.people - sum(self._held_out()) < 1:
            raise ValueError(
                f'eval_fraction {self.eval_fraction} and test_fraction {self.test_fraction} of {self.people} people '
                'leave nobody to train on'
            )

    def _held_out(self) -> tuple[int, int]:
        return max(1, round(self.people * self.eval_fraction)), max(1, round(self.people * self.test_fraction))

    def splits(self) -> tuple[str, ...]:
        """The split of every person, by index."""
        in_eval, in_test = self._held_out()
        train, evaluate, test = SPLITS
        names = [evaluate] * in_eval + [test] * in_test + [train] * (self.people - in_eval - in_test)
        order = np.random.default_rng([self.seed, SPLIT_STREAM]).permutation(self.people)
        return tuple(names[position] for position in order)


def subject_id(person: int) -> str:
    """The name of a person, `person-0007` for 7."""
    return f'person-{person:04d}'


def render_sample(face_set: FaceSet, person: Person, index: int, image: int) -> tuple[bytes, Blend]:
    """Image number `image` of a person as JPEG, and the emotion it shows.

    Depends on the seed, the size, the idiosyncrasy and the two numbers only.
    """
    rng = np.random.default_rng([face_set.seed, index, IMAGE_STREAM, image])
    blend = sample_blend(rng)
    weights = {
        name: value * float(np.exp(UNIT_JITTER * rng.standard_normal()))
        for name, value in express(blend.units, person.style, face_set.idiosyncrasy).items()
    }
    scene, camera = sample_scene(rng), sample_camera(rng)
    pixels = expose(render_face(person, weights, scene, face_set.image_size), camera, rng)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, 'JPEG', quality=camera.quality)
    return buffer.getvalue(), blend
