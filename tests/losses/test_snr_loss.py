import functools

import metric_learning_checks as checks
import metric_learning_reference as reference
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import SnrTripletLoss, pairwise_distances, snr_triplet_loss


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-12)])
@pytest.mark.parametrize('normalize', [False, True])
@pytest.mark.parametrize('regularization', [0.0, 0.1])
def test_is_the_equation(regularization, normalize, dtype, tolerance):
    labels, embeddings = reference.batch()
    loss = snr_triplet_loss(labels, tf.constant(embeddings, dtype), 0.3, regularization, normalize)
    assert loss.dtype == dtype
    expected = reference.triplet(labels, embeddings, 0.3, 'snr', 'mean', semihard=False, normalize=normalize)
    h = reference.unit(embeddings) if normalize else embeddings
    expected += regularization * np.abs(h.sum(1)).mean()
    assert float(loss) == pytest.approx(expected, rel=tolerance)


def test_by_hand():
    # Variances 1, 4 and 1; differences 0-1: [-1, 1], 0-2: [-1, -1], 1-2: [0, -2], of variances 1, 0 and 1.
    # S_01 = 1, S_02 = 0 and S_10 = S_12 = ¼, so that the triplets cost 1 - 0 + .2 and .2, on average .7. The sums of
    # the rows are 0, 0 and 2, on average ⅔.
    embeddings = tf.constant([[1.0, -1.0], [2.0, -2.0], [2.0, 0.0]], tf.float64)
    assert float(snr_triplet_loss([0, 0, 1], embeddings, regularization=0.3)) == pytest.approx(0.7 + 0.3 * 2 / 3)


def test_the_triplets_do_not_depend_on_the_scale():
    labels, embeddings = reference.batch()
    losses = [float(snr_triplet_loss(labels, scale * embeddings, regularization=0.0)) for scale in (1, 1e-9, 1e9)]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-9)


def test_a_row_without_signal_is_no_distance_from_others():
    distances = pairwise_distances(tf.constant([[0.3, 0.3, 0.3], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), 'snr')
    np.testing.assert_allclose(distances, [[0, 0, 0], [1, 0, 1], [0, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize('normalize', [False, True])
def test_gradient_is_that_of_finite_differences(normalize):
    labels, embeddings = reference.batch(rows=8)
    loss = functools.partial(snr_triplet_loss, labels, regularization=0.1, normalize=normalize)
    assert checks.gradient_error(loss, embeddings) < 1e-5


def test_reproduces_the_golden_loss_and_gradient(goldens):
    values, name = goldens('metric_learning'), 'dsml_tri_rawemb_m0.2_lam0'
    loss = functools.partial(snr_triplet_loss, values['labels'], margin=0.2, regularization=0.0)
    value, gradient = checks.value_and_gradient(loss, values['embeddings'])
    np.testing.assert_allclose(value, values[f'{name}/loss'], rtol=1e-12)
    np.testing.assert_allclose(gradient, values[f'{name}/grad'], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize('case', reference.DEGENERATE)
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('normalize', [False, True])
def test_value_and_gradient_are_finite(case, dtype, normalize):
    labels, embeddings = reference.DEGENERATE[case]
    loss = functools.partial(snr_triplet_loss, labels, normalize=normalize)
    value, gradient = checks.value_and_gradient(loss, embeddings.astype(dtype))
    assert value.dtype == dtype
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_without_a_triplet_only_the_regularisation_is_left():
    assert float(snr_triplet_loss([0, 0], [[1.0, 2.0], [-4.0, 2.0]], regularization=0.5)) == 0.5 * (3 + 2) / 2


def test_the_gradient_of_a_tensor_margin_is_the_callers():
    labels, embeddings = reference.batch()
    loss = functools.partial(snr_triplet_loss, labels, embeddings)
    assert checks.value_and_gradient(loss, np.float64(1000.0))[1] == pytest.approx(1.0)  # more than any gap
    assert checks.value_and_gradient(lambda margin: loss(tf.stop_gradient(margin)), np.float64(1000.0))[1] == 0


def test_graph_is_eager():
    labels, embeddings = reference.batch()
    graph = tf.function(
        lambda labels, embeddings: snr_triplet_loss(labels, embeddings),
        input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 5], tf.float64)],
    )
    assert float(graph(labels, embeddings)) == pytest.approx(float(snr_triplet_loss(labels, embeddings)), rel=1e-12)


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_judged_in_float32(dtype):
    labels, embeddings = reference.batch()
    halves = tf.cast(embeddings, dtype)
    loss = snr_triplet_loss(labels, halves)
    assert loss.dtype == tf.float32
    assert float(loss) == float(snr_triplet_loss(labels, tf.cast(halves, tf.float32)))


def test_loss_class_is_the_function_and_survives_serialisation():
    labels, embeddings = reference.batch()
    arguments = {'margin': 0.4, 'regularization': 0.1, 'normalize': True}
    loss = checks.restored(SnrTripletLoss(**arguments))
    assert isinstance(loss, SnrTripletLoss)
    assert loss.get_config() == {**arguments, 'name': 'snr_triplet_loss'}
    assert float(loss(labels[:, None], embeddings)) == float(snr_triplet_loss(labels, embeddings, **arguments))


def test_a_model_learns_by_it():
    before, after = checks.learns(SnrTripletLoss())
    assert after < 0.8 * before
