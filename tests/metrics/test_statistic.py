"""The sufficient statistic against NumPy, however it is divided."""

import numpy as np
import pytest

from cafer_tf.metrics import AgreementStatistic
from cafer_tf.metrics.statistic import statistics_by_name


def reference(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """The definitions, written out, with ddof 0."""
    covariance = np.mean((y - y.mean()) * (p - p.mean()))
    return {
        'rmse': np.sqrt(np.mean((y - p) ** 2)),
        'pcc': covariance / (y.std() * p.std()),
        'ccc': 2 * covariance / (y.var() + p.var() + (y.mean() - p.mean()) ** 2),
        'sagr': np.mean(np.sign(y) == np.sign(p)),
    }


def figures(statistic: AgreementStatistic) -> dict[str, float]:
    return {name: getattr(statistic, name)() for name in ('rmse', 'pcc', 'ccc', 'sagr')}


def pairs(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    y = random.uniform(-1, 1, count)
    return y, np.clip(0.6 * y + random.normal(0.1, 0.3, count), -1, 1)


def test_by_hand():
    # y = (1, 0, -1), p = (.5, .5, -1): means 0 and 0; variances 2/3 and 1.5/3 = 1/2; covariance 1.5/3 = 1/2;
    # errors (.5, .5, 0); signs agree in the first and the third.
    found = figures(AgreementStatistic.of([1, 0, -1], [0.5, 0.5, -1]))
    assert found['rmse'] == pytest.approx((0.5 / 3) ** 0.5)
    assert found['pcc'] == pytest.approx(0.5 / (2 / 3 * 0.5) ** 0.5)
    assert found['ccc'] == pytest.approx(2 * 0.5 / (2 / 3 + 0.5))
    assert found['sagr'] == pytest.approx(2 / 3)


@pytest.mark.parametrize('parts', [1, 2, 7, 500])
def test_division_does_not_matter(parts):
    y, p = pairs(500)
    total = AgreementStatistic()
    for part_y, part_p in zip(np.array_split(y, parts), np.array_split(p, parts), strict=True):
        total = total.merge(AgreementStatistic.of(part_y, part_p))
    assert figures(total) == pytest.approx(reference(y, p), abs=1e-12)


def test_order_of_merging_does_not_matter():
    y, p = pairs(300)
    parts = [AgreementStatistic.of(y[i::9], p[i::9]) for i in range(9)]
    forward = backward = AgreementStatistic()
    for part in parts:
        forward = forward.merge(part)
    for part in parts[::-1]:
        backward = part.merge(backward)
    assert figures(forward) == pytest.approx(figures(backward), abs=1e-13)


def test_no_cancellation_where_labels_hardly_differ():
    # Sums of squares in float64 lose this: the variance is 1e-10 of the squared mean.
    random = np.random.default_rng(3)
    y = 0.9 + 1e-5 * random.standard_normal(1000)
    p = 0.9 + 1e-5 * random.standard_normal(1000)
    total = AgreementStatistic()
    for one_y, one_p in zip(y, p, strict=True):
        total = total.merge(AgreementStatistic.of([one_y], [one_p]))
    assert figures(total) == pytest.approx(reference(y, p), rel=1e-6)


@pytest.mark.parametrize('constant', [0.0, 0.1, 1 / 3])
def test_constant_predictions_agree_with_nothing(constant):
    y, _ = pairs(101)
    total = AgreementStatistic()
    for one in y:
        total = total.merge(AgreementStatistic.of([one], [np.float32(constant)]))
    assert total.pcc() == 0.0
    assert total.ccc() == 0.0
    assert total.rmse() == pytest.approx(np.sqrt(np.mean((y - np.float32(constant)) ** 2)))


def test_perfect_predictions():
    y, _ = pairs(50)
    assert figures(AgreementStatistic.of(y, y)) == pytest.approx({'rmse': 0, 'pcc': 1, 'ccc': 1, 'sagr': 1})


def test_nothing_at_all_is_zero():
    assert figures(AgreementStatistic()) == {'rmse': 0.0, 'pcc': 0.0, 'ccc': 0.0, 'sagr': 0.0}


def test_one_statistic_a_name():
    y, p = pairs(200)
    y[:40] = 0.1  # of one person, who never varies
    names = np.repeat(['zoë', 'ben', 'anna', 'carl', 'dora'], 40)
    found = statistics_by_name(y, p, names)
    assert list(found) == ['anna', 'ben', 'carl', 'dora', 'zoë']
    for name, statistic in found.items():
        expected = AgreementStatistic.of(y[names == name], p[names == name])
        assert statistic.count == 40
        assert figures(statistic) == pytest.approx(figures(expected), abs=1e-12)
    assert found['zoë'].ccc() == 0.0


def test_no_pairs_have_no_names():
    assert statistics_by_name([], [], []) == {}
