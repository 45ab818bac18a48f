"""What takes the jitter out of a signal while it comes in."""

from __future__ import annotations

import collections
import math
from typing import Protocol

import numpy as np

MIN_CUTOFF = 1.0
"""Hz; where the authors of the One Euro filter have its tuning start."""
BETA = 1.0
"""Hz for each unit a second. The authors leave it to the signal's unit; see `OneEuro`."""
SPEED_CUTOFF = 1.0
"""Hz, of the speed; the authors' constant."""
WINDOW = 0.5
"""Seconds."""


class Smoothing(Protocol):
    """One signal's filter."""

    def __call__(self, time: float, values: np.ndarray) -> np.ndarray:
        """The smoothed values, given those of now; times increase."""
        ...


class OneEuro:
    """The One Euro filter: a low-pass filter whose cutoff rises with the signal's speed.

    `x̂ = α x + (1 - α) x̂₋`, `α = 1 / (1 + 1 / (2π f Δt))`, `f = min_cutoff + beta |dx̂|`, where `dx̂` is the speed
    `(x - x̂₋) / Δt` after a low-pass filter of 1 Hz. While the face rests, `min_cutoff` takes the jitter away, at the
    price of a lag of `1 / (2π min_cutoff)` seconds; when it moves, `beta` brings the lag down.

    Args:
        min_cutoff: in Hz; less takes more jitter away.
        beta: in Hz for each unit a second; more lags less. With 1, a valence or arousal that changes by one unit a
            second, a vivid expression, has twice the cutoff of one at rest.

    Raises:
        ValueError: a cutoff that is not positive, or a negative beta.

    Example:
        >>> smooth = OneEuro()
        >>> [round(float(smooth(time / 25, np.array([value]))[0]), 2) for time, value in enumerate([0, 1, 1, 1])]
        [0.0, 0.6, 0.86, 0.95]

    Reference:
        Casiez, Roussel and Vogel 2012, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
        Systems".
    """

    def __init__(self, min_cutoff: float = MIN_CUTOFF, beta: float = BETA) -> None:
        if not min_cutoff > 0:
            raise ValueError(f'the minimal cutoff must be positive, in Hz; it is {min_cutoff}')
        if not beta >= 0:
            raise ValueError(f'beta must not be negative; it is {beta}')
        self._min_cutoff, self._beta = min_cutoff, beta
        self._time = -math.inf
        self._smooth = self._speed = np.zeros(0)

    def __call__(self, time: float, values: np.ndarray) -> np.ndarray:
        """The smoothed values, given those of now; times increase."""
        values = np.asarray(values, float)
        if self._time == -math.inf:
            self._smooth, self._speed = values, np.zeros_like(values)
        else:
            step = time - self._time
            if not step > 0:
                raise ValueError(f'times must increase, and {time} follows {self._time}')
            speed = (values - self._smooth) / step
            self._speed = self._speed + _share(SPEED_CUTOFF, step) * (speed - self._speed)
            share = _share(self._min_cutoff + self._beta * np.abs(self._speed), step)
            self._smooth = self._smooth + share * (values - self._smooth)
        self._time = time
        return self._smooth


class WindowMean:
    """The mean of the last seconds; it lags by half of them.

    Args:
        seconds: length of the window.

    Raises:
        ValueError: it is not positive.

    Example:
        >>> smooth = WindowMean(0.1)
        >>> [float(smooth(time / 25, np.array([value]))[0]) for time, value in enumerate([0, 1, 0.5, 1.5])]
        [0.0, 0.5, 0.5, 1.0]
    """

    def __init__(self, seconds: float = WINDOW) -> None:
        if not seconds > 0:
            raise ValueError(f'the window must be positive, in seconds; it is {seconds}')
        self._seconds = seconds
        self._recent: collections.deque[tuple[float, np.ndarray]] = collections.deque()

    def __call__(self, time: float, values: np.ndarray) -> np.ndarray:
        """The smoothed values, given those of now; times increase."""
        self._recent.append((time, np.asarray(values, float)))
        while self._recent[0][0] <= time - self._seconds:
            self._recent.popleft()
        return np.mean([recent for _, recent in self._recent], axis=0)


class Unsmoothed:
    """The values as they come."""

    def __call__(self, time: float, values: np.ndarray) -> np.ndarray:
        """The same values."""
        return np.asarray(values, float)


def _share(cutoff: float | np.ndarray, step: float) -> float | np.ndarray:
    """Of a new value, in the exponential smoothing that has a cutoff in Hz at a step in seconds."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff * step))
