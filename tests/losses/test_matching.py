import metric_learning_checks as checks
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import choose_people, free_of_shift, identity_shifts, matched_regression_loss, sinkhorn

EPSILON = 1e-6


def published_flow(cost, a, b, sharpness=5.0, iterations=5):
    """The update of the authors' code, one pair of sets at a time."""
    kernel = np.exp(-sharpness * cost)
    scaled = np.diag(1 / (a + EPSILON)) @ kernel
    u = np.ones(len(a)) / len(a)
    for _ in range(iterations):
        u = 1 / (scaled @ (b / (kernel.T @ u + EPSILON)) + EPSILON)
    v = b / (kernel.T @ u + EPSILON)
    return np.diag(u) @ kernel @ np.diag(v)


def shared_out(relevance, total):
    return total * relevance / (relevance.sum() + EPSILON)


def shifts_one_by_one(features, people, reference, matched):
    """The shifts, person by person and face by face, in sets of just their faces."""
    shifts = np.zeros(len(features))
    anchors = features[people == reference]
    for person in set(people[matched]) - {reference}:
        faces = features[people == person]
        a = shared_out(np.maximum(anchors @ faces.mean(0), 0), len(faces))
        b = shared_out(np.maximum(faces @ anchors.mean(0), 0), len(faces))
        lengths = np.linalg.norm(anchors, axis=1)[:, None] * np.linalg.norm(faces, axis=1)
        cost = 1 - anchors @ faces.T / lengths
        shifts[people == person] = (published_flow(cost, a, b) * cost).sum(0)
    return shifts


def batch(rows=40, features=12):
    """Features after a ReLU, of a person of many faces, some of a few, one of a single face, all mixed up."""
    rng = np.random.default_rng(0)
    people = rng.permutation(np.repeat([3, 11, 4, 8, 70], [rows - 16, 8, 5, 2, 1]))
    return np.maximum(rng.normal(0.3, 1, (rows, features)), 0), people


def test_the_flow_is_that_of_the_published_update():
    rng = np.random.default_rng(0)
    cost, a, b = rng.uniform(0, 1, (3, 6, 4)), rng.uniform(0.1, 2, (3, 6)), rng.uniform(0.1, 2, (3, 4))
    expected = [published_flow(*parts) for parts in zip(cost, a, b, strict=True)]
    np.testing.assert_allclose(sinkhorn(cost, a, b), expected, rtol=1e-10)
    np.testing.assert_allclose(sinkhorn(np.float32(cost), a, b), expected, rtol=1e-4)
    # Nodes of weight 0 are not there, whatever they cost.
    padded = np.pad(cost, [(0, 0), (0, 2), (1, 0)], constant_values=-1.0)
    flow = sinkhorn(padded, np.pad(a, [(0, 0), (0, 2)]), np.pad(b, [(0, 0), (1, 0)]))
    np.testing.assert_allclose(flow, np.pad(expected, [(0, 0), (0, 2), (1, 0)]), rtol=1e-10)


def test_balanced_weights_are_the_marginals_of_the_flow():
    rng = np.random.default_rng(0)
    cost, a, b = rng.uniform(0, 1, (6, 4)), rng.uniform(0.5, 1, 6), rng.uniform(0.5, 1, 4)
    a *= b.sum() / a.sum()
    flow = sinkhorn(cost, a, b, iterations=100).numpy()
    np.testing.assert_allclose(flow.sum(0), b, rtol=1e-4)
    np.testing.assert_allclose(flow.sum(1), a, rtol=1e-4)
    # The one flow with these marginals that is diag(u) K diag(v): λ M + log F is a sum of a row's and a column's part.
    potential = 5 * cost + np.log(flow)
    np.testing.assert_allclose(potential - potential[:1] - potential[:, :1] + potential[0, 0], 0, atol=1e-10)


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-4), ('float64', 1e-10)])
@pytest.mark.parametrize('reference', [3, 70])
def test_shifts_are_those_of_each_person_alone(reference, dtype, tolerance):
    features, people = batch()
    matched = people != 11
    shifts = identity_shifts(tf.constant(features, dtype), people, reference, matched)
    assert shifts.dtype == dtype
    expected = shifts_one_by_one(features, people, reference, matched)
    np.testing.assert_allclose(shifts, expected, rtol=tolerance, atol=tolerance)
    assert (shifts.numpy() > 0).tolist() == (matched & (people != reference)).tolist()


SETS = {
    'one person': (np.ones([3, 4]), [5, 5, 5], 5),
    'one face each': (np.eye(3, 4) + 0.1, [5, 6, 7], 5),
    'all alike': (np.ones([4, 4]), [5, 6, 6, 5], 5),
    'zeros': (np.zeros([4, 4]), [5, 6, 6, 5], 5),
    'nothing in common': (np.repeat(np.eye(2, 4), 2, axis=0), [5, 5, 6, 6], 5),
    'opposite': (np.array([[1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]]), [5, 6, 6], 5),
}


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('case', SETS)
def test_value_and_gradient_are_finite(case, dtype):
    features, people, reference = SETS[case]
    chosen = np.ones(len(people), bool)

    def loss(features):
        freed = free_of_shift(features, identity_shifts(features, people, reference, chosen))
        return matched_regression_loss(freed[:, :2] * 0 + 0.5, freed[:, :2], people, chosen)

    shifts = identity_shifts(features.astype(dtype), people, reference, chosen).numpy()
    assert np.isfinite(shifts).all()
    # Only different faces with something in common are shifted; then all of a face's weight is on the way to it.
    assert (shifts > 1e-3).any() == (case == 'one face each')
    value, gradient = checks.value_and_gradient(loss, features.astype(dtype))
    assert value.dtype == dtype
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_people_are_drawn_alike_whole_and_without_replacement():
    people = np.array([3, 11, 3, 4, 11, 3, 3, 8, 3, 3])  # of 6, 2, 1 and 1 faces
    draw = tf.function(lambda number: choose_people(people, 2, tf.stack([7, number])))
    draws = [[part.numpy() for part in draw(number)] for number in tf.range(1200)]
    references = np.array([reference for reference, _ in draws])
    others = []
    for reference, chosen in draws:
        drawn = set(people[chosen])
        assert len(drawn) == 2
        assert chosen.tolist() == np.isin(people, list(drawn)).tolist()
        (other,) = drawn - {reference}
        others.append(other)
    for person in (3, 11, 4, 8):
        # Five standard deviations of a share of a quarter of 1,200.
        assert np.mean(references == person) == pytest.approx(0.25, abs=0.063)
        assert np.mean(np.array(others) == person) == pytest.approx(0.25, abs=0.063)


def test_fewer_people_than_asked_for_are_all_chosen():
    for people in ([5, 5, 9], [5], [-1, -1]):
        reference, chosen = choose_people(tf.constant(people, tf.int64), 10, [0, 1])
        assert reference.dtype == tf.int64
        assert int(reference) in people
        assert chosen.numpy().all()


def test_freed_features_have_a_mean_square_of_1():
    features, _ = batch()
    shifts = np.linspace(0, 1, len(features))
    freed = free_of_shift(features, shifts).numpy()
    np.testing.assert_allclose((freed**2).mean(1), 1, rtol=1e-4)
    centred = features - shifts[:, None]
    np.testing.assert_allclose(freed, centred / (np.sqrt((centred**2).mean(1, keepdims=True)) + EPSILON), rtol=1e-10)
    assert checks.gradient_error(lambda z: tf.reduce_sum(free_of_shift(z, shifts[:3]) ** 3), features[:3]) < 1e-6
    value, gradient = checks.value_and_gradient(lambda z: tf.reduce_sum(free_of_shift(z, [0.5])), np.full([1, 4], 0.5))
    assert value == 0
    assert not gradient.any()


def test_the_regression_counts_every_person_alike():
    rng = np.random.default_rng(0)
    _, people = batch()
    labels, predictions = rng.uniform(-1, 1, (2, len(people), 2))
    chosen = np.isin(people, [3, 4, 70])
    expected = sum(((labels - predictions)[people == person] ** 2).mean() for person in (3, 4, 70)) / 2
    loss, gradient = checks.value_and_gradient(
        lambda predictions: matched_regression_loss(labels, predictions, people, chosen), predictions
    )
    assert loss == pytest.approx(expected, rel=1e-12)
    assert gradient.any(axis=1).tolist() == chosen.tolist()
    assert float(matched_regression_loss(labels, predictions, people, chosen & False)) == 0


def test_graph_and_xla_are_eager():
    def everything(features, people, seed):
        reference, chosen = choose_people(people, 3, seed)
        freed = free_of_shift(features, identity_shifts(features, people, reference, chosen))
        return reference, chosen, freed, matched_regression_loss(features[:, :2], freed[:, :2], people, chosen)

    features, people = batch()
    inputs = tf.constant(features, tf.float32), tf.constant(people, tf.int64), tf.constant([3, 4], tf.int64)
    signature = [tf.TensorSpec([None, 12]), tf.TensorSpec([None], tf.int64), tf.TensorSpec([2], tf.int64)]
    eager = everything(*inputs)
    for compiled in (False, True):
        graph = tf.function(everything, input_signature=signature, jit_compile=compiled)
        for one, other in zip(graph(*inputs), eager, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_half_precision_is_judged_in_float32():
    features, people = batch()
    halves = tf.cast(features, tf.float16)
    shifts = identity_shifts(halves, people, 3, people > 0)
    assert shifts.dtype == free_of_shift(halves, shifts).dtype == tf.float32
    np.testing.assert_array_equal(shifts, identity_shifts(tf.cast(halves, tf.float32), people, 3, people > 0))
    assert matched_regression_loss(halves[:, :2], halves[:, :2], people, people > 0).dtype == tf.float32


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match='must fit cost'):
        sinkhorn(tf.zeros([3, 2]), [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match=r'people must be \[n\] integers'):
        choose_people([0.5, 1.0], 2, [0, 0])
    with pytest.raises(ValueError, match='count must be at least 1'):
        choose_people([1, 2], 0, [0, 0])
    with pytest.raises(ValueError, match='one row a face'):
        identity_shifts(tf.zeros([3, 4]), [1, 2], 1, [True, True])
    with pytest.raises(ValueError, match=r'need shifts \[n\]'):
        free_of_shift(tf.zeros([3, 4]), [0.0])
    with pytest.raises(ValueError, match=r'people \[n\]'):
        matched_regression_loss(tf.zeros([3, 2]), tf.zeros([3, 2]), [1, 2], [True, True])
