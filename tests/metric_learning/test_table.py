import numpy as np
import pytest
from scipy import stats

from cafer_tf.metric_learning import summarise, table
from cafer_tf.metric_learning.table import mean_interval


def found(row, seed, *recalls):
    return {'row': row, 'seed': seed, 'result': {'recall': dict(zip('1248', recalls, strict=True))}}


RESULTS = [
    found('triplet_adaptive', 0, 0.62, 0.7, 0.8, 0.9),
    found('triplet', 1, 0.58, 0.7, 0.8, 0.9),
    found('triplet', 0, 0.6, 0.7, 0.8, 0.9),
    found('triplet_adaptive', 1, 0.6, 0.7, 0.8, 0.9),
    found('dsml', 0, 0.5, 0.6, 0.7, 0.8),
]


def test_the_interval_is_that_of_students_t():
    values = [0.61, 0.64, 0.6, 0.66, 0.63]
    low, high = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    interval = mean_interval(values)
    assert interval['mean'] == pytest.approx(0.628)
    assert interval['half_width'] == pytest.approx((high - low) / 2, abs=1e-4)
    assert mean_interval([0.5]) == {'mean': 0.5, 'half_width': None}


def test_differences_are_taken_seed_by_seed():
    summary = summarise([*RESULTS, found('triplet', 2, 0.1, 0.1, 0.1, 0.1)])
    # .02 for both of the seeds that both rows have, so that nothing varies.
    assert summary['differences'] == {
        'triplet': {
            'seeds': [0, 1],
            'recall': {
                '1': {'mean': 0.02, 'half_width': 0.0},
                **{k: {'mean': 0.0, 'half_width': 0.0} for k in '248'},
            },
        }
    }
    assert summary['rows']['triplet']['seeds'] == [0, 1, 2]
    assert list(summary['rows']) == ['triplet', 'triplet_adaptive', 'dsml']


def test_the_table_has_the_rows_in_the_posters_order():
    # With two seeds t is 12.706, and .01 the deviation of either from the mean: .127 is half of the interval.
    assert table(summarise(RESULTS)).splitlines() == [
        '                                         R@1             R@2             R@4             R@8',
        'Triplet semi-hard                59.0 ± 12.7     70.0 ±  0.0     80.0 ±  0.0     90.0 ±  0.0',
        'Triplet semi-hard with α̂         61.0 ± 12.7     70.0 ±  0.0     80.0 ±  0.0     90.0 ±  0.0',
        '  difference                     +2.0 ±  0.0     +0.0 ±  0.0     +0.0 ±  0.0     +0.0 ±  0.0',
        'DSML                                    50.0            60.0            70.0            80.0',
    ]
