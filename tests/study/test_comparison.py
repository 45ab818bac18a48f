import dataclasses
import math

import numpy as np
import pytest

from cafer_tf.metrics import agreement_scores
from cafer_tf.metrics.statistic import AgreementStatistic
from cafer_tf.study import comparison, plots
from cafer_tf.study.comparison import Mean


def _people(random, noise):
    """Three people with 40 faces each, and their statistics as a result keeps them."""
    labels = random.uniform(-1, 1, [3, 40, 2])
    predictions = labels + noise * random.standard_normal(labels.shape)
    kept = {
        f'person-{person}': {
            output: list(dataclasses.astuple(AgreementStatistic.of(labels[person, :, i], predictions[person, :, i])))
            for i, output in enumerate(('valence', 'arousal'))
        }
        for person in range(3)
    }
    return kept, labels.reshape(-1, 2), predictions.reshape(-1, 2)


def _result(variant='paper', fold=0, seed=0, noise=0.3, probe=0.5, idiosyncrasy=1.0):
    random = np.random.default_rng([fold, seed])
    return {
        'validation': [0.3, 0.6, 0.5],
        'job': {'variant': variant, 'fold': fold, 'seed': seed, 'idiosyncrasy': idiosyncrasy},
        'unseen': _people(random, noise)[0],
        'seen': _people(random, noise / 2)[0],
        'probe': {'accuracy': probe, 'chance': 0.1},
    }


def test_the_ccc_is_pooled_over_all_people():
    kept, labels, predictions = _people(np.random.default_rng(3), 0.4)
    scores = agreement_scores(labels, predictions)
    figures = comparison.figures(
        {'unseen': kept, 'seen': kept, 'probe': {'accuracy': 0.25}, 'validation': [0.3, 0.6, 0.5]}
    )
    expected = (scores['valence']['ccc'] + scores['arousal']['ccc']) / 2
    assert figures['unseen_ccc'] == pytest.approx(expected, rel=1e-6)  # the scores are float32
    assert figures['gap'] == 0
    assert figures['validation_ccc'] == 0.6  # of the epoch that is kept
    assert figures['probe'] == 0.25


def test_the_centred_ccc_is_that_of_predictions_without_the_mean_error_of_each_person():
    kept, labels, predictions = _people(np.random.default_rng(3), 0.4)
    error = (predictions - labels).reshape(3, 40, 2).mean(axis=1, keepdims=True)
    scores = agreement_scores(labels, (predictions.reshape(3, 40, 2) - error).reshape(-1, 2))
    found = comparison.figures({**_result(), 'unseen': kept})
    expected = (scores['valence']['ccc'] + scores['arousal']['ccc']) / 2
    assert found['centred_ccc'] == pytest.approx(expected, rel=1e-6)
    assert found['centred_ccc'] != pytest.approx(found['unseen_ccc'], rel=1e-6)


def test_the_levelled_ccc_is_that_of_people_with_one_mean_prediction():
    kept, labels, predictions = _people(np.random.default_rng(3), 0.4)
    by_person = predictions.reshape(3, 40, 2)
    levelled = by_person - by_person.mean(axis=1, keepdims=True) + predictions.mean(axis=0)
    scores = agreement_scores(labels, levelled.reshape(-1, 2))
    expected = (scores['valence']['ccc'] + scores['arousal']['ccc']) / 2
    assert comparison.figures({**_result(), 'unseen': kept})['levelled_ccc'] == pytest.approx(expected, rel=1e-6)


def test_predictions_too_timid_are_seen_in_the_spread_and_in_no_correlation():
    kept, labels, predictions = _people(np.random.default_rng(3), 0.4)
    timid = {
        person: {
            output: list(dataclasses.astuple(AgreementStatistic.of(labels[rows, i], 0.5 * predictions[rows, i])))
            for i, output in enumerate(('valence', 'arousal'))
        }
        for person, rows in zip(kept, np.split(np.arange(120), 3), strict=True)
    }
    bold, found = (comparison.figures({**_result(), 'unseen': people}) for people in (kept, timid))
    scores = agreement_scores(labels, 0.5 * predictions)
    for name in ('rmse', 'pcc'):
        expected = (scores['valence'][name] + scores['arousal'][name]) / 2
        assert found[f'unseen_{name}'] == pytest.approx(expected, rel=1e-6)
    assert bold['unseen_spread'] == pytest.approx(np.mean(predictions.std(axis=0) / labels.std(axis=0)))
    assert found['unseen_spread'] == pytest.approx(0.5 * bold['unseen_spread'])
    assert found['within_person_pcc'] == pytest.approx(bold['within_person_pcc'])
    assert found['within_person_pcc'] > bold['centred_ccc'] > found['centred_ccc']


def test_the_interval_counts_folds_and_not_seeds():
    # Fold means .2 and .4: mean .3, standard deviation .1414, standard error .1; t(.975, 1) = 12.706.
    found = comparison.mean({(0, 0): 0.1, (0, 1): 0.3, (1, 0): 0.4})
    assert found == pytest.approx(Mean(0.3, 0.3 - 1.2706, 0.3 + 1.2706, 3, 2), abs=1e-4)


def test_one_fold_has_no_interval():
    found = comparison.mean({(2, 0): 0.1, (2, 1): 0.3})
    assert (found.value, found.folds) == (pytest.approx(0.2), 1)
    assert math.isnan(found.low) and math.isnan(found.high)


def test_differences_are_taken_within_a_run():
    better = {(0, 0): _figures(0.50), (1, 0): _figures(0.60), (2, 0): _figures(0.99)}
    reference = {(0, 0): _figures(0.40), (1, 0): _figures(0.50)}  # no third fold, which would change the mean
    found = comparison.differences(better, reference)['unseen_ccc']
    assert found.value == pytest.approx(0.10)
    assert found.low == pytest.approx(0.10)  # both folds differ by the same
    assert (found.runs, found.folds) == (2, 2)
    assert comparison.differences(better, {(7, 0): _figures(0.4)}) is None


def _figures(value):
    return dict.fromkeys(comparison.FIGURES, value)


def test_the_table_has_a_row_for_each_variant_in_the_order_of_the_ladder():
    results = [
        _result(variant, fold, noise=noise, probe=probe)
        for fold in range(3)
        for variant, noise, probe in (('paper', 0.2, 0.4), ('supervised', 0.4, 0.6))
    ]
    text = comparison.table(comparison.by_variant(results))
    heads, _, *rows = [line for line in text.splitlines() if line.startswith('|')]
    assert [row.split(' | ')[0] for row in rows] == [
        '| `supervised`: labels alone',
        '| `paper`: + critic, adaptive margin with it (the method)',
    ]
    assert heads.count('|') == rows[0].count('|') == rows[1].count('|')
    assert '-0.200 [-0.200, -0.200]' in rows[1]  # the probe
    assert 'Idiosyncrasy 1' in text


def test_plain_values_have_no_nan():
    (entry,) = comparison.to_dict(comparison.by_variant([_result('supervised')]))
    assert entry['figures']['unseen_ccc']['low'] is None
    assert entry['figures']['unseen_ccc']['value'] > 0.5


def test_the_picture_has_a_row_of_panels_for_each_idiosyncrasy(tmp_path):
    results = [
        _result(variant, fold, idiosyncrasy=idiosyncrasy, noise=noise)
        for fold in range(2)
        for variant, noise in (('supervised', 0.4), ('paper', 0.3))
        for idiosyncrasy in (0.0, 1.0)
    ]
    found = comparison.by_variant(results)
    figure = plots.comparison_figure(found)
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ['idiosyncrasy 0', 'idiosyncrasy 1']
    assert plots.plot_comparison(found, tmp_path / 'study.png').stat().st_size > 10_000


def test_the_axes_are_those_of_the_ladder_and_what_lies_beyond_is_told_at_the_edge():
    results = [
        _result(variant, fold, probe=probe + 0.01 * fold)
        for fold in range(2)
        for variant, probe in (('supervised', 0.6), ('paper', 0.59), ('person_pairs', 0.4), ('avce2022', 0.9))
    ]
    figure = plots.comparison_figure(comparison.by_variant(results))
    probe = figure.axes[2]
    left, right = probe.get_xlim()
    assert -0.02 < left < -0.01 and 0 < right < 0.01
    assert [text.get_text() for text in probe.texts] == ['◂ -0.200', '+0.300 ▸']
