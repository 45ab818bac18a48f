"""The bootstrap by person against people that are really copied, and against what is known of its spread."""

import numpy as np
import pytest

from cafer_tf.metrics import AgreementStatistic, Interval, mean_of, replicate
from cafer_tf.metrics.bootstrap import bootstrap
from cafer_tf.metrics.statistic import FIGURES, statistics_by_name


def people(count=12, each=15, seed=0, person_noise=0.2):
    """Labels, predictions with an error of each person and one of each image, and who is shown; of unequal numbers."""
    random = np.random.default_rng(seed)
    names = np.repeat([f'person {i:03d}' for i in range(count)], [each + i % 3 for i in range(count)])
    offset = np.repeat(random.normal(0, person_noise, count), [each + i % 3 for i in range(count)])
    labels = random.uniform(-1, 1, names.size)
    return labels, 0.7 * labels + offset + random.normal(0, 0.1, names.size), names


def test_a_draw_is_the_figure_of_the_people_drawn():
    labels, predictions, names = people()
    found = replicate(statistics_by_name(labels, predictions, names), resamples=50, seed=7)
    everyone = np.unique(names)
    drawn = np.random.default_rng(7).integers(len(everyone), size=[50, len(everyone)])
    for draw, members in enumerate(drawn):
        rows = np.concatenate([np.flatnonzero(names == everyone[member]) for member in members])
        expected = AgreementStatistic.of(labels[rows], predictions[rows])
        for name in FIGURES:
            assert found[name].draws[draw] == pytest.approx(getattr(expected, name)(), abs=1e-12)


def test_the_interval_is_that_of_the_percentiles_about_the_figure_of_everybody():
    labels, predictions, names = people()
    statistics = statistics_by_name(labels, predictions, names)
    found = bootstrap(statistics, resamples=400, confidence=0.9, seed=1)
    pooled = AgreementStatistic.of(labels, predictions)
    draws = replicate(statistics, resamples=400, seed=1)
    for name in FIGURES:
        assert found[name].value == pytest.approx(getattr(pooled, name)(), abs=1e-12)
        inside = (draws[name].draws >= found[name].low) & (draws[name].draws <= found[name].high)
        assert np.mean(inside) == pytest.approx(0.9, abs=0.01)
        assert found[name].low < found[name].value < found[name].high


def test_the_spread_is_that_of_people_and_not_of_images():
    # Predictions are off by ±d by person alone, so that MSE = mean d² of people: its standard error over m people is
    # sd(d²) / sqrt(m), whatever the number of images.
    random = np.random.default_rng(5)
    offsets = random.normal(0, 0.3, 60)
    labels = np.tile(np.linspace(-1, 1, 40), 60)
    predictions = labels + np.repeat(offsets, 40)
    names = np.repeat([f'{i}' for i in range(60)], 40)
    draws = replicate(statistics_by_name(labels, predictions, names), resamples=4000)['rmse'].draws
    assert np.std(draws**2) == pytest.approx(np.std(offsets**2) / np.sqrt(60), rel=0.05)


def test_the_order_of_people_does_not_matter():
    statistics = statistics_by_name(*people())
    backwards = dict(reversed(statistics.items()))
    assert bootstrap(backwards, resamples=30) == bootstrap(statistics, resamples=30)


def test_the_seed_decides():
    statistics = statistics_by_name(*people())
    assert bootstrap(statistics, seed=3) == bootstrap(statistics, seed=3)
    assert bootstrap(statistics, seed=3) != bootstrap(statistics, seed=(3, 1))


def test_the_intervals_cover_what_they_say():
    # CCC of the population from a million people; 200 samples of 30 people each. With 95 % intervals the number of
    # hits is binomial(200, .95), with standard deviation 3; percentile intervals of 30 people fall a little short.
    def sample(count, seed):
        random = np.random.default_rng(seed)
        labels = random.uniform(-1, 1, [count, 5])
        predictions = 0.7 * labels + random.normal(0, 0.3, [count, 1])
        return labels.ravel(), predictions.ravel(), np.repeat(np.arange(count), 5)

    truth = AgreementStatistic.of(*sample(1_000_000, 0)[:2]).ccc()
    found = [bootstrap(statistics_by_name(*sample(30, seed)), resamples=300)['ccc'] for seed in range(1, 201)]
    assert 178 <= sum(interval.low <= truth <= interval.high for interval in found) <= 199


def test_the_mean_of_two_outputs_draws_the_same_people():
    labels, predictions, names = people()
    valence = statistics_by_name(labels, predictions, names)
    arousal = statistics_by_name(labels, -predictions, names)
    # CCC of -p is not -CCC of p, but the correlation is: their mean is 0 in every draw of the same people.
    mean = mean_of([replicate(output, resamples=100)['pcc'] for output in (valence, arousal)])
    assert mean.value == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(mean.draws, 0, atol=1e-12)


def test_a_difference_of_two_sets_adds_their_variances():
    one, other = (statistics_by_name(*people(seed=seed)) for seed in (0, 1))
    first, second = (replicate(one, 4000, (0, 0))['ccc'], replicate(other, 4000, (0, 1))['ccc'])
    gap = first - second
    assert gap.value == first.value - second.value
    assert np.var(gap.draws) == pytest.approx(np.var(first.draws) + np.var(second.draws), rel=0.1)


def test_nothing_cancels_where_people_hardly_differ():
    random = np.random.default_rng(3)
    labels = 0.9 + 1e-6 * random.standard_normal(500)
    names = np.repeat(np.arange(10), 50)
    predictions = labels + 1e-6 * random.standard_normal(500)
    found = replicate(statistics_by_name(labels, predictions, names), 1, seed=2)['pcc'].draws[0]
    rows = np.concatenate(
        [np.flatnonzero(names == member) for member in np.random.default_rng(2).integers(10, size=10)]
    )
    assert found == pytest.approx(np.corrcoef(labels[rows], predictions[rows])[0, 1], rel=1e-6)


def test_a_draw_of_one_who_never_varies_agrees_with_nothing():
    # Of two people with one label each, half of the draws are one of them twice: a constant, with correlation 0.
    statistics = {name: AgreementStatistic.of([at] * 3, [at] * 3) for name, at in (('a', 0.3), ('b', -1 / 3))}
    draws = replicate(statistics, resamples=200)['ccc'].draws
    assert set(np.round(draws, 9)) == {0.0, 1.0}
    assert 0.35 < np.mean(draws == 0.0) < 0.65


def test_one_person_has_no_interval():
    statistics = {'anna': AgreementStatistic.of([0.1, 0.5], [0.1, 0.4]), 'nobody': AgreementStatistic()}
    found = replicate(statistics)
    assert found['sagr'].interval() == Interval(1.0, None, None)
    two = replicate(statistics_by_name(*people()))['sagr']
    assert mean_of([two, found['sagr']]).interval().low is None
    assert (two - found['sagr']).interval().high is None
    assert found['sagr'].interval().to_dict() == {'value': 1.0, 'low': None, 'high': None}


def test_many_people_are_drawn_in_parts():
    # More counts than are held at a time; the first draws are the same.
    random = np.random.default_rng(0)
    labels = random.uniform(-1, 1, 100_000)
    statistics = statistics_by_name(labels, labels + random.normal(0, 0.2, labels.size), np.arange(labels.size))
    many, few = (replicate(statistics, resamples=count)['ccc'].draws for count in (60, 20))
    np.testing.assert_allclose(many[:20], few, atol=1e-12)
    assert len(np.unique(many)) == 60


def test_nobody_and_no_draws_are_refused():
    with pytest.raises(ValueError, match='at least one person'):
        bootstrap({'nobody': AgreementStatistic()})
    with pytest.raises(ValueError, match='resamples must be at least 1'):
        bootstrap({'anna': AgreementStatistic.of([0.1], [0.1])}, resamples=0)
