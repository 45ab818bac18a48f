import numpy as np
import pytest
import tensorflow as tf
from tiny import THRESHOLD, make_config, make_data, make_model, moved, values_of

from cafer_tf import Cafer
from cafer_tf.finite import NonFiniteError
from cafer_tf.losses import agreement_loss, contrastive_adversarial_loss, pair_distances
from cafer_tf.margins import adaptive_margin


@pytest.fixture(scope='module')
def data():
    return make_data()


def dataset(data, batch=16):
    return tf.data.Dataset.from_tensor_slices(data).batch(batch, drop_remainder=True)


def test_works_in_a_notebook(data, tmp_path):
    model = make_model(run_eagerly=False)
    train = dataset(data)
    history = model.fit(train, validation_data=train, epochs=2, verbose=0, callbacks=[tf.keras.callbacks.History()])
    assert {'loss', 'critic_loss', 'margin', 'ccc', 'val_loss', 'val_ccc', 'val_arousal_sagr'} <= set(history.history)
    assert {name for name in history.history if f'val_{name}' not in history.history and name[:4] != 'val_'} == {
        'encoder_gradient_norm',
        'head_gradient_norm',
        'critic_gradient_norm',
    }
    predictions = model.predict(data[0], verbose=0)
    assert predictions.shape == (32, 2)
    assert np.abs(predictions).max() <= 1
    model.save(tmp_path / 'model.keras')
    again = tf.keras.models.load_model(tmp_path / 'model.keras')
    assert (again.config, again.threshold) == (model.config, model.threshold)
    np.testing.assert_array_equal(again.predict(data[0], verbose=0), predictions)
    again.fit(train, verbose=0)
    assert int(again.optimizer.iterations) == int(again.critic_optimizer.iterations) == 6


def test_learns_a_small_batch(data):
    model = make_model(run_eagerly=False)
    model.fit(dataset(data).repeat(), steps_per_epoch=150, verbose=0)
    scores = model.evaluate(dataset(data), verbose=0, return_dict=True)
    assert scores['ccc'] > 0.8


@pytest.mark.parametrize('who', ['critic', 'regressor'])
def test_each_optimizer_changes_only_its_own_variables(data, who):
    model = make_model()
    still = tf.keras.optimizers.SGD(0.0)
    if who == 'critic':
        model.compile(optimizer=still, run_eagerly=True)
    else:
        model.compile(critic_optimizer=still, run_eagerly=True)
    groups = {
        'regressor': [*model.encoder.trainable_variables, *model.head.trainable_variables],
        'critic': model.critic.trainable_variables,
    }
    before = {name: values_of(variables) for name, variables in groups.items()}
    model.train_on_batch(*(part[:16] for part in data))
    changes = {name: moved(variables, before[name]) for name, variables in groups.items()}
    other = 'regressor' if who == 'critic' else 'critic'
    assert np.mean(changes[who]) > 0.9  # a dead unit may leave a bias where it was
    assert not any(changes[other])


def test_the_encoder_works_against_the_updated_critic(data):
    """With a critic that only the update makes non-zero, the adversarial term can see nothing but the updated one."""
    model = make_model()
    model.compile(critic_optimizer=tf.keras.optimizers.SGD(0.5), run_eagerly=True)
    model.critic.layers[-1].set_weights([np.zeros([32, 16]), np.zeros([16])])
    logs = model.train_on_batch(*(part[:16] for part in data), return_dict=True)
    assert logs['positive_distance'] == logs['negative_distance'] == 0.0
    assert model.critic.layers[-1].bias.numpy().any() or logs['adversarial_loss'] == 0.0


def test_terms_are_those_of_the_loss_functions(data):
    """Evaluation draws no dropout, so that every term can be recomputed from the networks' outputs."""
    model = make_model()
    images, labels = (part[:16] for part in data)
    logs = model.test_on_batch(images, labels, return_dict=True)
    strong = np.hypot(*labels.T) > THRESHOLD
    embedding = model.embed(images)
    outputs = model.critic(embedding).numpy()
    pairs = 2 * (min(strong.sum(), (~strong).sum(), 8) // 2)
    high, low = outputs[strong][:pairs], outputs[~strong][:pairs]
    margin = adaptive_margin(high, low[::-1], batch_size=16).margin
    critic_loss = contrastive_adversarial_loss(*pair_distances(high, high[::-1], low[::-1]), margin)
    adversarial = -0.1 * outputs[~strong].mean()
    regression = agreement_loss(labels, tf.clip_by_value(model.head(embedding), -1, 1))
    assert pairs > 0
    assert logs['margin'] == pytest.approx(float(margin), rel=1e-4)
    assert logs['critic_loss'] == pytest.approx(float(critic_loss), rel=1e-4)
    assert logs['adversarial_loss'] == pytest.approx(float(adversarial), rel=1e-4)
    assert logs['loss'] == pytest.approx(float(regression + adversarial), rel=1e-4)


@pytest.mark.parametrize(
    ('preset', 'taught'),
    [
        ('avce2022', {'similarity_loss', 'separation_loss', 'projector_gradient_norm'}),
        ('elim2022', {'matching_loss'}),
    ],
)
def test_what_is_measured_in_training_alone_is_not_reported_of_validation(data, preset, taught):
    model = make_model(preset, network={'bottleneck': [16], 'head': [32]})
    images, labels = (part[:16] for part in data)
    targets = {'labels': labels, 'people': np.arange(16) % 5} if preset == 'elim2022' else labels
    trained = model.train_on_batch(images, targets, return_dict=True)
    tested = model.test_on_batch(images, labels, return_dict=True)
    assert trained.keys() - tested.keys() == {*taught, 'encoder_gradient_norm', 'head_gradient_norm'}
    assert tested.keys() <= trained.keys()
    assert tested['loss'] == pytest.approx(sum(tested[f'{name}_loss'] for name in ('mse', 'pcc', 'ccc')), rel=1e-5)


def test_without_adversarial_weight_there_is_no_critic_step(data):
    model = make_model(adversarial={'weight': 0.0})
    before = values_of(model.critic.trainable_variables)
    logs = model.train_on_batch(*(part[:16] for part in data), return_dict=True)
    assert not any(moved(model.critic.trainable_variables, before))
    assert 'critic_loss' not in logs
    assert logs['loss'] == pytest.approx(logs['rmse_loss'] + logs['pcc_loss'] + logs['ccc_loss'], rel=1e-5)


@pytest.mark.parametrize('case', ['all strong', 'all weak', 'constant'])
def test_batches_without_one_group_keep_the_weights_finite(data, case):
    images, labels = (part[:16].copy() for part in data)
    labels[:] = {'all strong': 0.9, 'all weak': 0.1, 'constant': 0.1}[case]
    if case != 'constant':
        labels += np.random.default_rng(0).uniform(-0.05, 0.05, labels.shape)
    model = make_model()
    for _ in range(3):
        logs = model.train_on_batch(images, labels, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert all(np.isfinite(value).all() for value in values_of(model.variables))


@pytest.mark.parametrize('culprit', ['images', 'labels'])
def test_a_nan_stops_training_naming_step_and_term(data, culprit):
    images, labels = (part.copy() for part in data)
    (labels if culprit == 'labels' else images)[20] = np.nan
    model = make_model(run_eagerly=False)
    with pytest.raises(NonFiniteError, match=f'stopped at step 1: {culprit} is nan') as error:
        model.fit(dataset((images, labels)), verbose=0)
    assert (error.value.step, error.value.term) == (1, culprit)
    assert all(np.isfinite(value).all() for value in values_of(model.variables))


def test_a_loss_that_explodes_is_named(data):
    model = make_model()
    model.head.layers[-1].bias.assign([np.inf, 0.0])
    with pytest.raises(NonFiniteError, match='stopped at step 0: rmse_loss is inf'):
        model.fit(dataset(data), verbose=0)


def test_the_same_seed_trains_the_same_model(data):
    weights = []
    for _ in range(2):
        model = make_model()
        model.fit(dataset(data), epochs=2, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_trains_saves_and_loads_under_a_mirrored_strategy(data, tmp_path):
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        model = make_model(run_eagerly=False)
    history = model.fit(dataset(data), validation_data=dataset(data), epochs=2, verbose=0)
    assert np.isfinite(history.history['val_loss']).all()
    model.save(tmp_path / 'model.keras')
    with strategy.scope():
        again = tf.keras.models.load_model(tmp_path / 'model.keras')
    np.testing.assert_allclose(again.predict(data[0], verbose=0), model.predict(data[0], verbose=0), atol=1e-6)


def test_saves_and_loads_before_it_is_compiled(data, tmp_path):
    model = Cafer(make_config(), THRESHOLD)
    model.save(tmp_path / 'model.keras')
    again = tf.keras.models.load_model(tmp_path / 'model.keras')
    np.testing.assert_array_equal(again(data[0]), model(data[0]))


@pytest.mark.parametrize('count', [1, 2, 3])
def test_a_last_batch_of_few_examples_is_evaluated(data, count):
    logs = make_model().evaluate(data[0][:count], data[1][:count], verbose=0, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize(
    ('call', 'message'),
    [
        (lambda: Cafer(threshold=2.0), 'emotional intensity'),
        (lambda: Cafer(make_config()).compile(loss='mse'), 'brings its own losses'),
        (lambda: make_model().fit(np.zeros([16, 32, 32, 3], 'float32'), verbose=0), 'trains and tests on'),
        (
            lambda: make_model().fit(
                np.zeros([16, 32, 32, 3]), np.zeros([16, 2]), sample_weight=np.ones(16), verbose=0
            ),
            'no sample weights',
        ),
    ],
)
def test_misuse_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
