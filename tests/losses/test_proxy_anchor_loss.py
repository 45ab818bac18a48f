import functools
import math

import metric_learning_checks as checks
import metric_learning_reference as reference
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import ProxyAnchorLoss, proxy_anchor_loss

PROXIES = np.random.default_rng(9).normal(size=(6, 5))
"""Of six classes, of which a batch has four."""


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-12)])
@pytest.mark.parametrize('scale', [2.0, 32.0])
def test_is_the_equation(scale, dtype, tolerance):
    labels, embeddings = reference.batch()
    loss = proxy_anchor_loss(labels, tf.constant(embeddings, dtype), PROXIES, 0.1, scale)
    assert loss.dtype == dtype
    expected = reference.proxy_anchor(labels, embeddings, PROXIES, 0.1, scale)
    assert float(loss) == pytest.approx(expected, rel=tolerance)


def test_by_hand():
    # Similarities to the proxies: 1 and 0 of row 0, 0 and 1 of row 1; both of class 0, so that proxy 1 has none.
    # With a = 2 and δ = ½: log(1 + exp(-1) + exp(1)), and as mean over both proxies ½ log(1 + exp(1) + exp(3)).
    loss = proxy_anchor_loss([0, 0], tf.constant([[3.0, 0.0], [0.0, 0.1]]), [[2.0, 0.0], [0.0, 1.0]], 0.5, 2.0)
    e = math.e
    assert float(loss) == pytest.approx(math.log(1 + 1 / e + e) + 0.5 * math.log(1 + e + e**3), rel=1e-6)


def test_gradient_is_that_of_finite_differences():
    labels, embeddings = reference.batch(rows=8)
    loss = functools.partial(proxy_anchor_loss, labels, scale=8.0)
    assert checks.gradient_error(loss, embeddings, PROXIES) < 1e-6


@pytest.mark.parametrize('scale', [16, 32])
def test_reproduces_the_golden_loss_and_gradients(scale, goldens):
    values, name = goldens('metric_learning'), f'proxyanchor_d0.1_a{scale}'
    loss = functools.partial(proxy_anchor_loss, values['labels'], margin=0.1, scale=scale)
    value, gradient, of_proxies = checks.value_and_gradient(loss, values['embeddings'], values['proxies'])
    np.testing.assert_allclose(value, values[f'{name}/loss'], rtol=1e-12)
    np.testing.assert_allclose(gradient, values[f'{name}/grad'], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(of_proxies, values[f'{name}/grad_proxies'], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize('case', reference.DEGENERATE)
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('scale', [32.0, 1e4])
def test_value_and_gradient_are_finite(case, dtype, scale):
    labels, embeddings = reference.DEGENERATE[case]
    proxies = PROXIES[:, : embeddings.shape[1]].copy()
    proxies[0] = 0
    value, *gradients = checks.value_and_gradient(
        functools.partial(proxy_anchor_loss, labels, scale=scale), embeddings.astype(dtype), proxies.astype(dtype)
    )
    assert value.dtype == dtype
    assert np.isfinite(value)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_no_row_costs_nothing():
    assert float(proxy_anchor_loss(np.zeros([0], int), np.zeros([0, 5]), PROXIES)) == 0


def test_what_is_not_a_number_is_not_hidden():
    labels, embeddings = reference.batch()
    embeddings[0, 0] = np.nan
    assert np.isnan(proxy_anchor_loss(labels, embeddings, PROXIES))


def test_the_gradient_of_a_tensor_margin_is_the_callers():
    labels, embeddings = reference.batch()
    loss = functools.partial(proxy_anchor_loss, labels, embeddings, PROXIES)
    step = (float(loss(margin=0.1 + 1e-6)) - float(loss(margin=0.1 - 1e-6))) / 2e-6
    assert checks.value_and_gradient(loss, np.float64(0.1))[1] == pytest.approx(step, rel=1e-6)
    assert checks.value_and_gradient(lambda margin: loss(tf.stop_gradient(margin)), np.float64(0.1))[1] == 0


def test_graph_is_eager():
    labels, embeddings = reference.batch()
    graph = tf.function(
        lambda labels, embeddings: proxy_anchor_loss(labels, embeddings, PROXIES),
        input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 5], tf.float64)],
    )
    eager = float(proxy_anchor_loss(labels, embeddings, PROXIES))
    assert float(graph(labels, embeddings)) == pytest.approx(eager, rel=1e-12)


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_judged_in_float32(dtype):
    labels, embeddings = reference.batch()
    halves = tf.cast(embeddings, dtype)
    loss = proxy_anchor_loss(labels, halves, PROXIES)
    assert loss.dtype == tf.float32
    assert float(loss) == float(proxy_anchor_loss(labels, tf.cast(halves, tf.float32), PROXIES))


@pytest.mark.parametrize('label', [-1, 6])
def test_refuses_a_class_without_a_proxy_in_eager_and_graph(label):
    for call in (proxy_anchor_loss, tf.function(proxy_anchor_loss)):
        with pytest.raises(tf.errors.InvalidArgumentError, match='number the classes from 0'):
            call(tf.constant([0, label]), tf.ones([2, 5]), PROXIES)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [({'margin': [0.1, 0.2]}, 'margin must be one number'), ({'proxies': PROXIES[:, :4]}, r'\[classes, 5\]')],
)
def test_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        proxy_anchor_loss(**{'labels': [0, 1], 'embeddings': np.ones([2, 5]), 'proxies': PROXIES, **arguments})


def test_loss_class_is_the_function_and_survives_serialisation():
    labels, embeddings = reference.batch()
    arguments = {'classes': 6, 'dimension': 5, 'margin': 0.2, 'scale': 16.0}
    loss = checks.restored(ProxyAnchorLoss(**arguments))
    assert isinstance(loss, ProxyAnchorLoss)
    assert loss.get_config() == {**arguments, 'name': 'proxy_anchor_loss'}
    expected = float(proxy_anchor_loss(labels, embeddings, loss.proxies, 0.2, 16.0))
    assert float(loss(labels[:, None], embeddings)) == pytest.approx(expected, rel=1e-6)


def test_a_model_learns_by_it_and_the_proxies_move():
    tf.keras.utils.set_random_seed(0)
    loss = ProxyAnchorLoss(4, 3)
    before = loss.proxies.numpy()
    spread, spread_after = checks.learns(loss)
    assert spread_after < 0.8 * spread
    assert (loss.proxies.numpy() != before).any(axis=1).all()


def test_proxies_learn_at_a_rate_of_their_own():
    labels, embeddings = reference.batch()
    loss, weights = ProxyAnchorLoss(4, 5), tf.Variable(tf.eye(5))
    before = loss.proxies.numpy()
    with tf.GradientTape(persistent=True) as tape:
        value = loss(labels, tf.matmul(tf.cast(embeddings, tf.float32), weights))
    tf.keras.optimizers.Adam(1e-4).minimize(value, [weights], tape)
    tf.keras.optimizers.Adam(1e-2).minimize(value, loss.trainable_variables, tape)
    # Adam's first step is as long as its rate.
    assert np.abs(weights.numpy() - np.eye(5)).max() == pytest.approx(1e-4, rel=1e-2)
    assert np.abs(loss.proxies.numpy() - before).max() == pytest.approx(1e-2, rel=1e-2)
