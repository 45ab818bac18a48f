import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import metrics

OUTPUTS = ('valence', 'arousal')


def rmse(x, y):
    return np.sqrt(((x - y) ** 2).mean())


def pcc(x, y):
    return np.corrcoef(x, y)[0, 1]


def ccc(x, y):
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return 2 * covariance / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def sagr(x, y):
    return (np.sign(x) == np.sign(y)).mean()


KINDS = {
    metrics.RootMeanSquaredError: rmse,
    metrics.PearsonCorrelation: pcc,
    metrics.ConcordanceCorrelation: ccc,
    metrics.SignAgreement: sagr,
}


@pytest.fixture(scope='module')
def data():
    rng = np.random.default_rng(0)
    y_true = rng.uniform(-1, 1, (200, 2))
    y_true[:5] = 0
    return y_true, np.clip(0.6 * y_true + 0.1 + rng.normal(0, 0.3, y_true.shape), -1, 1)


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize('column', [0, 1], ids=OUTPUTS)
@pytest.mark.parametrize('batch', [1, 7, 200])
def test_is_pooled_whatever_the_batches(data, kind, column, batch):
    y_true, y_pred = data
    metric = kind(output=OUTPUTS[column])
    for start in range(0, len(y_true), batch):
        metric.update_state(y_true[start : start + batch], y_pred[start : start + batch])
    assert float(metric.result()) == pytest.approx(KINDS[kind](y_true[:, column], y_pred[:, column]), rel=1e-5)


def test_by_hand():
    # Labels 0, 1 against predictions 0, 2: means ½ and 1, variances ¼ and 1, covariance ½.
    y_true, y_pred = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [2.0, 0.0]])
    values = {}
    for kind in KINDS:
        metric = kind('valence')
        metric.update_state(y_true, y_pred)
        values[metric.name] = round(float(metric.result()), 5)
    assert values == {
        'valence_rmse': round(0.5**0.5, 5),
        'valence_pcc': 1.0,
        'valence_ccc': round(2 * 0.5 / (0.25 + 1 + 0.25), 5),
        'valence_sagr': 1.0,
    }


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_mean_is_that_of_the_two_outputs(data, kind):
    both = [kind(output) for output in (*OUTPUTS, 'mean')]
    for metric in both:
        metric.update_state(*data)
    valence, arousal, mean = (float(metric.result()) for metric in both)
    assert mean == pytest.approx((valence + arousal) / 2, rel=1e-6)


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_weights_count_examples(data, kind):
    y_true, y_pred = (values[:20] for values in data)
    weighted, repeated = kind('valence'), kind('valence')
    counts = np.arange(20) % 3
    weighted.update_state(y_true, y_pred, sample_weight=counts)
    repeated.update_state(np.repeat(y_true, counts, axis=0), np.repeat(y_pred, counts, axis=0))
    assert float(weighted.result()) == pytest.approx(float(repeated.result()), rel=1e-6)


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_constant_variables_and_no_examples_are_finite(kind):
    metric = kind('arousal')
    assert np.isfinite(metric.result())
    metric.update_state(np.full([9, 2], 0.3), np.full([9, 2], 0.3))
    assert np.isfinite(metric.result())


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_reset_forgets(data, kind):
    metric = kind('valence')
    metric.update_state(*data)
    metric.reset_state()
    metric.update_state(data[0][:9], data[1][:9])
    assert float(metric.result()) == pytest.approx(KINDS[kind](data[0][:9, 0], data[1][:9, 0]), rel=1e-5)


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_survives_serialisation(kind):
    metric = kind(output='arousal', name='a')
    again = tf.keras.metrics.deserialize(tf.keras.metrics.serialize(metric))
    assert (type(again), again.name, again.output_name) == (kind, 'a', 'arousal')


def test_a_hundred_thousand_examples_lose_no_digits():
    """Sums in float32 would be off in the third digit here: a small spread around a large mean."""
    rng = np.random.default_rng(0)
    y_true = 0.9 + rng.normal(0, 0.003, (100_000, 2))
    y_pred = y_true + rng.normal(0, 0.002, y_true.shape)
    metric = metrics.ConcordanceCorrelation('valence', dtype='float64')
    for part in zip(np.split(y_true, 100), np.split(y_pred, 100), strict=True):
        metric.update_state(*part)
    assert float(metric.result()) == pytest.approx(ccc(y_true[:, 0], y_pred[:, 0]), abs=2e-3)


def test_refuses_another_output():
    with pytest.raises(ValueError, match='valence, arousal or mean'):
        metrics.SignAgreement(output='dominance')


def test_the_names_are_those_of_the_field():
    names = [metric.name for metric in metrics.agreement_metrics()]
    assert names == ['ccc', *(f'{o}_{m}' for o in OUTPUTS for m in ('rmse', 'pcc', 'ccc', 'sagr'))]


def test_reproduces_the_golden_evaluation(goldens):
    values = goldens('caf_reference')
    y_true, y_pred = values['ev_labels'], values['ev_pred']
    for kind, expected in (
        (metrics.RootMeanSquaredError, 'ev_rmse_pooled'),
        (metrics.PearsonCorrelation, 'ev_std_pcc'),
        (metrics.ConcordanceCorrelation, 'ev_std_ccc'),
        (metrics.SignAgreement, 'ev_SAGR'),
    ):
        for column, output in enumerate(OUTPUTS):
            metric = kind(output, dtype='float64')
            metric.update_state(y_true, y_pred)
            np.testing.assert_allclose(metric.result(), values[expected][column], rtol=1e-9)
