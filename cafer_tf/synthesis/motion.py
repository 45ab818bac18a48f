"""How emotion, pose, gaze and light move through a clip."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from cafer_tf.synthesis.expression import Blend, blend_at, sample_blend
from cafer_tf.synthesis.scene import Scene

FRAMES_PER_SECOND = 25
REST, ONSET, HOLD, OFFSET = (0.2, 0.9), (0.4, 1.0), (0.4, 1.4), (0.5, 1.2)
"""Shortest and longest time in seconds of a neutral face, of the way to an expression, there, and of the way back."""
STRENGTH = (0.55, 1.0)
RETURNS = 0.6
"""How often an expression fades to neutral before the next one comes."""
CANDIDATES = 3
"""The next expression is the farthest of this many, so that a clip of a few seconds sees more than one quadrant."""
UNREST, UNREST_PERIODS = 0.03, (1.0, 4.0)
"""Standard deviation of valence and arousal around that path, and its periods in seconds."""
POSE_PERIODS, LIGHT_PERIODS = (2.0, 8.0), (6.0, 20.0)
WAVES = 4


def wander(rng: np.random.Generator, frames: int, spread: float, periods: tuple[float, float]) -> np.ndarray:
    """A slow, smooth, bounded movement around 0, one value a frame.

    `x(t) = s √(2 / K) Σ_k sin(2π (t / p_k + φ_k))` for K = `WAVES` random periods `p` and phases `φ`: its standard
    deviation is `s`, and no value exceeds `s √(2 K)`.

    Args:
        rng: of the periods and phases; how much is drawn does not depend on `frames`.
        frames: length.
        spread: standard deviation `s` over long times.
        periods: shortest and longest, in seconds.
    """
    turns = seconds(frames)[:, None] / rng.uniform(*periods, WAVES) + rng.uniform(0, 1, WAVES)
    return spread * np.sqrt(2 / WAVES) * np.sin(2 * np.pi * turns).sum(axis=1)


def seconds(frames: int) -> np.ndarray:
    """The time of each frame, from 0."""
    return np.arange(frames) / FRAMES_PER_SECOND


def sample_blends(rng: np.random.Generator, frames: int) -> list[Blend]:
    """The emotion in each frame: from neutral to an expression, held, on to another or back to neutral, and so on.

    Between two points of the plane `a` and `b` it moves as limbs do, `a + (b - a) (10 u³ - 15 u⁴ + 6 u⁵)` for u from 0
    to 1, without a jerk at either end; a little unrest is added all along. What lies beyond the prototypes is drawn in
    by `blend_at`, so the blend has the labels, not the path.

    Args:
        rng: a longer clip of the same generator begins like a shorter one.
        frames: length.
    """
    unrest = np.stack([wander(rng, frames, UNREST, UNREST_PERIODS) for _ in range(2)], axis=1)
    ends, points = [0.0], [np.zeros(2)]
    for duration, point in _steps(rng):
        ends.append(ends[-1] + duration)
        points.append(point)
        if ends[-1] * FRAMES_PER_SECOND >= frames:
            break
    time, times, places = seconds(frames), np.array(ends), np.array(points)
    step = np.searchsorted(times, time, side='right')
    passed = ((time - times[step - 1]) / (times[step] - times[step - 1]))[:, None]
    share = passed**3 * (10 - 15 * passed + 6 * passed**2)
    path = places[step - 1] + share * (places[step] - places[step - 1]) + unrest
    return [blend_at(float(valence), float(arousal)) for valence, arousal in path]


def sample_scenes(rng: np.random.Generator, base: Scene, frames: int) -> list[Scene]:
    """The scene in each frame: pose, gaze and light wander around those of `base`, all else stays.

    Pose and gaze keep to half of the base's angle, so that the wandering stays within what single images show.

    Args:
        rng: a longer clip of the same generator begins like a shorter one.
        base: from `sample_scene`.
        frames: length.
    """

    def around(middle: float, spread: float, periods: tuple[float, float]) -> list[float]:
        return [float(value) for value in middle + wander(rng, frames, spread, periods)]

    moving = {
        'yaw': around(base.yaw / 2, 0.07, POSE_PERIODS),
        'pitch': around(base.pitch / 2, 0.03, POSE_PERIODS),
        'roll': around(base.roll / 2, 0.02, POSE_PERIODS),
        'gaze': around(base.gaze / 2, 0.1, POSE_PERIODS),
        'azimuth': around(0.8 * base.azimuth, 0.06, LIGHT_PERIODS),
        'elevation': around(base.elevation, 0.03, LIGHT_PERIODS),
        'key': around(base.key, 0.03, LIGHT_PERIODS),
        'ambient': around(base.ambient, 0.01, LIGHT_PERIODS),
    }
    names = tuple(moving)
    return [
        dataclasses.replace(base, **dict(zip(names, values, strict=True)))
        for values in zip(*moving.values(), strict=True)
    ]


def _steps(rng: np.random.Generator) -> Iterator[tuple[float, np.ndarray]]:
    """Endless pairs of a time in seconds and the point of the plane that is reached after it."""
    point = neutral = np.zeros(2)
    yield rng.uniform(*REST), neutral
    while True:
        point = _next_point(rng, point)
        yield rng.uniform(*ONSET), point
        yield rng.uniform(*HOLD), point
        if rng.random() < RETURNS:
            point = neutral
            yield rng.uniform(*OFFSET), neutral
            yield rng.uniform(*REST), neutral


def _next_point(rng: np.random.Generator, present: np.ndarray) -> np.ndarray:
    """Where the next expression lies."""
    points = []
    for _ in range(CANDIDATES):
        weights, strength = sample_blend(rng).weights, rng.uniform(*STRENGTH)
        blend = Blend({name: strength * weight / sum(weights.values()) for name, weight in weights.items()})
        points.append(np.array([blend.valence, blend.arousal]))
    return max(points, key=lambda point: float(np.hypot(*(point - present))))
