import numpy as np
import pytest

from cafer_tf.metrics import identity_probe, verification
from cafer_tf.metrics.identity import halves


def faces(people=8, images=20, dimension=6, spread=1.0, seed=0):
    """Embeddings about a place of each person, and who is shown; `spread` 0 says nothing of the person."""
    random = np.random.default_rng(seed)
    places = random.normal(0, spread, (people, dimension))
    subjects = np.repeat([f'person {i:03d}' for i in range(people)], images)
    return np.repeat(places, images, axis=0) + random.normal(0, 0.5, (subjects.size, dimension)), subjects


def test_people_who_lie_apart_are_read():
    found = identity_probe(*faces(spread=10))
    assert found['accuracy'] == {'value': 1.0, 'low': 1.0, 'high': 1.0}
    assert (found['examples'], found['train_examples'], found['test_examples']) == (160, 80, 80)
    assert (found['subjects'], found['left_out'], found['chance']) == (8, 0, 1 / 8)
    assert found['verification']['verification_rate'] == 1.0
    # Of 80 test images, 10 of each of 8 people.
    assert found['verification']['pairs_same'] == 8 * 10 * 9 // 2
    assert found['verification']['pairs_different'] == 80 * 79 // 2 - 8 * 10 * 9 // 2


def test_an_embedding_that_says_nothing_is_read_at_chance():
    # 800 test images: a right guess has probability .1 and standard deviation sqrt(.1 · .9 / 800) = .011.
    found = identity_probe(*faces(people=10, images=160, spread=0))
    assert found['test_examples'] == 10 * 50  # no more than 100 images of a person
    assert found['accuracy']['value'] == pytest.approx(found['chance'], abs=4 * 0.013)
    assert found['accuracy']['low'] < found['chance'] < found['accuracy']['high']


def test_the_classifier_is_at_the_minimum_of_its_loss():
    # Two people in one dimension: the regularised logistic regression by Newton's method, written out for w = w1 = -w0.
    # By symmetry the penalty is (w² + w²) / 2 = w² and the score difference 2 (w x + b).
    from cafer_tf.metrics.identity import _fit

    random = np.random.default_rng(1)
    person = np.repeat([0, 1], 30)
    x = random.normal(person * 1.5, 1.0)
    weights, biases = _fit(x[:, np.newaxis], person, 2)
    w = b = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-2 * (w * x + b)))
        gradient = np.array([2 * np.sum((p - person) * x) + 2 * w, 2 * np.sum(p - person)])
        curvature = 4 * p * (1 - p)
        hessian = [[np.sum(curvature * x * x) + 2, np.sum(curvature * x)], [np.sum(curvature * x), np.sum(curvature)]]
        w, b = np.array([w, b]) - np.linalg.solve(hessian, gradient)
    assert weights[0, 1] - weights[0, 0] == pytest.approx(2 * w, rel=1e-3)
    assert biases[1] - biases[0] == pytest.approx(2 * b, abs=1e-3)


def test_the_interval_is_over_people():
    # Half of the people can be told apart, half cannot: accuracy varies from person to person, and the interval must
    # reach to what a draw with few of the first makes: wider than the binomial one over 400 images.
    apart, names = faces(people=10, images=40, spread=20, seed=1)
    alike, others = faces(people=10, images=40, spread=0, seed=2)
    found = identity_probe(np.concatenate([apart, 100 + alike]), np.concatenate([names, 'x' + others.astype(object)]))
    accuracy = found['accuracy']
    assert accuracy['value'] == pytest.approx(0.55, abs=0.08)
    binomial = 4 * np.sqrt(accuracy['value'] * (1 - accuracy['value']) / found['test_examples'])
    assert accuracy['high'] - accuracy['low'] > 2.5 * binomial


def test_it_is_the_same_again_and_another_seed_draws_other_halves():
    embeddings, subjects = faces(spread=0.3)
    assert identity_probe(embeddings, subjects, seed=1) == identity_probe(embeddings, subjects, seed=1)
    assert not np.array_equal(halves(subjects, seed=1).test, halves(subjects, seed=2).test)


def test_halves_are_disjoint_and_hold_everybody():
    _, subjects = faces(people=5, images=11)
    parts = halves(subjects)
    assert np.array_equal(np.sort(np.concatenate([parts.train, parts.test])), np.arange(55))
    for rows in (parts.train, parts.test):
        assert set(np.unique(subjects[rows], return_counts=True)[1]) <= {5, 6}


def test_frames_of_a_video_stay_together():
    subjects = np.repeat(['anna', 'ben', 'carl'], [40, 40, 20])
    videos = np.array([f'{name} {i // 8}' for i, name in enumerate(subjects[:80])] + ['carl 0'] * 20)
    parts = halves(subjects, videos)
    assert parts.by_video
    assert not set(videos[parts.train]) & set(videos[parts.test])
    assert set(subjects[parts.train]) == set(subjects[parts.test]) == {'anna', 'ben'}
    assert (parts.people, parts.left_out) == (2, 1)  # Carl has one video
    found = identity_probe(np.random.default_rng(0).normal(size=(100, 3)), subjects, videos)
    assert 'different videos' in found['filter']
    assert found['left_out'] == 1


def test_nobody_is_verified_by_two_frames_of_one_video():
    # Two videos of each of ten people. The embedding knows the video and nothing of the person: by the frames of one
    # video of each, all would be verified; by pairs of two videos, nobody is, beyond what ten pairs of videos have by
    # chance.
    random = np.random.default_rng(0)
    clip = np.repeat(np.arange(20), 30)
    embeddings = random.normal(0, 1, (20, 32))[clip] + random.normal(0, 0.05, (600, 32))
    subjects, videos = np.array([f'person {i // 2}' for i in clip]), np.array([f'clip {i}' for i in clip])
    checked = identity_probe(embeddings, subjects, videos)['verification']
    assert 0 < checked['pairs_same'] < 10 * 30 * 30 // 2  # 300 images of 600, in 20 videos of which two are of a person
    assert checked['equal_error_rate'] > 0.3
    first = clip % 2 == 0
    assert verification(embeddings[first], subjects[first])['equal_error_rate'] == 0
    assert verification(embeddings[first], subjects[first], videos=videos[first])['pairs_same'] == 0
    by_hand = verification(np.eye(4), ['a', 'a', 'a', 'b'], videos=['1', '1', '2', ''])
    assert (by_hand['pairs_same'], by_hand['pairs_different']) == (2, 3)
    assert verification(np.eye(3), ['a', 'a', 'b'], videos=['', '', ''])['pairs_same'] == 1  # unknown is not the same


def test_where_people_have_one_video_each_their_images_are_parted():
    _, subjects = faces(people=3, images=8)
    parts = halves(subjects, subjects)
    assert not parts.by_video
    assert len(parts.train) == len(parts.test) == 12


def test_people_with_few_images_are_left_out_and_counted():
    subjects = np.array(['anna'] * 4 + ['ben'] * 3 + ['carl'] * 6)
    found = identity_probe(np.random.default_rng(0).normal(size=(13, 2)), subjects)
    assert (found['subjects'], found['left_out'], found['examples']) == (2, 1, 10)
    assert found['chance'] == 3 / 5  # Carl's test images
    assert identity_probe(np.zeros([7, 2]), subjects[:7]) is None


def test_of_many_people_a_hundred_are_drawn():
    embeddings, subjects = faces(people=130, images=4, spread=5)
    found = identity_probe(embeddings, subjects)
    assert (found['subjects'], found['train_examples'], found['left_out']) == (100, 200, 0)


def test_verification_by_hand():
    # Angles 0 and 10 of one, 30 and 100 of the other: pairs of one person cos 10 = .985, cos 70 = .34; of two cos 30 =
    # .87, cos 100 = -.17, cos 20 = .94, cos 90 = 0. At a threshold of .34 the second pair of one is rejected, one half,
    # and two of four pairs of two people are accepted, one half too.
    angles = np.radians([0, 10, 30, 100])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1) * [[1], [3], [0.2], [1]]
    found = verification(embeddings, ['a', 'a', 'b', 'b'], false_accept_rate=0.25)
    assert found == {
        'pairs_same': 2,
        'pairs_different': 4,
        'false_accept_rate': 0.25,
        'verification_rate': 0.5,  # one of four may be accepted, so that the threshold is cos 30 = .87
        'equal_error_rate': 0.5,
    }


def test_no_more_pairs_of_two_people_are_accepted_than_allowed():
    embeddings, subjects = faces(people=12, images=12, spread=0.6)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    first, second = np.triu_indices(len(unit), 1)
    cosines, alike = np.sum(unit[first] * unit[second], axis=1), subjects[first] == subjects[second]
    found = verification(embeddings, subjects, false_accept_rate=0.01)
    strictest = np.sort(cosines[~alike])[::-1][int(0.01 * np.sum(~alike))]
    assert found['verification_rate'] == np.mean(cosines[alike] > strictest)
    rates = [(np.mean(cosines[alike] <= at), np.mean(cosines[~alike] > at)) for at in np.linspace(-1, 1, 20001)]
    assert found['equal_error_rate'] == pytest.approx(np.mean(min(rates, key=lambda r: abs(r[0] - r[1]))), abs=1e-3)


def test_too_few_pairs_have_no_rate():
    embeddings, subjects = faces(people=4, images=5)
    assert verification(embeddings, subjects)['verification_rate'] is None  # 150 pairs of two people, not 1000
    assert verification(embeddings[:5], subjects[:5])['equal_error_rate'] is None


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match='finite; row 1'):
        identity_probe([[0.0], [np.nan]], ['a', 'b'])
    with pytest.raises(ValueError, match=r'subjects \[n\]'):
        verification(np.zeros([3, 2]), ['a'])
