import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import RegressionLoss, agreement_loss, regression_loss, regression_loss_terms
from cafer_tf.losses.regression import TERMS


def drawn(count=32, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (2, count, 2))


def reference(y_true, y_pred, loss, ddof):
    """The equations in NumPy, valence and arousal one after the other."""
    terms = {'mse': 0.0, 'rmse': 0.0, 'pcc': 0.5, 'ccc': 0.5}
    unbiased = len(y_true) / (len(y_true) - 1) if ddof == 'published' else 1
    for x, y in zip(y_true.T, y_pred.T, strict=True):
        covariance = ((x - x.mean()) * (y - y.mean())).mean()
        variances = np.array([x.var(), y.var()]) * unbiased
        terms['mse'] += ((x - y) ** 2).mean()
        terms['rmse'] += np.sqrt(((x - y) ** 2).mean())
        terms['pcc'] -= 0.25 * covariance / np.sqrt(variances.prod())
        terms['ccc'] -= 0.25 * 2 * covariance / (variances.sum() + (x.mean() - y.mean()) ** 2)
    return {name: terms[name] for name in TERMS[loss]}


@pytest.mark.parametrize('ddof', [0, 'published'])
@pytest.mark.parametrize('loss', TERMS)
def test_terms_and_loss_are_the_equations(loss, ddof):
    y_true, y_pred = drawn()
    expected = reference(y_true, y_pred, loss, ddof)
    terms = regression_loss_terms(y_true, tf.constant(y_pred), loss, ddof)
    assert {name: float(term) for name, term in terms.items()} == pytest.approx(expected, rel=1e-10)
    for dtype, tolerance in (('float32', 1e-5), ('float64', 1e-10)):
        found = tf.function(regression_loss)(y_true, tf.constant(y_pred, dtype), loss, ddof)
        assert found.dtype == dtype
        assert float(found) == pytest.approx(sum(expected.values()), rel=tolerance)


def test_by_hand():
    # Labels and their negation: errors of 1, PCC = CCC = -1.
    labels = tf.constant([[1.0, -1.0], [-1.0, 1.0]]) / 2
    losses = {loss: round(float(regression_loss(labels, -labels, loss)), 5) for loss in TERMS}
    assert losses == {'agreement': 4, 'mse': 2, 'mse_agreement': 4, 'ccc': 1}
    # At a tenth of the labels, errors of .45: .2025 each; PCC 1, CCC 2 * .1 / 1.01.
    losses = {loss: float(regression_loss(labels, labels / 10, loss)) for loss in TERMS}
    lack = (1 - 0.2 / 1.01) / 2
    expected = {'agreement': 0.9 + lack, 'mse': 0.405, 'mse_agreement': 0.405 + lack, 'ccc': lack}
    assert losses == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('case', ['perfect', 'constant predictions', 'constant labels', 'one example'])
@pytest.mark.parametrize('loss', TERMS)
def test_value_and_gradient_are_finite(loss, case, dtype):
    y_true, y_pred = (part.astype(dtype) for part in drawn(8))
    if case == 'perfect':
        y_pred = y_true
    elif case == 'one example':
        y_true, y_pred = y_true[:1], y_pred[:1]
    else:
        (y_true if case == 'constant labels' else y_pred)[:] = 0.25
    y_pred = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = regression_loss(y_true, y_pred, loss)
    assert value.dtype == dtype
    assert np.isfinite(value)
    assert np.isfinite(tape.gradient(value, y_pred)).all()


def test_half_precision_is_judged_in_float32():
    y_true, y_pred = drawn()
    halves = tf.cast(y_pred, tf.float16)
    for loss in TERMS:
        found = regression_loss(y_true, halves, loss)
        assert found.dtype == tf.float32
        assert float(found) == float(regression_loss(y_true, tf.cast(halves, tf.float32), loss))


@pytest.mark.parametrize('loss', TERMS)
def test_loss_class_is_the_function_and_survives_serialisation(loss):
    y_true, y_pred = drawn()
    given = RegressionLoss(loss, ddof='published')
    again = tf.keras.losses.deserialize(tf.keras.losses.serialize(given))
    assert isinstance(again, RegressionLoss)
    assert again.get_config() == given.get_config()
    expected = float(regression_loss(y_true, y_pred, loss, 'published'))
    assert float(again(y_true, y_pred)) == float(given(y_true, y_pred)) == pytest.approx(expected)
    assert float(RegressionLoss()(y_true, y_pred)) == pytest.approx(float(agreement_loss(y_true, y_pred)))


def test_a_model_learns_by_it_and_is_saved_with_it(tmp_path):
    tf.keras.utils.set_random_seed(0)
    inputs = np.float32(drawn()[0])
    labels = inputs @ np.float32([[0.5, 0.2], [-0.2, 0.5]])
    model = tf.keras.Sequential([tf.keras.Input([2]), tf.keras.layers.Dense(2)])
    model.compile(tf.keras.optimizers.Adam(0.1), loss=RegressionLoss('ccc'), run_eagerly=True)
    losses = model.fit(inputs, labels, batch_size=32, epochs=20, verbose=0).history['loss']
    assert losses[-1] < 0.6 * losses[0]
    model.save(tmp_path / 'model.keras')
    again = tf.keras.models.load_model(tmp_path / 'model.keras')
    assert again.evaluate(inputs, labels, verbose=0) == pytest.approx(model.evaluate(inputs, labels, verbose=0))


def test_refuses_what_it_does_not_know():
    message = r"unknown loss 'mae'; known: agreement, mse, mse_agreement, ccc"
    for refuses in (RegressionLoss, lambda loss: regression_loss(tf.zeros([4, 2]), tf.zeros([4, 2]), loss)):
        with pytest.raises(ValueError, match=message):
            refuses('mae')
    with pytest.raises(ValueError, match=r'shape \[n, 2\]; theirs are \(4, 2\) and \(3, 2\)'):
        regression_loss(tf.zeros([4, 2]), tf.zeros([3, 2]), 'mse')
