"""Named expressions, and the face that belongs to a point of the valence-arousal plane.

The face is a weighted sum of face units (named as in ARKit's blend shapes). The prototypes of the basic emotions follow
the facial action units commonly given for them (raised cheeks and lip corners for happiness, say); those of the low
arousals are a plausible choice. Their weights were set by eye. A point of the plane lies between two neighbouring
prototypes and the neutral face at the origin, and is their blend: the units and the label mix linearly, so that an
expression fades continuously into neutral and into its neighbour.

The coordinates are approximate, after the circumplex model. They are not verified against a primary source: those of
happy, surprised, fearful, angry, disgusted and sad agree with the pleasure and arousal means that several public
projects transcribe from Russell and Mehrabian (1977); those of excited, bored, sleepy and relaxed agree within 0.1
with values that others read off the figure of Russell (1980).

References:
    J. A. Russell and A. Mehrabian, Evidence for a three-factor theory of emotions, J. Research in Personality 11, 1977.
    J. A. Russell, A circumplex model of affect, J. Personality and Social Psychology 39, 1980.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

Units = Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Expression:
    """A prototype: where it lies in the plane and what the face does at its peak.

    Attributes:
        valence, arousal: in [-1, 1].
        units: face unit to weight; 1 is the asset's full movement. Units of two sides are named without the side.
    """

    valence: float
    arousal: float
    units: Units


EXPRESSIONS: Mapping[str, Expression] = {
    'happy': Expression(
        0.81, 0.51, {'mouthSmile': 1.15, 'cheekSquint': 0.9, 'mouthUpperUp': 0.7, 'jawOpen': 0.22, 'eyeSquint': 0.4}
    ),
    'excited': Expression(
        0.62,
        0.75,
        {'mouthSmile': 1.0, 'cheekSquint': 0.4, 'mouthUpperUp': 0.6, 'mouthLowerDown': 0.3, 'jawOpen': 0.5}
        | {'browInnerUp': 1.0, 'browOuterUp': 1.2, 'eyeWide': 0.9},
    ),
    'surprised': Expression(
        0.40, 0.67, {'browInnerUp': 1.6, 'browOuterUp': 1.6, 'eyeWide': 1.3, 'jawOpen': 0.62, 'mouthFunnel': 0.35}
    ),
    'fearful': Expression(
        -0.64,
        0.60,
        {'browInnerUp': 1.7, 'browDown': 0.5, 'eyeWide': 1.5, 'mouthStretch': 1.3, 'mouthLowerDown': 0.9}
        | {'mouthFrown': 0.6, 'jawOpen': 0.1, 'mouthUpperUp': 0.35},
    ),
    'angry': Expression(
        -0.51,
        0.59,
        {'browDown': 1.6, 'eyeWide': 1.1, 'eyeSquint': 0.3, 'noseSneer': 0.4, 'mouthFrown': 1.1, 'mouthPress': 0.2}
        | {'mouthRollLower': 0.5, 'mouthRollUpper': 0.4, 'mouthShrugLower': 0.5, 'jawForward': 0.3},
    ),
    'disgusted': Expression(
        -0.60,
        0.35,
        {'noseSneer': 1.8, 'mouthUpperUp': 1.2, 'browDown': 0.8, 'eyeSquint': 1.0, 'cheekSquint': 0.8}
        | {'mouthFrown': 1.0, 'mouthLowerDown': 0.3, 'jawOpen': 0.06},
    ),
    'sad': Expression(
        -0.63,
        -0.27,
        {'browInnerUp': 1.7, 'browDown': 0.3, 'mouthFrown': 1.7, 'mouthShrugLower': 0.8, 'eyeBlink': 0.18}
        | {'eyeLookDown': 0.25},
    ),
    'bored': Expression(
        -0.65,
        -0.62,
        {'eyeBlink': 0.42, 'mouthFrown': 1.2, 'mouthShrugLower': 0.4, 'browOuterUp': 0.2, 'browDown': 0.4}
        | {'mouthPress': 0.2},
    ),
    'sleepy': Expression(0.20, -0.70, {'eyeBlink': 0.88, 'browInnerUp': 0.5, 'jawOpen': 0.14}),
    'relaxed': Expression(0.68, -0.46, {'mouthSmile': 0.8, 'eyeBlink': 0.38, 'cheekSquint': 0.3, 'mouthDimple': 0.3}),
}
"""The expressions that are rendered, by name."""
NEUTRAL = 'neutral'

NEIGHBOURS = (
    ('happy', 'excited'),
    ('excited', 'surprised'),
    ('surprised', 'fearful'),
    ('fearful', 'angry'),
    ('angry', 'disgusted'),
    ('disgusted', 'sad'),
    ('fearful', 'sad'),
    ('sad', 'bored'),
    ('bored', 'sleepy'),
    ('sleepy', 'relaxed'),
    ('relaxed', 'happy'),
)
"""The prototypes that blend. Anger, fear and disgust lie so close together that each is a neighbour of the others."""


@dataclasses.dataclass(frozen=True)
class Blend:
    """Two neighbouring prototypes in some strength.

    Attributes:
        weights: expression to weight, each and their sum in [0, 1].
    """

    weights: Mapping[str, float]

    @property
    def valence(self) -> float:
        """Weighted sum of the prototypes' valence, in [-1, 1]."""
        return _clip(sum(weight * EXPRESSIONS[name].valence for name, weight in self.weights.items()))

    @property
    def arousal(self) -> float:
        """Weighted sum of the prototypes' arousal, in [-1, 1]."""
        return _clip(sum(weight * EXPRESSIONS[name].arousal for name, weight in self.weights.items()))

    @property
    def units(self) -> dict[str, float]:
        """Weighted sum of the prototypes' units."""
        total: dict[str, float] = {}
        for name, weight in self.weights.items():
            for unit, value in EXPRESSIONS[name].units.items():
                total[unit] = total.get(unit, 0.0) + weight * value
        return total

    @property
    def name(self) -> str:
        """The dominant prototype, or `neutral` below a strength of 0.2."""
        if sum(self.weights.values()) < 0.2:
            return NEUTRAL
        return max(self.weights, key=lambda name: self.weights[name])


def named(expression: str, strength: float = 1.0) -> Blend:
    """A prototype in the given strength; `neutral` is the blend of nothing.

    Args:
        expression: a name of `EXPRESSIONS`, or `neutral`.
        strength: in [0, 1].

    Returns:
        The blend, whose `valence` and `arousal` are those of the prototype times the strength.

    Example:
        >>> named('happy', 0.5).valence
        0.405
    """
    return Blend({} if expression == NEUTRAL else {expression: strength})


def blend_at(valence: float, arousal: float) -> Blend:
    """The face of a point of the plane: the blend of the two prototypes on either side of its direction.

    With prototypes `p`, `q` the weights solve `w_p p + w_q q = (valence, arousal)`; they are scaled down to a sum of 1
    for points beyond the line between the two.

    Args:
        valence: in [-1, 1].
        arousal: in [-1, 1].

    Returns:
        The blend, with the given valence and arousal unless it was scaled down.

    Example:
        >>> blend = blend_at(0.7, 0.6)
        >>> sorted(blend.weights), round(blend.valence, 6), round(blend.arousal, 6)
        (['excited', 'happy'], 0.7, 0.6)
    """
    strength = np.hypot(valence, arousal)
    if strength == 0:
        return Blend({})
    angle = _angle(valence, arousal)
    order = sorted(EXPRESSIONS, key=lambda name: _angle(EXPRESSIONS[name].valence, EXPRESSIONS[name].arousal))
    angles = [_angle(EXPRESSIONS[name].valence, EXPRESSIONS[name].arousal) for name in order]
    after = int(np.searchsorted(angles, angle, side='right')) % len(order)
    first, second = EXPRESSIONS[order[after - 1]], EXPRESSIONS[order[after]]
    determinant = first.valence * second.arousal - second.valence * first.arousal
    weights = (
        (valence * second.arousal - second.valence * arousal) / determinant,
        (first.valence * arousal - valence * first.arousal) / determinant,
    )
    scale = max(1.0, sum(weights))
    return Blend({name: max(0.0, w) / scale for name, w in zip((order[after - 1], order[after]), weights, strict=True)})


def sample_blend(rng: np.random.Generator) -> Blend:
    """A random blend: a pair of neighbours (wide sectors more often), a position between them and a strength.

    The strength is `u ** 0.7` for uniform `u`: all strengths occur, stronger ones somewhat more often.
    """
    widths = np.array([_sector(first, second) for first, second in NEIGHBOURS]) + 0.3
    first, second = NEIGHBOURS[rng.choice(len(NEIGHBOURS), p=widths / widths.sum())]
    strength, position = rng.uniform() ** 0.7, rng.uniform()
    return Blend({first: strength * (1 - position), second: strength * position})


def _sector(first: str, second: str) -> float:
    one, two = EXPRESSIONS[first], EXPRESSIONS[second]
    difference = abs(_angle(one.valence, one.arousal) - _angle(two.valence, two.arousal))
    return min(difference, 2 * np.pi - difference)


def _angle(valence: float, arousal: float) -> float:
    return float(np.arctan2(arousal, valence) % (2 * np.pi))


def _clip(value: float) -> float:
    return float(min(1.0, max(-1.0, value)))
