"""CCCs without the offset of each person, and the correlation within people, against NumPy on the predictions."""

import numpy as np
import pytest

from cafer_tf.metrics import (
    AgreementStatistic,
    centred_ccc,
    levelled_ccc,
    pooled_ccc,
    statistics_by_name,
    within_person_pcc,
)

FIGURES = [pooled_ccc, centred_ccc, levelled_ccc, within_person_pcc]
COUNTS = {'b': 30, 'a': 7, 'c': 12}


@pytest.fixture
def faces():
    random = np.random.default_rng(0)
    names = np.repeat(list(COUNTS), list(COUNTS.values()))
    labels = random.uniform(-0.8, 0.8, len(names)) + np.repeat([0.2, -0.3, 0.0], list(COUNTS.values()))
    offsets = np.repeat([0.4, -0.2, -0.5], list(COUNTS.values()))
    return labels, 0.7 * labels + offsets + random.normal(0, 0.1, len(names)), names


def ccc(y, p):
    return 2 * np.mean((y - y.mean()) * (p - p.mean())) / (y.var() + p.var() + (y.mean() - p.mean()) ** 2)


def means(values, names):
    """Of each person, at every face of that person."""
    found = np.empty_like(values)
    for name in set(names):
        found[names == name] = values[names == name].mean()
    return found


def test_centred_predictions_have_no_mean_error_of_anyone(faces):
    labels, predictions, names = faces
    expected = ccc(labels, predictions - means(predictions, names) + means(labels, names))
    found = centred_ccc(statistics_by_name(*faces))
    assert found == pytest.approx(expected, abs=1e-12)
    assert found > ccc(labels, predictions) + 0.1


def test_levelled_predictions_have_one_mean_for_all_and_use_no_label(faces):
    labels, predictions, names = faces
    levelled = predictions - means(predictions, names) + predictions.mean()
    assert levelled_ccc(statistics_by_name(*faces)) == pytest.approx(ccc(labels, levelled), abs=1e-12)
    assert levelled.mean() == pytest.approx(predictions.mean())


def test_pooled_predictions_are_as_they_are(faces):
    assert pooled_ccc(statistics_by_name(*faces)) == pytest.approx(ccc(*faces[:2]), abs=1e-12)


def test_the_correlation_within_people_is_blind_to_offsets_and_to_scale(faces):
    labels, predictions, names = faces
    found = within_person_pcc(statistics_by_name(*faces))
    parts = labels - means(labels, names), predictions - means(predictions, names)
    assert found == pytest.approx(np.corrcoef(*parts)[0, 1], abs=1e-12)
    moved = 0.2 * predictions + (names == 'a')
    assert found == pytest.approx(within_person_pcc(statistics_by_name(labels, moved, names)), abs=1e-12)


@pytest.mark.parametrize('figure', FIGURES)
def test_the_order_of_people_changes_no_bit(faces, figure):
    people = statistics_by_name(*faces)
    assert figure(dict(reversed(people.items()))) == figure(people)


@pytest.mark.parametrize('figure', FIGURES)
def test_nobody_agrees_with_nothing(figure):
    assert figure({}) == figure({'a': AgreementStatistic()}) == 0
