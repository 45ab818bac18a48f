import metric_learning_checks as checks
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import circumplex_similarity, similarity_contrast, view_separation_loss, views

EPSILON = 1e-8


def lengths(vectors):
    return np.sqrt((vectors**2).sum(-1) + EPSILON)


def similarity(x, y):
    """The published code's, with its clip, and ε inside the roots."""
    angle = np.arccos((x * y).sum(-1) / (2 * lengths(x) * lengths(y)))
    return np.clip(1 - 0.25 * angle / np.pi, 1e-6, 1) + 0.8 * (1 - np.abs(lengths(y) - lengths(x)))


def everything(z, predictions):
    """All of the module in one: what a training step makes of embeddings, with their first entries as projections."""
    sparse, dense = views(z)
    contrast = similarity_contrast(predictions, sparse[:, :2], dense[:, :2])
    return view_separation_loss(z, sparse, dense) - contrast


@pytest.mark.parametrize('offset', [0, 1e4])
def test_the_sparse_view_is_the_nearest_point_of_the_simplex(offset):
    z = np.float32(np.random.default_rng(0).normal(size=(64, 48)))
    sparse, dense = (view.numpy().astype(float) for view in views(z + np.float32(offset)))
    # What the embeddings have in common only costs them digits: 1e-3 at 1e4.
    tolerance = 1e-6 if offset == 0 else 2e-3
    np.testing.assert_allclose(sparse.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(dense, np.exp(z) / np.exp(z).sum(1, keepdims=True), rtol=tolerance + 1e-5)
    assert sparse.min() == 0
    # The nearest: no corner of the simplex lies on z's side of it, (z - p) · (e_k - p) <= 0.
    away = z - sparse
    assert (away - (away * sparse).sum(1, keepdims=True)).max() <= tolerance


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-12)])
def test_is_the_equations(dtype, tolerance):
    x, y_a, y_n = np.random.default_rng(0).uniform(-1, 1, (3, 32, 2))
    f_a, f_n = similarity(x, y_a), similarity(x, y_n)
    np.testing.assert_allclose(circumplex_similarity(tf.constant(x, dtype), y_a), f_a, rtol=tolerance)
    expected = f_a.mean() - 0.3 * f_n.mean() - 0.5 * 0.2 * (f_a**2).mean() - 0.5 * 0.7 * (f_n**2).mean()
    contrast = similarity_contrast(tf.constant(x, dtype), y_a, y_n, alpha=0.3, beta=0.2, gamma=0.7)
    assert contrast.dtype == dtype
    assert float(contrast) == pytest.approx(expected, rel=tolerance)

    v, v_a, v_n = np.random.default_rng(1).uniform(0, 1, (3, 32, 8))
    push = np.maximum(1 - ((v_a - v_n) ** 2).sum(1), 0)
    assert 0 < (push == 0).mean() < 1
    own, sparse, dense = (value / lengths(value)[:, None] for value in (v, v_a, v_n))
    expected = push.mean() + 0.01 * ((lengths(sparse - own) - 1).mean() + (lengths(dense - own) - 1).mean())
    loss = view_separation_loss(tf.constant(v, dtype), v_a, v_n)
    assert loss.dtype == dtype
    assert float(loss) == pytest.approx(expected, rel=tolerance)


def test_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    assert checks.gradient_error(everything, rng.normal(size=(6, 5)), rng.uniform(-1, 1, (6, 2))) < 1e-6


def test_the_contrast_draws_one_view_near_and_sends_the_other_away():
    x = tf.constant([[0.5, 0.2]])
    points = np.float32([[0.2, 0.4]])
    _, _, near, away = checks.value_and_gradient(similarity_contrast, x, points, points)
    # Up the contrast, one point turns and lengthens towards x, and the other does the reverse.
    towards, against = (
        float(circumplex_similarity(x, points + 0.01 * step) - circumplex_similarity(x, points))
        for step in (near, away)
    )
    assert against < 0 < towards


DEGENERATE = {
    'zeros': (np.zeros([4, 6]), np.zeros([4, 2])),
    'alike': (np.ones([4, 6]), np.full([4, 2], 0.25)),
    'one face': (np.eye(1, 6), np.array([[0.5, 0.0]])),
    'one feature of many': (100 * np.eye(4, 6), np.array([[1.0, 0.0]] * 4)),
    'no face': (np.zeros([0, 6]), np.zeros([0, 2])),
}


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('case', DEGENERATE)
def test_value_and_gradient_are_finite(case, dtype):
    value, *gradients = checks.value_and_gradient(everything, *(part.astype(dtype) for part in DEGENERATE[case]))
    assert value.dtype == dtype
    assert np.isfinite(value)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_graph_and_xla_are_eager():
    rng = np.random.default_rng(0)
    z, predictions = np.float32(rng.normal(size=(8, 6))), np.float32(rng.uniform(-1, 1, (8, 2)))
    signature = [tf.TensorSpec([None, 6]), tf.TensorSpec([None, 2])]
    eager = checks.value_and_gradient(everything, z, predictions)

    def with_gradient(z, predictions):
        with tf.GradientTape() as tape:
            tape.watch([z, predictions])
            value = everything(z, predictions)
        return value, *tape.gradient(value, [z, predictions])

    for compiled in (False, True):
        graph = tf.function(with_gradient, input_signature=signature, jit_compile=compiled)
        for one, other in zip(graph(z, predictions), eager, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_half_precision_is_judged_in_float32():
    z = tf.cast(np.random.default_rng(0).normal(size=(8, 6)), tf.float16)
    single = tf.cast(z, tf.float32)
    assert views(z)[0].dtype == tf.float32
    loss = everything(z, z[:, :2])
    assert loss.dtype == tf.float32
    assert float(loss) == float(everything(single, single[:, :2]))


def test_what_is_not_a_number_is_not_hidden():
    z = np.random.default_rng(0).normal(size=(4, 6))
    z[0, 0] = np.nan
    assert np.isnan(everything(z, np.ones([4, 2])))


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r'embeddings must have shape \[n, d\]'):
        views(tf.zeros([3]))
    with pytest.raises(ValueError, match=r'one shape; theirs are \(4, 2\) and \(3, 2\)'):
        similarity_contrast(tf.zeros([4, 2]), tf.zeros([3, 2]), tf.zeros([4, 2]))
    with pytest.raises(ValueError, match='projections must have one shape'):
        view_separation_loss(tf.zeros([4, 8]), tf.zeros([4, 8]), tf.zeros([4, 7]))
