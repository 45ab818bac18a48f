import numpy as np
import pytest

from cafer_tf.metrics import calibration_curve


def test_by_hand():
    # Two bins. Below 0: predictions -1 and -.5, labels -.5 and .1. From 0: predictions 0 and 1, labels .2 and .6.
    # Line: means of p -.125 and of y .1; Σ(p - m)(y - m) = .5 - .05 + 0 + .6 - 4 · (-.125) · .1 = 1.1;
    # Σ(p - m)² = 1 + .25 + 0 + 1 - 4 · .125² = 2.1875.
    found = calibration_curve([-0.5, 0.1, 0.2, 0.6], [-1.0, -0.5, 0.0, 1.0], bins=2)
    assert found['bins'] == [
        {'low': -1.0, 'high': 0.0, 'examples': 2, 'predicted': -0.75, 'label': pytest.approx(-0.2)},
        {'low': 0.0, 'high': 1.0, 'examples': 2, 'predicted': 0.5, 'label': pytest.approx(0.4)},
    ]
    assert found['slope'] == pytest.approx(1.1 / 2.1875)
    assert found['intercept'] == pytest.approx(0.1 + 0.125 * 1.1 / 2.1875)


def test_the_line_is_that_of_least_squares():
    random = np.random.default_rng(0)
    predictions = random.uniform(-1, 1, 500)
    labels = np.clip(0.5 * predictions + 0.1 + random.normal(0, 0.2, 500), -1, 1)
    found = calibration_curve(labels, predictions)
    assert [found['slope'], found['intercept']] == pytest.approx(np.polyfit(predictions, labels, 1))
    assert sum(one['examples'] for one in found['bins']) == 500
    for one in found['bins']:
        inside = (predictions >= one['low']) & (predictions < one['high'])
        assert one['examples'] == inside.sum()
        assert one['label'] == pytest.approx(labels[inside].mean())


def test_a_bin_without_examples_is_left_out_and_the_bounds_belong_to_the_last():
    found = calibration_curve([0.0, 0.0, 0.0], [1.0, -1.0, 0.95])
    assert [(one['low'], one['high'], one['examples']) for one in found['bins']] == [(-1.0, -0.9, 1), (0.9, 1.0, 2)]


def test_constant_predictions_have_no_line():
    found = calibration_curve([0.1, 0.3, 0.4], np.float32([0.1] * 3))
    assert (found['slope'], found['intercept']) == (None, None)
    assert calibration_curve([], [])['bins'] == []


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r'shape \[n\]'):
        calibration_curve([0.1, 0.2], [0.1])
