import itertools

import numpy as np
import pytest
import tensorflow as tf
from tiny import make_data, make_model, moved, values_of

from cafer_tf.finite import NonFiniteError

VARIANTS = {
    'published code': ('published_code', {}),
    'supervised': ('supervised', {}),
    'otsu per batch': ('paper', {'grouping': {'rule': 'otsu_per_batch'}}),
    'encoder divergence': ('paper', {'adversarial': {'encoder_objective': 'divergence'}}),
    'reference order': ('paper', {'adversarial': {'update_order': 'reference', 'encoder_objective': 'divergence'}}),
    'supervised reference': ('supervised', {'adversarial': {'weight': 0.0, 'update_order': 'reference'}}),
    'separate optimizer': ('paper', {'adversarial': {'separate_optimizer': True}}),
    'critic steps': ('published_code', {'adversarial': {'critic_steps': 2, 'warmup_steps': 1}}),
    'tanh': ('paper', {'network': {'critic_output': 'tanh'}, 'margin': {'mutual_information': 'channel'}}),
    'sigmoid': ('paper', {'network': {'critic_output': 'sigmoid'}, 'margin': {'confidence': 'nearest_neighbours'}}),
    'spectral': ('paper', {'network': {'spectral_normalization': True}}),
    'margin with gradient': ('paper', {'margin': {'stop_gradient': False}}),
    'lagrangian': ('paper', {'adversarial': {'critic_objective': 'lagrangian', 'penalty': 1e-3}}),
    'person pairs': ('person_pairs', {}),
    'views': ('avce2022', {}),
    'matching': (
        'elim2022',
        {'network': {'bottleneck': [32, 16], 'head': [64]}, 'matching': {'weight': 1.0, 'start': 0}},
    ),
    'person pairs, reference order': ('person_pairs', {'adversarial': {'update_order': 'reference'}}),
}


@pytest.fixture(scope='module')
def batch():
    return tuple(part[:16] for part in make_data())


def targets_of(model, labels):
    if not model.config.compares_people:
        return labels
    return {'labels': labels, 'people': np.arange(len(labels)) % 5}


def sgd(rate=1e-3):
    return tf.keras.optimizers.SGD(rate)


@pytest.mark.parametrize('name', VARIANTS)
def test_every_variant_trains_and_evaluates(batch, name):
    preset, sections = VARIANTS[name]
    model = make_model(preset, **sections)
    batch = batch[0], targets_of(model, batch[1])
    networks = {'encoder': model.encoder, 'head': model.head, 'critic': model.critic}
    if model.projector is not None:
        networks['projector'] = model.projector
    before = {name: values_of(network.trainable_variables) for name, network in networks.items()}
    for _ in range(2):
        logs = model.train_on_batch(*batch, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert all(np.isfinite(value) for value in model.test_on_batch(*batch, return_dict=True).values())
    for name, network in networks.items():
        trained = model.adversarial or name != 'critic'
        assert any(moved(network.trainable_variables, before[name])) == trained


@pytest.mark.parametrize(
    ('order', 'separate', 'critic_steps', 'updates'),
    [
        ('shared', False, 1, {'encoder': 3, 'head': 3, 'critic': 3}),
        ('shared', True, 2, {'encoder': 3, 'head': 3, 'critic': 6, 'adversarial': 3}),
        ('reference', False, 2, {'encoder': 6, 'head': 3, 'critic': 6}),
        ('reference', True, 1, {'encoder': 3, 'head': 3, 'critic': 3, 'adversarial': 3}),
    ],
)
def test_how_often_each_optimizer_is_applied(batch, order, separate, critic_steps, updates):
    settings = {'update_order': order, 'separate_optimizer': separate, 'critic_steps': critic_steps}
    model = make_model(adversarial=settings)
    for _ in range(3):
        logs = model.train_on_batch(*batch, return_dict=True)
    assert {name: int(optimizer.iterations) for name, optimizer in model.optimizers.items()} == updates
    norms = {name: value for name, value in logs.items() if name.endswith('_gradient_norm')}
    assert norms.keys() == {f'{name}_gradient_norm' for name in updates} and min(norms.values()) > 0


def test_with_plain_gradient_descent_a_separate_optimizer_changes_nothing(batch):
    """A sum of two steps along two gradients is a step along their sum."""
    weights = []
    for separate in (False, True):
        given = {'optimizer': sgd(), 'critic_optimizer': sgd()}
        if separate:
            given['adversarial_optimizer'] = sgd()
        model = make_model(compile=given, adversarial={'separate_optimizer': separate, 'weight': 1.0})
        model.train_on_batch(*batch)
        weights.append(values_of(model.encoder.trainable_variables))
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize('preset', ['paper', 'published_code'])
def test_more_steps_of_the_critic_are_steps_on_the_same_features(batch, preset):
    """While the encoder stands still, two of one step are one of two."""
    weights, multipliers = [], []
    for critic_steps in (1, 2):
        model = make_model(
            preset,
            compile={'optimizer': sgd(0.0), 'critic_optimizer': sgd(1e-6)},
            network={'critic_dropout': 0.0},
            adversarial={'critic_steps': critic_steps, 'penalty': 0.1},
        )
        before = values_of(model.critic.trainable_variables)
        for _ in range(2 // critic_steps):
            logs = model.train_on_batch(*batch, return_dict=True)
        weights.append(values_of(model.critic.trainable_variables))
        multipliers.append(logs.get('multiplier', 0.0))
    assert any(moved(model.critic.trainable_variables, before))
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)
    assert multipliers[0] == pytest.approx(multipliers[1], rel=1e-5)


def test_the_critics_rate_falls_by_steps_of_training(batch):
    model = make_model(
        adversarial={'critic_steps': 3}, training={'schedule': 'cosine', 'epochs': 1}, compile={'steps_per_epoch': 2}
    )
    last = {'head': [0, 1 / 2], 'critic': [2 / 6, 5 / 6]}  # of the training, when each is applied for the last time
    for step in range(2):
        model.train_on_batch(*batch)
        for name, parts in last.items():
            expected = 5e-4 * (1 + np.cos(np.pi * parts[step]))
            assert float(model.optimizers[name].learning_rate) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize('order', ['shared', 'reference'])
@pytest.mark.parametrize('separate', [False, True])
def test_the_adversarial_weight_rises_with_the_steps(batch, order, separate):
    given = {'optimizer': sgd(0.0), 'critic_optimizer': sgd(0.0)}
    if separate:
        given['adversarial_optimizer'] = sgd(0.0)
    settings = {'update_order': order, 'separate_optimizer': separate, 'warmup_steps': 2}
    model = make_model(compile=given, network={'critic_dropout': 0.0}, adversarial=settings)
    losses = [model.train_on_batch(*batch, return_dict=True)['adversarial_loss'] for _ in range(4)]
    assert losses[2] != 0
    assert losses == pytest.approx([0.0, losses[2] / 2, losses[2], losses[2]], rel=1e-4)


def test_reference_order_is_three_steps_one_after_the_other(batch):
    """With dropout off, the step is recomputed by hand: labels, then critic, then encoder against the new critic."""
    images, labels = batch
    network = {'head_dropout': 0.0, 'critic_dropout': 0.0}
    model, twin = (
        make_model(
            compile={'optimizer': sgd(), 'critic_optimizer': sgd()},
            network=network,
            adversarial={'update_order': order, 'weight': weight},
        )
        for order, weight in (('reference', 0.5), ('shared', 0.0))
    )
    twin.critic.set_weights(model.critic.get_weights())
    logs = model.train_on_batch(images, labels, return_dict=True)
    twin.train_on_batch(images, labels)  # the labels alone
    moving = values_of(twin.encoder.non_trainable_variables)
    strong = np.hypot(*labels.T) > 0.7
    embedding = twin.encoder(images, training=True)
    pairs = 2 * (min(strong.sum(), (~strong).sum()) // 2)

    def distances():
        outputs = twin.critic(embedding)
        high, low = (tf.boolean_mask(outputs, group)[:pairs] for group in (strong, ~strong))
        return tf.reduce_sum((high - high[::-1]) ** 2, 1), tf.reduce_sum((high - low[::-1]) ** 2, 1)

    margin = logs['margin']
    with tf.GradientTape() as tape:
        positive, negative = distances()
        a, b = tf.maximum(positive - margin, 0), tf.maximum(margin - negative, 0)
        loss = tf.reduce_mean(0.5 * (a + b) + 0.125 * (a**2 + b**2))
    variables = twin.critic.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(1e-3 * gradient)
    with tf.GradientTape() as tape:
        outputs = twin.critic(twin.encoder(tf.boolean_mask(images, ~strong), training=True))
        adversarial = -0.5 * tf.reduce_mean(outputs)
    variables = twin.encoder.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(adversarial, variables), strict=True):
        variable.assign_sub(1e-3 * gradient)
    assert logs['critic_loss'] == pytest.approx(float(loss), rel=1e-4)
    assert logs['adversarial_loss'] == pytest.approx(float(adversarial), rel=1e-3)
    for one, other in itertools.chain(
        zip(model.encoder.trainable_variables, twin.encoder.trainable_variables, strict=True),
        zip(model.critic.trainable_variables, twin.critic.trainable_variables, strict=True),
        zip(model.head.trainable_variables, twin.head.trainable_variables, strict=True),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)
    assert moving
    for one, other in zip(model.encoder.non_trainable_variables, moving, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_multiplier_follows_the_constraint(batch, tmp_path):
    model = make_model('published_code', adversarial={'multiplier': 0.25, 'penalty': 1e-4})
    logs = model.train_on_batch(*batch, return_dict=True)
    assert logs['multiplier'] == pytest.approx(0.25 + 1e-4 * logs['constraint'], rel=1e-5)
    assert float(model.multiplier) == pytest.approx(logs['multiplier'])
    model.save(tmp_path / 'model.keras')
    again = tf.keras.models.load_model(tmp_path / 'model.keras')
    assert float(again.multiplier) == float(model.multiplier)


@pytest.mark.parametrize('precision', ['mixed_float16', 'mixed_bfloat16'])
def test_mixed_precision_trains_with_float32_statistics(batch, precision):
    model = make_model(training={'precision': precision}, adversarial={'separate_optimizer': True})
    for _ in range(3):
        logs = model.train_on_batch(*batch, return_dict=True)
    assert model.encoder(batch[0]).dtype == precision.removeprefix('mixed_')
    assert model(batch[0]).dtype == model.embed(batch[0]).dtype == tf.float32
    assert {variable.dtype for variable in model.encoder.variables} == {tf.float32}
    assert all(np.isfinite(value) for value in logs.values())
    assert tf.keras.mixed_precision.global_policy().name == 'float32'


def test_an_overflow_in_float16_skips_the_step_of_all_networks(batch):
    model = make_model(training={'precision': 'mixed_float16'})
    scaling = model.optimizers['encoder']
    scaling._loss_scale.current_loss_scale.assign(2.0**120)
    before = values_of([*model.encoder.trainable_variables, *model.head.trainable_variables])
    logs = model.train_on_batch(*batch, return_dict=True)
    assert not any(moved([*model.encoder.trainable_variables, *model.head.trainable_variables], before))
    assert float(scaling.loss_scale) == 2.0**119
    assert logs['encoder_gradient_norm'] == 0.0


def test_float16_that_overflows_at_the_smallest_scale_stops_training(batch):
    model = make_model(training={'precision': 'mixed_float16'})
    for optimizer in model.optimizers.values():
        optimizer._loss_scale.current_loss_scale.assign(1.0)
    kernel = model.head.get_layer('dense1').kernel
    kernel.assign(tf.fill(kernel.shape, 6e4))
    with pytest.raises(NonFiniteError, match='stopped at step 0'):
        model.fit(*batch, batch_size=16, verbose=0)


def test_xla_compiles_the_step_and_a_nan_stops_it(batch):
    model = make_model(run_eagerly=False, training={'jit_compile': True})
    history = model.fit(*batch, batch_size=16, epochs=2, verbose=0)
    assert np.isfinite(history.history['critic_loss']).all()
    model.head.layers[-1].bias.assign([np.nan, 0.0])
    with pytest.raises(NonFiniteError, match='stopped at step 0: loss is nan'):
        model.fit(*batch, batch_size=16, verbose=0)


def test_the_average_follows_the_weights(batch):
    model = make_model(training={'ema': 0.5})
    kernel = model.encoder.trainable_variables[0]
    values = []
    for _ in range(2):
        model.train_on_batch(*batch)
        values.append(kernel.numpy())
    expected = (0.5 * values[0] + values[1]) / 1.5  # without bias towards the start
    model.average.swap()
    np.testing.assert_allclose(kernel, expected, rtol=1e-5, atol=1e-7)
    model.average.swap()
    np.testing.assert_array_equal(kernel, values[1])


def test_an_adversarial_optimizer_needs_its_option():
    with pytest.raises(ValueError, match=r'needs adversarial\.separate_optimizer'):
        make_model(compile={'adversarial_optimizer': sgd()})


def test_a_critic_of_people_must_be_told_who_is_shown(batch):
    model = make_model('person_pairs')
    with pytest.raises(ValueError, match=r"trains and tests on .*'labels': labels, 'people': people"):
        model.train_on_batch(*batch)


def test_emotion_has_no_part_in_what_a_critic_of_people_learns(batch):
    """Other labels, the same critic: it sees features alone, and their pairs."""
    images, labels = batch
    weights = []
    for given in (labels, labels[::-1].copy()):
        model = make_model('person_pairs')
        model.train_on_batch(images, targets_of(model, given))
        weights.append(values_of(model.critic.trainable_variables))
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
