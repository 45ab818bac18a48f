"""People: the shape of a head, its looks, and the way a person expresses emotions."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping

import numpy as np

from cafer_tf.synthesis.appearance import Appearance, Traits, sample_appearance, sample_traits
from cafer_tf.synthesis.expression import Units, sample_blend
from cafer_tf.synthesis.hair import build_shell
from cafer_tf.synthesis.head import Head, Part, deform, load_head
from cafer_tf.synthesis.painting import ramp, texture_coordinates

SLIDER_SPREAD = 0.25
UNEVENNESS = 0.12
TEETH_SHIFT = np.array([0.0, -0.025, -0.03], np.float32)
LOWER_TEETH_DROP = np.float32(0.015)
LIMITS: Mapping[str, float] = {'eyeBlink': 1.0, 'jawOpen': 1.0, 'mouthSmile': 1.5}
"""Largest weight of units that break the face beyond it; the others go up to `LARGEST`."""
LARGEST = 2.0
RISING = ('incr', 'up', 'out', 'forward', 'convex')
SLIDER = re.compile(r'shape/(?P<name>.*?)-(?P<end>decr|incr|down|up|in|out|backward|forward|concave|convex)$')

REGIONS: Mapping[str, tuple[str, ...]] = {
    'brows': ('browDown', 'browInnerUp', 'browOuterUp'),
    'eyes': ('eyeBlink', 'eyeLookDown', 'eyeSquint', 'eyeWide'),
    'nose': ('noseSneer', 'cheekSquint'),
    'jaw': ('jawOpen', 'jawForward'),
}
"""Units that a person moves by the same gain; all others are the region `mouth`."""
RESTING_SPREAD: Mapping[str, float] = {
    'mouthFrown': 0.5,
    'mouthSmile': 0.28,
    'browDown': 0.55,
    'browInnerUp': 0.5,
    'browOuterUp': 0.4,
    'eyeSquint': 0.35,
    'eyeBlink': 0.1,
    'eyeWide': 0.35,
    'noseSneer': 0.25,
    'mouthPress': 0.3,
}
"""Standard deviation of each unit in the resting face before its negative half is cut off."""
RESTING_EMOTION = 0.2
"""Standard deviation of the strength of the emotion that a resting face seems to show."""


@dataclasses.dataclass(frozen=True)
class Style:
    """How a person's face differs from the common expression of an emotion.

    Attributes:
        gain: logarithm of the overall expressiveness.
        region_gains: region to the logarithm of its gain.
        resting: unit to its weight in the neutral face.
        asymmetry: how much stronger the left side moves; -1 to 1.
    """

    gain: float
    region_gains: Mapping[str, float]
    resting: Mapping[str, float]
    asymmetry: float


@dataclasses.dataclass(frozen=True)
class Person:
    """Everything that stays the same in all images of one person.

    Attributes:
        positions: float32 `[vertices, 3]`, the neutral head and the hair.
        triangles, parts: int32, the mesh.
        coordinates: float32 `[triangles, 3, 2]`, texture coordinates of the corners.
        lips: float32 `[vertices]`, opacity of the lips' colour.
        light: float32 `[vertices]`, share of the light that reaches the vertex: the back teeth are dark.
        appearance: textures and colours.
        style: how the person expresses emotions.
        eyes: float32 `[3]`, the point between the eyes.
        face_height: distance from there to the chin, in decimetres.
    """

    positions: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    coordinates: np.ndarray
    lips: np.ndarray
    light: np.ndarray
    appearance: Appearance
    style: Style
    eyes: np.ndarray
    face_height: float


def make_person(seed: int, index: int) -> Person:
    """One person of a population, the same whatever other people there are.

    Args:
        seed: of the population, from 0.
        index: of the person, from 0.

    Returns:
        Head, looks, and the way to express emotions; `express` gives the face of an emotion.

    Raises:
        ValueError: a negative number.
    """
    looks, shape, manner = (np.random.default_rng([seed, index, stream]) for stream in range(3))
    head, traits = load_head(), sample_traits(looks)
    appearance = sample_appearance(looks, traits)
    positions = _place_teeth(deform(head.positions, sample_shape(shape, traits), head), head)
    triangles, parts, coordinates, lips = head.triangles, head.parts, _head_coordinates(), head.lips
    eyes = (positions[head.eyes[0]].mean(0) + positions[head.eyes[1]].mean(0)) / 2
    height = float(eyes[1] - positions[_chin()][1])
    shell = build_shell(appearance.style, positions, shape)
    if shell is not None:
        triangles = np.concatenate([triangles, shell.triangles + np.int32(len(positions))])
        parts = np.concatenate([parts, np.full(len(shell.triangles), Part.HAIR, np.int32)])
        coordinates = np.concatenate([coordinates, shell.coordinates])
        positions = np.concatenate([positions, shell.positions])
        lips = np.concatenate([lips, np.zeros(len(shell.positions), np.float32)])
    lips = lips * np.float32(appearance.lip_strength)
    light = np.ones(len(positions), np.float32)
    teeth = np.flatnonzero(head.vertex_parts == Part.TEETH)
    light[teeth] = ramp(1.15, 1.42, head.positions[teeth, 2])
    manners = sample_manner(manner)
    return Person(positions, triangles, parts, coordinates, lips, light, appearance, manners, eyes, height)


def sample_shape(rng: np.random.Generator, traits: Traits) -> dict[str, float]:
    """Weights of the shape targets: the traits' mixture of heads, then moderate random sliders."""
    weights: dict[str, float] = {}
    sexes = (('female', 1 - traits.masculine), ('male', traits.masculine))
    ages = (('young', 1 - traits.age), ('old', traits.age))
    size = 'maxweight' if traits.weight > 0 else 'minweight'
    names = load_head().names
    for sex, sex_share in sexes:
        for age, age_share in ages:
            for ancestry, share in zip(('african', 'asian', 'caucasian'), traits.ancestry, strict=True):
                weights[f'people/{ancestry}-{sex}-{age}'] = share * sex_share * age_share
            weights[f'weight/{sex}-{age}-{size}'] = abs(traits.weight) * sex_share * age_share
    for ends in sliders().values():
        value = float(np.clip(rng.normal(0, SLIDER_SPREAD), -0.55, 0.55))
        for name in ends[value > 0]:
            weights[name] = abs(value)
    for name in names:
        if name.startswith('uneven/') and name.endswith('-l'):
            value = float(np.clip(rng.normal(0, UNEVENNESS), -0.3, 0.3))
            weights[name if value > 0 else name[:-1] + 'r'] = abs(value)
    return {name: value for name, value in weights.items() if name in names}


@functools.cache
def sliders() -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Slider to the targets of its falling and its rising end; both sides of the face move together."""
    ends: dict[str, tuple[list[str], list[str]]] = {}
    for name in load_head().names:
        if name.startswith('shape/'):
            match = SLIDER.match(name)
            key = match['name'] if match else name
            rising = match is None or match['end'] in RISING
            ends.setdefault(re.sub('^[lr]-', '', key), ([], []))[rising].append(name)
    return {key: (tuple(falling), tuple(rising)) for key, (falling, rising) in ends.items()}


def sample_manner(rng: np.random.Generator) -> Style:
    """A random way of expressing emotions.

    The resting face has a weak, lasting resemblance to some emotion, and slight habits of single units besides.
    """
    gain = float(np.clip(rng.normal(0, 0.32), -0.65, 0.5))
    region_gains = {region: float(np.clip(rng.normal(0, 0.28), -0.6, 0.5)) for region in (*REGIONS, 'mouth')}
    resting = {unit: max(0.0, float(rng.normal(-0.2 * spread, spread))) for unit, spread in RESTING_SPREAD.items()}
    seeming, strength = sample_blend(rng), min(0.45, abs(float(rng.normal(0, RESTING_EMOTION))))
    for unit, value in seeming.units.items():
        resting[unit] = resting.get(unit, 0.0) + value * strength / sum(seeming.weights.values())
    return Style(gain, region_gains, resting, float(np.clip(rng.normal(0, 0.14), -0.35, 0.35)))


def express(units: Units, style: Style, idiosyncrasy: float) -> dict[str, float]:
    """The weights of the targets when a person shows `units`.

    With idiosyncrasy `i`, gain `g`, regional gain `r`, resting weight `b` and asymmetry `s`, a unit of weight `x`
    becomes `x exp(i (g + r)) + i b`, times `1 + i s` on the left and `1 - i s` on the right, and at most its limit.

    Args:
        units: from `expression`, without sides.
        style: the person's.
        idiosyncrasy: in [0, 1]; at 0 all people show the same weights.
    """
    names = load_head().names
    weights: dict[str, float] = {}
    for unit in sorted({*units, *style.resting}):
        gain = style.gain + style.region_gains[_region(unit)]
        value = units.get(unit, 0.0) * float(np.exp(idiosyncrasy * gain)) + idiosyncrasy * style.resting.get(unit, 0.0)
        if value == 0:
            continue
        limit = LIMITS.get(unit, LARGEST)
        if f'unit/{unit}' in names:
            weights[f'unit/{unit}'] = min(limit, value)
        else:
            for side, sign in (('Left', 1), ('Right', -1)):
                weights[f'unit/{unit}{side}'] = min(limit, value * (1 + sign * idiosyncrasy * style.asymmetry))
    return weights


def _region(unit: str) -> str:
    return next((region for region, units in REGIONS.items() if unit in units), 'mouth')


@functools.cache
def _chin() -> int:
    """The lowest vertex at the front of the base mesh's chin."""
    positions, parts = load_head().positions, load_head().vertex_parts
    front = (parts == Part.SKIN) & (np.abs(positions[:, 0]) < 0.03) & (positions[:, 2] > 1.3) & (positions[:, 1] > 6)
    front &= load_head().inside_mouth < 0.5
    return int(np.flatnonzero(front)[positions[front, 1].argmin()])


@functools.cache
def _head_coordinates() -> np.ndarray:
    """Texture coordinates: the cylinder for skin, the position on the ball for eyes."""
    head = load_head()
    corners = head.positions[head.triangles]
    coordinates = texture_coordinates(corners)
    seam = np.ptp(coordinates[..., 0], axis=1) > 0.7
    coordinates[seam, :, 0] = 1.0
    for eye in head.eyes:
        ball = head.positions[eye]
        middle, radius = (ball.min(0) + ball.max(0)) / 2, np.ptp(ball, axis=0).max() / 2
        own = (head.parts == Part.EYE) & np.isin(head.triangles[:, 0], eye)
        coordinates[own] = ((corners[own] - middle) / radius)[..., :2]
    return coordinates


def _place_teeth(positions: np.ndarray, head: Head) -> np.ndarray:
    """Carries teeth and tongue along with the lips, which the targets of a face's shape do not do."""
    carried = (head.vertex_parts == Part.TEETH) | (head.vertex_parts == Part.TONGUE)
    seam = (head.inside_mouth > 0.5) & (np.abs(head.positions[:, 0]) < 0.1) & (head.positions[:, 2] > 1.45)
    shift = (positions[seam] - head.positions[seam]).mean(0)
    jaw = head.names['unit/jawOpen']
    lower = np.zeros(len(head.positions), bool)
    lower[head.indices[head.pointers[jaw] : head.pointers[jaw + 1]]] = True
    moved = positions.copy()
    moved[carried] = head.positions[carried] * np.array([0.92, 1, 1], np.float32) + shift + TEETH_SHIFT
    moved[carried & lower, 1] -= LOWER_TEETH_DROP
    return moved
