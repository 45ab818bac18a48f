import functools

import metric_learning_checks as checks
import metric_learning_reference as reference
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import ContrastiveLoss, contrastive_loss

DISTANCES = ('l2', 'squared_l2', 'snr')


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-12)])
@pytest.mark.parametrize('reduction', ['mean', 'nonzero_mean'])
@pytest.mark.parametrize('distance', DISTANCES)
@pytest.mark.parametrize('exponent', [1, 2])
def test_is_the_equation(distance, reduction, exponent, dtype, tolerance):
    labels, embeddings = reference.batch()
    loss = contrastive_loss(labels, tf.constant(embeddings, dtype), 0.8, distance, reduction, exponent)
    assert loss.dtype == dtype
    expected = reference.contrastive(labels, embeddings, 0.8, distance, reduction, exponent)
    assert float(loss) == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(('exponent', 'expected'), [(1, 1 + 0.2 / 2), (2, 1 + 0.04 / 2)])
def test_by_hand(exponent, expected):
    # Of length 2, 3 and 5 and made unit: at 0°, 60° and 180°. d_01 = 1 within the class; d_02 = 2 and d_12 = √3 to
    # the other. With a margin of √3 + .2 the pair 12 costs .2, or its square, in the mean of two pairs.
    embeddings = tf.constant([[2.0, 0.0], [1.5, 1.5 * 3**0.5], [-5.0, 0.0]], tf.float64)
    loss = contrastive_loss([0, 0, 1], embeddings, 3**0.5 + 0.2, exponent=exponent)
    assert float(loss) == pytest.approx(expected, rel=1e-12)


def test_nonzero_mean_leaves_out_pairs_beyond_the_margin():
    embeddings = tf.constant([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])  # √2, √2 and 2 apart, each of its class
    margin = 2**0.5 + 0.3
    assert float(contrastive_loss([0, 1, 2], embeddings, margin)) == pytest.approx(2 * 0.3 / 3, rel=1e-5)
    assert float(contrastive_loss([0, 1, 2], embeddings, margin, reduction='nonzero_mean')) == pytest.approx(0.3)


@pytest.mark.parametrize('distance', DISTANCES)
@pytest.mark.parametrize('exponent', [1, 2])
def test_gradient_is_that_of_finite_differences(distance, exponent):
    labels, embeddings = reference.batch(rows=8)
    loss = functools.partial(contrastive_loss, labels, margin=0.8, distance=distance, exponent=exponent)
    assert checks.gradient_error(loss, embeddings) < 1e-6


@pytest.mark.parametrize(
    ('distance', 'margin', 'suffix'),
    [
        ('l2', 0.5, 'mean'),
        ('l2', 0.5, 'avgnz'),
        ('l2', 1.0, 'avgnz'),
        ('l2sq', 0.5, 'mean'),
        ('l2sq', 0.5, 'avgnz'),
        ('l2sq', 1.0, 'mean'),
        ('l2sq', 1.0, 'avgnz'),
    ],
)
def test_reproduces_the_golden_loss_and_gradient(distance, margin, suffix, goldens):
    values, name = goldens('metric_learning'), f'contrastive_{distance}_m{margin}_{suffix}'
    reduction = {'mean': 'mean', 'avgnz': 'nonzero_mean'}[suffix]
    loss = functools.partial(
        contrastive_loss, values['labels'], margin=margin, distance=checks.DISTANCES[distance], reduction=reduction
    )
    value, gradient = checks.value_and_gradient(loss, values['embeddings'])
    np.testing.assert_allclose(value, values[f'{name}/loss'], rtol=1e-12)
    np.testing.assert_allclose(gradient, values[f'{name}/grad'], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize('case', reference.DEGENERATE)
@pytest.mark.parametrize('distance', DISTANCES)
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_value_and_gradient_are_finite(case, distance, dtype):
    labels, embeddings = reference.DEGENERATE[case]
    for reduction, exponent in (('mean', 1), ('nonzero_mean', 1), ('mean', 2)):
        loss = functools.partial(
            contrastive_loss, labels, distance=distance, reduction=reduction, exponent=exponent, margin=1.5
        )
        value, gradient = checks.value_and_gradient(loss, embeddings.astype(dtype))
        assert value.dtype == dtype
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


def test_a_kind_without_pairs_costs_nothing():
    alike = np.ones([4, 3])
    assert float(contrastive_loss([0, 0, 0, 0], alike)) == 0.0
    assert float(contrastive_loss([0, 1, 2, 3], alike)) == 0.5  # the margin
    assert float(contrastive_loss([0], alike[:1])) == 0.0


def test_what_is_not_a_number_is_not_hidden():
    labels, embeddings = reference.batch()
    embeddings[0, 0] = np.nan
    assert np.isnan(contrastive_loss(labels, embeddings, reduction='nonzero_mean'))
    assert np.isnan(contrastive_loss(labels, embeddings, distance='snr'))


def test_the_gradient_of_a_tensor_margin_is_the_callers():
    labels, embeddings = reference.batch()
    loss = functools.partial(contrastive_loss, labels, embeddings)
    value, gradient = checks.value_and_gradient(loss, np.float64(5.0))
    assert gradient == pytest.approx(1.0)  # no distance is 5, so that every pair of different classes costs m - d
    assert value == pytest.approx(reference.contrastive(labels, embeddings, 5.0))
    assert checks.value_and_gradient(lambda margin: loss(tf.stop_gradient(margin)), np.float64(5.0))[1] == 0


def test_graph_is_eager():
    labels, embeddings = reference.batch()
    graph = tf.function(
        lambda labels, embeddings: contrastive_loss(labels, embeddings),
        input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 5], tf.float64)],
    )
    assert float(graph(labels, embeddings)) == pytest.approx(float(contrastive_loss(labels, embeddings)), rel=1e-12)


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_judged_in_float32(dtype):
    labels, embeddings = reference.batch()
    halves = tf.cast(embeddings, dtype)
    loss = contrastive_loss(labels, halves)
    assert loss.dtype == tf.float32
    assert float(loss) == float(contrastive_loss(labels, tf.cast(halves, tf.float32)))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'labels': [0.0, 1.0]}, 'labels must be integers'),
        ({'labels': [0, 1, 2]}, 'one entry a row'),
        ({'labels': [[0, 1], [1, 0]]}, 'one entry a row'),
        ({'embeddings': np.zeros([2, 3, 1])}, r'shape \[n, d\]'),
        ({'embeddings': np.zeros([2, 3], int)}, 'embeddings must be floats; they are int64'),
        ({'margin': [0.1, 0.2]}, 'margin must be one number'),
        ({'distance': 'cosine'}, 'l2, squared_l2 or snr'),
        ({'reduction': 'sum'}, 'mean or nonzero_mean'),
        ({'exponent': 3}, '1 or 2'),
    ],
)
def test_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        contrastive_loss(**{'labels': [0, 1], 'embeddings': np.zeros([2, 3]), **arguments})


def test_loss_class_is_the_function_and_survives_serialisation():
    labels, embeddings = reference.batch()
    arguments = {'margin': 0.7, 'distance': 'snr', 'reduction': 'nonzero_mean', 'exponent': 2}
    loss = checks.restored(ContrastiveLoss(**arguments))
    assert isinstance(loss, ContrastiveLoss)
    assert loss.get_config() == {**arguments, 'name': 'contrastive_loss'}
    assert float(loss(labels[:, None], embeddings)) == float(contrastive_loss(labels, embeddings, **arguments))


def test_loss_class_follows_a_variable_margin():
    labels, embeddings = reference.batch()
    margin = tf.Variable(0.5, dtype=tf.float64)
    loss = ContrastiveLoss(margin)
    step = tf.function(loss)
    for value in (0.5, 1.5):
        margin.assign(value)
        assert float(step(labels, embeddings)) == pytest.approx(float(contrastive_loss(labels, embeddings, value)))
    assert loss.get_config()['margin'] == 1.5


def test_a_model_learns_by_it():
    before, after = checks.learns(ContrastiveLoss(margin=1.0))
    assert after < 0.8 * before
