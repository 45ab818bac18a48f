import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import AgreementLoss, agreement_loss, agreement_terms


def reference(y_true, y_pred):
    """The equation in NumPy, moment by moment."""
    total = np.sqrt(((y_true - y_pred) ** 2).mean(0)).sum()
    pcc, ccc = [], []
    for x, y in zip(y_true.T, y_pred.T, strict=True):
        covariance = ((x - x.mean()) * (y - y.mean())).mean()
        pcc.append(covariance / (x.std() * y.std()))
        ccc.append(2 * covariance / (x.var() + y.var() + (x.mean() - y.mean()) ** 2))
    return total + 0.5 * (1 - np.mean(pcc)) + 0.5 * (1 - np.mean(ccc))


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-10)])
@pytest.mark.parametrize('seed', range(3))
def test_is_the_equation(seed, dtype, tolerance):
    y_true, y_pred = np.random.default_rng(seed).uniform(-1, 1, (2, 32, 2))
    loss = agreement_loss(tf.constant(y_true, dtype), tf.constant(y_pred, dtype))
    assert loss.dtype == dtype
    assert float(loss) == pytest.approx(reference(y_true, y_pred), rel=tolerance)


def test_by_hand():
    # Labels and their negation: RMSE 1 each, PCC = CCC = -1, so 2 + 1 + 1.
    labels = tf.constant([[1.0, -1.0], [-1.0, 1.0]]) / 2
    assert float(agreement_loss(labels, -labels)) == pytest.approx(4.0)
    terms = agreement_terms(labels, -labels)
    assert {name: round(float(term), 5) for name, term in terms.items()} == {'rmse': 2.0, 'pcc': 1.0, 'ccc': 1.0}


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('case', ['perfect', 'constant predictions', 'constant labels', 'all constant', 'one example'])
def test_gradient_is_finite_where_the_equation_is_singular(case, dtype):
    rng = np.random.default_rng(0)
    y_true = rng.uniform(-1, 1, (8, 2))
    y_pred = y_true.copy()
    if case in ('constant predictions', 'all constant'):
        y_pred[:] = 0.25
    if case in ('constant labels', 'all constant'):
        y_true[:] = 0.25
    if case == 'one example':
        y_true, y_pred = y_true[:1], y_pred[1:2]
    y_pred = tf.constant(y_pred, dtype)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        loss = agreement_loss(tf.constant(y_true, dtype), y_pred)
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, y_pred)).all()


def test_perfect_prediction_costs_nothing():
    labels = tf.constant(np.random.default_rng(0).uniform(-1, 1, (16, 2)))
    assert float(agreement_loss(labels, labels)) == pytest.approx(0.0, abs=1e-10)


def test_graph_is_eager():
    y_true, y_pred = (tf.random.stateless_uniform([8, 2], seed=[seed, 0]) for seed in (0, 1))
    assert float(tf.function(agreement_loss)(y_true, y_pred)) == pytest.approx(float(agreement_loss(y_true, y_pred)))


@pytest.mark.parametrize('shapes', [([4, 2], [5, 2]), ([4, 3], [4, 3]), ([4], [4])])
def test_refuses_other_shapes(shapes):
    with pytest.raises(ValueError, match=r'shape \[n, 2\]'):
        agreement_loss(*(tf.zeros(shape) for shape in shapes))


def test_loss_class_is_the_function_and_survives_serialisation():
    y_true, y_pred = (tf.random.stateless_uniform([8, 2], seed=[seed, 0]) for seed in (0, 1))
    loss = tf.keras.losses.deserialize(tf.keras.losses.serialize(AgreementLoss()))
    assert isinstance(loss, AgreementLoss)
    assert float(loss(y_true, y_pred)) == pytest.approx(float(agreement_loss(y_true, y_pred)))


def test_published_moments_fall_short_of_a_perfect_correlation():
    labels = tf.constant(np.random.default_rng(0).uniform(-1, 1, (5, 2)))
    # PCC = CCC = (n - 1) / n = .8, so ½ (1 - .8) twice.
    assert float(agreement_loss(labels, labels, ddof='published')) == pytest.approx(0.2)


@pytest.mark.parametrize('case', [0, 1])
def test_reproduces_the_golden_loss_and_gradient(case, goldens):
    values = goldens('caf_reference')
    labels, predictions = tf.constant(values[f'pcc{case}_labels']), tf.constant(values[f'pcc{case}_pred'])
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        terms = agreement_terms(labels, predictions, ddof='published')
        loss = tf.add_n(list(terms.values()))
    pcc_loss, ccc_loss = values[f'pcc{case}_out'][:2]
    np.testing.assert_allclose([terms['pcc'], terms['ccc']], [pcc_loss / 2, ccc_loss / 2], rtol=1e-9)
    if case == 0:
        np.testing.assert_allclose(loss, values['pcc0_total'], rtol=1e-9)
        np.testing.assert_allclose(tape.gradient(loss, predictions), values['pcc0_grad_pred'], rtol=1e-9)


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_judged_in_float32(dtype):
    labels = np.array([[0.5, -0.25], [-0.5, 0.25], [0.25, 0.5]])
    loss = agreement_loss(labels, tf.cast(labels * 0.5, dtype))
    assert loss.dtype == tf.float32
    assert float(loss) == pytest.approx(float(agreement_loss(labels, tf.constant(labels * 0.5, tf.float32))), rel=1e-6)
