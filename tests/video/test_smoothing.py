import math

import numpy as np
import pytest

from cafer_tf.video import OneEuro, Unsmoothed, WindowMean


def smoothed(smooth, values, rate=25):
    return np.array([smooth(place / rate, value) for place, value in enumerate(np.asarray(values, float))])


def test_one_euro_follows_its_equations():
    # Δt = 1/25. A step from 0 to 1 has the speed 25; its low-pass filter at 1 Hz lets the share a through.
    a = 1 / (1 + 25 / (2 * math.pi))
    cutoff = 0.5 + 0.2 * 25 * a
    first = 1 / (1 + 25 / (2 * math.pi * cutoff))
    # The value rests at 1: the speed to get there is that of what is left.
    speed = 25 * a + a * (25 * (1 - first) - 25 * a)
    share = 1 / (1 + 25 / (2 * math.pi * (0.5 + 0.2 * speed)))
    expected = [0, first, first + share * (1 - first)]
    np.testing.assert_allclose(smoothed(OneEuro(0.5, 0.2), [[0], [1], [1]])[:, 0], expected)


def test_one_euro_calms_a_face_at_rest_and_lags_little_behind_one_that_changes():
    rng = np.random.default_rng(0)
    jitter = smoothed(OneEuro(), rng.normal(0, 0.05, [400, 2]))
    assert jitter[50:].std() < 0.03  # of 0.05
    ramp = np.clip(np.arange(100) / 25 - 1, 0, 1)[:, np.newaxis]  # a unit in a second
    assert np.abs(smoothed(OneEuro(), ramp) - ramp).max() < np.abs(smoothed(WindowMean(), ramp) - ramp).max() / 2


def test_each_value_has_a_cutoff_of_its_own():
    both = smoothed(OneEuro(), [[0, 0], [1, 0.1], [1, 0.2]])
    np.testing.assert_allclose(both[:, 1], smoothed(OneEuro(), [[0], [0.1], [0.2]])[:, 0])


def test_a_window_holds_what_is_younger_than_its_length():
    times, values = [0.0, 0.3, 0.5, 1.4], [1.0, 2.0, 6.0, 8.0]
    smooth = WindowMean(0.5)
    assert [float(smooth(*pair)) for pair in zip(times, values, strict=True)] == [1.0, 1.5, 4.0, 8.0]


def test_without_smoothing_the_values_stay():
    values = np.random.default_rng(0).uniform(-1, 1, [9, 2])
    np.testing.assert_array_equal(smoothed(Unsmoothed(), values), values)


def test_what_makes_no_filter_is_explained():
    for make, message in (
        (lambda: OneEuro(0), 'cutoff must be positive'),
        (lambda: OneEuro(1, -1), 'beta must not be negative'),
        (lambda: WindowMean(-2), 'window must be positive'),
    ):
        with pytest.raises(ValueError, match=message):
            make()
    smooth = OneEuro()
    smooth(1.0, np.zeros(2))
    with pytest.raises(ValueError, match=r'times must increase, and 1\.0 follows 1\.0'):
        smooth(1.0, np.zeros(2))
