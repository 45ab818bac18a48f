import math

import numpy as np
import pytest
import tensorflow as tf
from tiny import make_data, make_model

from cafer_tf import margins


def test_mutual_information_by_hand():
    # -½ log(1 - 0.6²) = -½ log 0.64 = -log 0.8
    assert float(margins.gaussian_mutual_information(0.6)) == pytest.approx(-math.log(0.8), rel=1e-6)
    assert float(margins.gaussian_mutual_information(0.0)) == 0.0


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_mutual_information_keeps_dtype_and_is_even(dtype):
    eta = tf.constant([-0.9, -0.3, 0.3, 0.9], dtype)
    result = margins.gaussian_mutual_information(eta)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, result[::-1], rtol=1e-6)
    np.testing.assert_allclose(result, -0.5 * np.log(1 - eta.numpy() ** 2), rtol=1e-5)


@pytest.mark.parametrize('eta', [-1.0, 1.0, 1.0000001])
def test_mutual_information_of_identical_variables_is_finite(eta):
    eta = tf.constant(eta)
    with tf.GradientTape() as tape:
        tape.watch(eta)
        value = margins.gaussian_mutual_information(eta)
    assert float(value) == pytest.approx(-0.5 * math.log(1e-6), rel=0.05)
    assert np.isfinite(tape.gradient(value, eta))


def test_confidence_by_hand():
    assert margins.confidence_term(64, 1.0, 4) == pytest.approx(math.log(64) / 8)
    assert margins.confidence_term(64, 64, 4) == 0.0


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [((16, 32, 4), 'negative'), ((16, 0, 4), 'positive'), ((16, 1, 0), 'at least 1')],
)
def test_confidence_refuses_what_is_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        margins.confidence_term(*arguments)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_margin_is_information_plus_confidence(dtype):
    rng = np.random.default_rng(0)
    first = rng.normal(size=(12, 16))
    second = 0.5 * first + rng.normal(size=(12, 16))
    result = margins.adaptive_margin(
        tf.constant(first, dtype), tf.constant(second, dtype), batch_size=24, constant=2.0, neighbours=3
    )
    eta = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert {part.dtype.name for part in result} == {dtype}
    assert float(result.mutual_information) == pytest.approx(-0.5 * math.log(1 - eta**2), rel=1e-4)
    assert float(result.confidence) == pytest.approx(math.log(12) / 6, rel=1e-6)
    assert float(result.margin) == pytest.approx(float(result.mutual_information + result.confidence), rel=1e-6)


@pytest.mark.parametrize('size', [1, 2, 24])
def test_batch_size_may_be_known_only_in_the_graph(size):
    outputs = tf.random.stateless_normal([4, 2], seed=[0, 0])
    result = margins.adaptive_margin(outputs, outputs, batch_size=tf.constant(size), constant=2.0, neighbours=3)
    assert float(result.confidence) == pytest.approx(max(0.0, math.log(size / 2) / 6), abs=1e-6)


def test_pairs_without_weight_do_not_count():
    rng = np.random.default_rng(1)
    first, second = tf.constant(rng.normal(size=(6, 4))), tf.constant(rng.normal(size=(6, 4)))
    whole = margins.adaptive_margin(first[:4], second[:4], batch_size=12)
    masked = margins.adaptive_margin(first, second, batch_size=12, weights=[1, 1, 1, 1, 0, 0])
    assert float(masked.margin) == pytest.approx(float(whole.margin), rel=1e-12)


def test_without_pairs_only_the_confidence_is_left():
    outputs = tf.random.stateless_normal([4, 16], seed=[0, 0])
    result = margins.adaptive_margin(outputs, outputs, batch_size=8, weights=tf.zeros([4]))
    assert float(result.margin) == pytest.approx(margins.confidence_term(8, 1.0, 4), rel=1e-6)


@pytest.mark.parametrize('stop', [True, False])
def test_gradient_through_the_margin_is_a_choice(stop):
    first, second = (tf.random.stateless_normal([4, 2], seed=[seed, 0]) for seed in (0, 1))
    with tf.GradientTape() as tape:
        tape.watch(first)
        margin = margins.adaptive_margin(first, second, batch_size=8, stop_gradient=stop).margin
    gradient = tape.gradient(margin, first)
    assert (gradient is None) == stop


def test_refuses_outputs_of_two_shapes():
    with pytest.raises(ValueError, match='one shape'):
        margins.adaptive_margin(tf.zeros([4, 2]), tf.zeros([3, 2]), batch_size=8)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_channel_information_is_the_equation(dtype):
    x, y = np.random.default_rng(0).normal(0, 2, (2, 5, 16))
    noise = 2 * 0.2
    expected = -((y - x) ** 2) / noise + np.log(2) - np.logaddexp(-((y + 1) ** 2) / noise, -((y - 1) ** 2) / noise)
    result = margins.channel_mutual_information(tf.constant(x, dtype), tf.constant(y, dtype))
    assert result.dtype == dtype
    assert float(result) == pytest.approx(expected.mean(), rel=1e-5)


def test_channel_information_far_from_the_symbols_is_finite():
    far = tf.constant([-200.0, 200.0])
    with tf.GradientTape() as tape:
        tape.watch(far)
        value = margins.channel_mutual_information(far, far)
    assert np.isfinite(value)
    assert np.isfinite(tape.gradient(value, far)).all()


@pytest.mark.parametrize('case', range(4))
def test_channel_information_reproduces_the_golden_values_and_gradients(case, goldens):
    values = goldens('caf_reference')
    x, y = (tf.constant(values[f'mi{case}_{name}']) for name in 'xy')
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        result = margins.channel_mutual_information(x, y)
    np.testing.assert_allclose(result, values[f'mi{case}_out'], rtol=1e-9)
    for gradient, name in zip(tape.gradient(result, [x, y]), 'xy', strict=True):
        np.testing.assert_allclose(gradient, values[f'mi{case}_g{name}'], rtol=1e-9, atol=1e-14)


def neighbourhoods(points, labels, coefficient):
    """The rule, point by point."""
    sizes = []
    for index, point in enumerate(points):
        others = [i for i in np.argsort(((points - point) ** 2).sum(1), kind='stable') if i != index]
        votes = 0
        size = len(points)
        for k, other in enumerate(others, start=1):
            votes += labels[other]
            if abs(votes / k - 0.5) > coefficient / np.sqrt(k):
                size = k
                break
        sizes.append(size)
    return sizes


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('coefficient', [0.4, 0.7])
def test_neighbourhoods_are_the_rule(seed, coefficient):
    rng = np.random.default_rng(seed)
    labels = np.repeat([1.0, 0.0], 10)
    points = rng.normal(size=(20, 3)) + seed * labels[:, None]
    result = tf.function(margins.adaptive_neighbourhood)(tf.constant(points), tf.constant(labels), coefficient)
    assert result.numpy().tolist() == neighbourhoods(points, labels, coefficient)


@pytest.mark.parametrize('rows', [0, 1, 2])
@pytest.mark.parametrize('weight', [None, 0.0, 1.0])
@pytest.mark.parametrize('graph', [False, True])
def test_neighbourhoods_of_few_points_are_all_there_are(rows, weight, graph):
    def sizes_of(points):
        labels = tf.zeros_like(points[:, 0])
        weights = None if weight is None else tf.fill(tf.shape(labels), weight)
        return margins.adaptive_neighbourhood(points, labels, weights=weights)

    if graph:
        sizes_of = tf.function(sizes_of, input_signature=[tf.TensorSpec([None, 3])])
    sizes = sizes_of(tf.random.stateless_normal([rows, 3], [0, 0]))
    assert sizes.dtype == tf.int32
    # One neighbour is no clear majority yet: |0 - ½| < .7.
    assert sizes.numpy().tolist() == [0 if weight == 0 else rows] * rows


def test_a_batch_of_one_has_no_pairs_to_be_sure_of():
    model = make_model(margin={'confidence': 'nearest_neighbours'})
    images, labels = (part[:1] for part in make_data())
    logs = model.test_on_batch(images, labels, return_dict=True)
    assert logs['confidence'] == 0.0
    assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize('case', range(2))
def test_neighbourhoods_reproduce_the_golden_sizes(case, goldens):
    values = goldens('caf_reference')
    sizes = margins.adaptive_neighbourhood(values[f'knn{case}_X'], values[f'knn{case}_labels'])
    assert sizes.numpy().tolist() == values[f'knn{case}_adaptive_k'].tolist()
    np.testing.assert_allclose(0.7 / np.sqrt(sizes - 1), values[f'knn{case}_conf_used'], rtol=1e-12)


@pytest.mark.parametrize('choices', [{}, {'mutual_information': 'channel', 'confidence': 'nearest_neighbours'}])
def test_half_precision_has_a_float32_margin(choices):
    first, second = (tf.random.stateless_normal([4, 2], [seed, 0], dtype=tf.float16) for seed in (0, 1))
    margin = margins.adaptive_margin(first, second, batch_size=8, **choices)
    whole = margins.adaptive_margin(tf.cast(first, tf.float32), tf.cast(second, tf.float32), batch_size=8, **choices)
    assert {part.dtype for part in margin} == {tf.float32}
    np.testing.assert_array_equal(margin.margin, whole.margin)


@pytest.mark.parametrize('stop', [True, False])
def test_published_margin_is_one_of_each_pair(stop):
    rng = np.random.default_rng(2)
    first, second = tf.constant(rng.normal(size=(6, 4))), tf.constant(rng.normal(size=(6, 4)))
    margin = margins.adaptive_margin(
        first, second, mutual_information='channel', confidence='nearest_neighbours', stop_gradient=stop
    )
    for row in range(6):
        information = margins.channel_mutual_information(first[row], second[row])
        assert float(margin.mutual_information[row]) == pytest.approx(min(max(float(information), 0), 2.5), rel=1e-12)
    points = tf.concat([first, second], axis=0)
    sizes = margins.adaptive_neighbourhood(points, np.repeat([1.0, 0.0], 6))[:6].numpy()
    np.testing.assert_allclose(margin.confidence, 0.7 / np.sqrt(sizes - 1), rtol=1e-12)
    np.testing.assert_allclose(margin.margin, margin.mutual_information + margin.confidence, rtol=1e-12)


@pytest.mark.parametrize('count', [0, 1, 2, 5])
def test_neighbours_that_are_not_there_do_not_count(count):
    rng = np.random.default_rng(count)
    first, second = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    weights = (np.arange(6) < count).astype(float)
    confidence = margins.neighbourhood_confidence(first, second, weights=weights).numpy()
    assert np.isfinite(confidence).all()
    if count:
        whole = margins.neighbourhood_confidence(first[:count], second[:count])
        np.testing.assert_allclose(confidence[:count], whole, rtol=1e-12)


@pytest.mark.parametrize(
    ('choices', 'message'),
    [
        ({'mutual_information': 'kernel'}, "must be gaussian, channel or none; it is 'kernel'"),
        ({'confidence': 'bayes'}, "must be closed_form, nearest_neighbours or none; it is 'bayes'"),
        ({}, 'needs batch_size'),
    ],
)
def test_unknown_choices_are_refused(choices, message):
    with pytest.raises(ValueError, match=message):
        margins.adaptive_margin(tf.zeros([4, 2]), tf.zeros([4, 2]), **choices)


def test_a_static_margin_does_not_look_at_the_outputs():
    outputs = tf.constant([[1.0, 2.0], [3.0, 5.0]])
    margin = margins.adaptive_margin(outputs, -outputs, mutual_information='none', confidence='none', static=0.5)
    assert [float(value) for value in margin] == [0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ('information', 'confidence', 'expected'), [('gaussian', 'none', 0), ('none', 'closed_form', 1)]
)
def test_the_terms_and_a_static_part_add_up(information, confidence, expected):
    # η of uncorrelated outputs is 0, so MI is 0; Δ = log(e² / 1) / (2 · 1) = 1.
    first, second = tf.constant([[1.0], [1.0], [-1.0], [-1.0]]), tf.constant([[1.0], [-1.0], [1.0], [-1.0]])
    margin = margins.adaptive_margin(
        first,
        second,
        batch_size=math.e**2,
        mutual_information=information,
        confidence=confidence,
        neighbours=1,
        static=0.25,
    )
    assert float(margin.margin) == pytest.approx(0.25 + expected, abs=1e-6)
