import functools

import metric_learning_checks as checks
import metric_learning_reference as reference
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import (
    TripletSemihardLoss,
    all_triplets,
    pairwise_distances,
    semihard_triplets,
    triplet_semihard_loss,
)

DISTANCES = ('l2', 'squared_l2', 'snr')


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-4), ('float64', 1e-12)])
@pytest.mark.parametrize('reduction', ['mean', 'nonzero_mean'])
@pytest.mark.parametrize('distance', DISTANCES)
@pytest.mark.parametrize('semihard', [True, False])
def test_is_the_equation(distance, reduction, semihard, dtype, tolerance):
    labels, embeddings = reference.batch()
    triplets = None if semihard else reference.triplets(labels)
    loss = triplet_semihard_loss(labels, tf.constant(embeddings, dtype), 0.3, distance, reduction, triplets)
    assert loss.dtype == dtype
    expected = reference.triplet(labels, embeddings, 0.3, distance, reduction, semihard)
    assert expected > 0
    assert float(loss) == pytest.approx(expected, rel=tolerance)


def test_by_hand():
    # Unit vectors at 0°, 60° (of one class), 90° and 180°. Squared distances of row 0: 1; 2, 4. Of row 1: 1; 2 - √3, 3.
    embeddings = tf.constant([[3.0, 0.0], [0.5, 0.75**0.5], [0.0, 2.0], [-1.0, 0.0]], tf.float64)
    labels = [0, 0, 1, 2]
    # With α = 1.5 only (0, 1, 2) is semi-hard: gaps 1, 3 of row 0, and -.73, 2 of row 1.
    assert float(triplet_semihard_loss(labels, embeddings, 1.5, 'squared_l2')) == pytest.approx(0.5)
    # With α = 2.25, (1, 0, 3) is one too, for .25, beside 1.25.
    assert float(triplet_semihard_loss(labels, embeddings, 2.25, 'squared_l2')) == pytest.approx(0.75)


def test_the_bounds_of_semihard():
    # Gaps of anchor 0: 0, which is hard; exactly the margin, which costs nothing but counts; and beyond it.
    distances = np.array([[0, 1, 1, 1.5, 1.75]] + [[9, 0, 1, 1, 1]] + [[0] * 5] * 3, float)
    labels = [0, 0, 1, 2, 3]
    assert semihard_triplets(labels, distances, 0.5).numpy().tolist() == [[0, 1, 3]]
    assert semihard_triplets(labels, distances, 0.75).numpy().tolist() == [[0, 1, 3], [0, 1, 4]]


def test_mining_follows_the_margin():
    labels, embeddings = reference.batch()
    counts = []
    for margin in (0.1, 0.4):
        assert float(triplet_semihard_loss(labels, embeddings, tf.constant(margin))) == pytest.approx(
            reference.triplet(labels, embeddings, margin), rel=1e-6
        )
        counts.append(
            len(semihard_triplets(labels, pairwise_distances(tf.constant(reference.unit(embeddings))), margin))
        )
    assert 0 < counts[0] < counts[1]


@pytest.mark.parametrize('seed', range(3))
def test_all_triplets_are_all(seed):
    labels = np.random.default_rng(seed).integers(0, 3, 9)
    assert [tuple(row) for row in all_triplets(labels).numpy()] == reference.triplets(labels)


@pytest.mark.parametrize('distance', DISTANCES)
def test_gradient_is_that_of_finite_differences(distance):
    labels, embeddings = reference.batch(rows=8)
    loss = functools.partial(triplet_semihard_loss, labels, margin=0.5, distance=distance)
    assert checks.gradient_error(loss, embeddings) < 1e-6


def agrees(values, name, distance, margin, **options):
    loss = functools.partial(
        triplet_semihard_loss, values['labels'], margin=margin, distance=checks.DISTANCES[distance], **options
    )
    value, gradient = checks.value_and_gradient(loss, values['embeddings'])
    np.testing.assert_allclose(value, values[f'{name}/loss'], rtol=1e-12)
    np.testing.assert_allclose(gradient, values[f'{name}/grad'], rtol=1e-9, atol=1e-14)
    return True


SEMIHARD = [('l2', 0.2), ('l2sq', 0.1), ('l2sq', 0.2), ('snr', 0.1), ('snr', 0.2)]


@pytest.mark.parametrize(('distance', 'margin'), SEMIHARD)
def test_reproduces_the_golden_semihard_loss_and_gradient(distance, margin, goldens):
    values, name = goldens('metric_learning'), f'triplet_semihard_{distance}_m{margin}'
    assert agrees(values, name, distance, margin)
    assert agrees(values, name, distance, margin, triplets=values[f'{name}/idx'])


@pytest.mark.parametrize(('distance', 'margin'), [('l2', 0.1), ('l2', 0.2), ('l2sq', 0.1), ('snr', 0.1), ('snr', 0.2)])
def test_reproduces_the_golden_loss_and_gradient_of_all_triplets(distance, margin, goldens):
    values = goldens('metric_learning')
    triplets = all_triplets(values['labels'])
    name = f'triplet_all_{distance}_m{margin}_mean'
    assert agrees(values, name, distance, margin, triplets=triplets, reduction='mean')


@pytest.mark.parametrize(('distance', 'margin'), SEMIHARD)
def test_mines_the_golden_triplets(distance, margin, goldens):
    values = goldens('metric_learning')
    unit = tf.constant(reference.unit(values['embeddings']))
    distances = pairwise_distances(unit, checks.DISTANCES[distance])
    mined = values[f'triplet_semihard_{distance}_m{margin}/idx']
    assert semihard_triplets(values['labels'], distances, margin).numpy().tolist() == sorted(mined.tolist())


def test_distances_are_the_golden_ones(goldens):
    values = goldens('metric_learning')
    unit = reference.unit(values['embeddings'])
    for name, rows, distance in (
        ('dist_l2', unit, 'l2'),
        ('dist_snr_norm', unit, 'snr'),
        ('dist_snr_raw', values['embeddings'], 'snr'),
    ):
        np.testing.assert_allclose(pairwise_distances(tf.constant(rows), distance), values[name], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize('case', reference.DEGENERATE)
@pytest.mark.parametrize('distance', DISTANCES)
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_value_and_gradient_are_finite(case, distance, dtype):
    labels, embeddings = reference.DEGENERATE[case]
    for triplets in (None, all_triplets(labels)):
        loss = functools.partial(triplet_semihard_loss, labels, distance=distance, margin=1.5, triplets=triplets)
        value, gradient = checks.value_and_gradient(loss, embeddings.astype(dtype))
        assert value.dtype == dtype
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


def test_without_a_triplet_it_costs_nothing():
    labels, embeddings = reference.batch()
    value, gradient = checks.value_and_gradient(lambda h: triplet_semihard_loss(labels * 0, h), embeddings)
    assert value == 0
    assert not gradient.any()
    for nothing in (np.zeros([0, 3], int), []):
        assert float(triplet_semihard_loss(labels, embeddings, triplets=nothing)) == 0
    # Embeddings alike are no further away: none is semi-hard, but each triplet costs the margin.
    alike = np.ones([12, 5])
    assert float(triplet_semihard_loss(labels, alike)) == 0
    assert float(triplet_semihard_loss(labels, alike, triplets=all_triplets(labels))) == pytest.approx(0.2)


def test_what_is_not_a_number_is_not_hidden():
    labels, embeddings = reference.batch()
    embeddings[0, 0] = np.nan
    assert np.isnan(triplet_semihard_loss(labels, embeddings))


def test_the_gradient_of_a_tensor_margin_is_the_callers():
    labels, embeddings = reference.batch()
    loss = functools.partial(triplet_semihard_loss, labels, embeddings)
    assert checks.value_and_gradient(loss, np.float64(0.3))[1] == pytest.approx(1.0)
    assert checks.value_and_gradient(lambda margin: loss(tf.stop_gradient(margin)), np.float64(0.3))[1] == 0


def test_graph_is_eager():
    labels, embeddings = reference.batch()
    graph = tf.function(
        lambda labels, embeddings: triplet_semihard_loss(labels, embeddings),
        input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 5], tf.float64)],
    )
    for rows in (12, 1):
        eager = float(triplet_semihard_loss(labels[:rows], embeddings[:rows]))
        assert float(graph(labels[:rows], embeddings[:rows])) == pytest.approx(eager, rel=1e-12)


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_judged_in_float32(dtype):
    labels, embeddings = reference.batch()
    halves = tf.cast(embeddings, dtype)
    loss = triplet_semihard_loss(labels, halves)
    assert loss.dtype == tf.float32
    assert float(loss) == float(triplet_semihard_loss(labels, tf.cast(halves, tf.float32)))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'labels': [0.0, 1.0]}, 'labels must be integers'),
        ({'margin': [0.1, 0.2]}, 'margin must be one number'),
        ({'distance': 'cosine'}, 'l2, squared_l2 or snr'),
        ({'reduction': 'sum'}, 'mean or nonzero_mean'),
        ({'triplets': [[0, 1]]}, 'anchor, positive, negative'),
    ],
)
def test_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        triplet_semihard_loss(**{'labels': [0, 1], 'embeddings': np.zeros([2, 3]), **arguments})


def test_loss_class_is_the_function_and_survives_serialisation():
    labels, embeddings = reference.batch()
    arguments = {'margin': 0.4, 'distance': 'squared_l2', 'reduction': 'mean'}
    loss = checks.restored(TripletSemihardLoss(**arguments))
    assert isinstance(loss, TripletSemihardLoss)
    assert loss.get_config() == {**arguments, 'name': 'triplet_semihard_loss'}
    assert float(loss(labels[:, None], embeddings)) == float(triplet_semihard_loss(labels, embeddings, **arguments))


def test_a_model_learns_by_it():
    before, after = checks.learns(TripletSemihardLoss(margin=1.0))
    assert after < 0.8 * before
