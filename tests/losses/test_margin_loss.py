import functools

import metric_learning_checks as checks
import metric_learning_reference as reference
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import MarginLoss, margin_loss

BETAS = np.array([0.7, 0.9, 1.1, 1.3])


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-12)])
@pytest.mark.parametrize('beta', [1.2, BETAS], ids=['scalar', 'of each class'])
def test_is_the_equation(beta, dtype, tolerance):
    labels, embeddings = reference.batch()
    loss = margin_loss(labels, tf.constant(embeddings, dtype), 0.2, beta)
    assert loss.dtype == dtype
    expected = reference.margin_loss(labels, embeddings, 0.2, np.broadcast_to(beta, [4]))
    assert float(loss) == pytest.approx(expected, rel=tolerance)


def test_by_hand():
    # Unit vectors at 0°, 60° (of one class) and 120°: d_01 = d_12 = 1 and d_02 = √3. With β = 1.1 and α = .3 the
    # positives cost 1 - 1.1 + .3 = .2 in both triplets, and the negative of (1, 0, 2) 1.1 - 1 + .3 = .4; that of
    # (0, 1, 2) is too far away to.
    embeddings = tf.constant([[2.0, 0.0], [0.5, 0.75**0.5], [-0.5, 0.75**0.5]], tf.float64)
    loss = functools.partial(margin_loss, [0, 0, 1], embeddings, 0.3)
    assert float(loss(beta=1.1)) == pytest.approx((0.2 + 0.2 + 0.4) / 3)
    gradient = checks.value_and_gradient(lambda beta: loss(beta=beta), np.float64(1.1))[1]
    assert gradient == pytest.approx((-1 - 1 + 1) / 3)
    assert float(loss(beta=1.1, triplets=[[1, 0, 2]])) == pytest.approx((0.2 + 0.4) / 2)


def test_beta_is_that_of_the_anchors_class():
    embeddings = tf.constant([[2.0, 0.0], [0.5, 0.75**0.5], [-0.5, 0.75**0.5]], tf.float64)
    value, gradient = checks.value_and_gradient(lambda beta: margin_loss([1, 1, 0], embeddings, 0.3, beta), [9.0, 1.1])
    assert value == pytest.approx(0.8 / 3)
    np.testing.assert_allclose(gradient, [0, -1 / 3], rtol=1e-6)


def test_gradient_is_that_of_finite_differences():
    labels, embeddings = reference.batch(rows=8)
    loss = lambda h, beta: margin_loss(labels, h, 0.2, beta)  # noqa: E731
    assert checks.gradient_error(loss, embeddings, BETAS) < 1e-6


@pytest.mark.parametrize(('beta', 'sampling'), [(1.2, 'all'), (1.2, 'dw'), (0.6, 'dw')])
def test_reproduces_the_golden_loss_and_gradient(beta, sampling, goldens):
    values, name = goldens('metric_learning'), f'margin_m0.2_b{beta}_{sampling}'
    loss = functools.partial(margin_loss, values['labels'], margin=0.2, beta=beta, triplets=values.get(f'{name}/idx'))
    value, gradient = checks.value_and_gradient(loss, values['embeddings'])
    np.testing.assert_allclose(value, values[f'{name}/loss'], rtol=1e-12)
    np.testing.assert_allclose(gradient, values[f'{name}/grad'], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize('case', reference.DEGENERATE)
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_value_and_gradient_are_finite(case, dtype):
    labels, embeddings = reference.DEGENERATE[case]
    betas = np.full(6, 1.2, dtype)
    value, *gradients = checks.value_and_gradient(
        lambda h, beta: margin_loss(labels, h, beta=beta), embeddings.astype(dtype), betas
    )
    assert value.dtype == dtype
    assert np.isfinite(value)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_without_a_triplet_it_costs_nothing():
    labels, embeddings = reference.batch()
    assert float(margin_loss(labels * 0, embeddings)) == 0
    for nothing in (np.zeros([0, 3], int), []):
        assert float(margin_loss(labels, embeddings, triplets=nothing)) == 0


def test_what_is_not_a_number_is_not_hidden():
    labels, embeddings = reference.batch()
    embeddings[0, 0] = np.nan
    assert np.isnan(margin_loss(labels, embeddings))


def test_the_gradient_of_a_tensor_margin_is_the_callers():
    labels, embeddings = reference.batch()
    loss = functools.partial(margin_loss, labels, embeddings)
    assert checks.value_and_gradient(loss, np.float64(5.0))[1] == pytest.approx(1.0)  # every p and q costs
    assert checks.value_and_gradient(lambda margin: loss(tf.stop_gradient(margin)), np.float64(5.0))[1] == 0


def test_graph_is_eager():
    labels, embeddings = reference.batch()
    graph = tf.function(
        lambda labels, embeddings: margin_loss(labels, embeddings, beta=BETAS),
        input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 5], tf.float64)],
    )
    eager = float(margin_loss(labels, embeddings, beta=BETAS))
    assert float(graph(labels, embeddings)) == pytest.approx(eager, rel=1e-12)


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_judged_in_float32(dtype):
    labels, embeddings = reference.batch()
    halves = tf.cast(embeddings, dtype)
    loss = margin_loss(labels, halves)
    assert loss.dtype == tf.float32
    assert float(loss) == float(margin_loss(labels, tf.cast(halves, tf.float32)))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'margin': [0.1, 0.2]}, 'margin must be one number'),
        ({'beta': [[1.0]]}, r'a scalar or \[classes\]'),
        ({'triplets': [[0, 1]]}, 'anchor, positive, negative'),
    ],
)
def test_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        margin_loss([0, 1], np.zeros([2, 3]), **arguments)


@pytest.mark.parametrize('label', [-1, 4])
def test_refuses_a_class_without_beta(label):
    with pytest.raises(tf.errors.InvalidArgumentError, match='number the classes from 0'):
        margin_loss([0, label], np.ones([2, 3]), beta=BETAS)


@pytest.mark.parametrize('classes', [None, 4])
def test_loss_class_is_the_function_and_survives_serialisation(classes):
    labels, embeddings = reference.batch()
    loss = checks.restored(MarginLoss(margin=0.3, beta=0.9, classes=classes))
    assert isinstance(loss, MarginLoss)
    assert loss.get_config() == {'margin': 0.3, 'beta': 0.9, 'classes': classes, 'name': 'margin_loss'}
    assert loss.beta.shape == ([] if classes is None else [4])
    expected = float(margin_loss(labels, embeddings, 0.3, 0.9))
    assert float(loss(labels[:, None], embeddings)) == pytest.approx(expected, rel=1e-6)


def test_a_model_learns_by_it_and_beta_moves():
    loss = MarginLoss(classes=4)
    before, after = checks.learns(loss)
    assert after < 0.8 * before
    assert (loss.beta.numpy() != np.float32(1.2)).all()
