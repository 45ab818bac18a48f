import math

import numpy as np
import pytest
from scipy import stats

from cafer_tf.metrics.student import student_half_width, student_interval


@pytest.mark.parametrize('confidence', [0.9, 0.95])
def test_the_interval_is_that_of_students_t(confidence):
    values = [0.61, 0.64, 0.6, 0.66, 0.63]
    expected = stats.t.interval(confidence, 4, np.mean(values), stats.sem(values))
    interval = student_interval(values, confidence)
    assert interval.value == pytest.approx(0.628)
    assert (interval.low, interval.high) == pytest.approx(expected)
    assert interval.high - interval.value == pytest.approx(student_half_width(values, confidence))


def test_one_value_has_no_interval():
    assert student_interval(np.array([0.5])).to_dict() == {'value': 0.5, 'low': None, 'high': None}
    assert math.isnan(student_half_width([0.5]))
