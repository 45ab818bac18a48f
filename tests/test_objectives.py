import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import Config
from cafer_tf.losses import next_multiplier
from cafer_tf.objectives import adversarial_term, critic_terms
from cafer_tf.pairing import Pairing, pair_people


def pairing_of(size):
    """The first half of the rows is strong, the second weak; all are paired."""
    slots = np.arange(size)
    return Pairing(
        anchor=tf.constant(slots),
        positive=tf.constant(slots[::-1].copy()),
        negative=tf.constant(size + slots[::-1]),
        pair_weight=tf.ones([size]),
        moved=tf.constant(np.repeat([0.0, 1.0], size), tf.float32),
        strong_fraction=tf.constant(0.5),
        threshold=tf.constant(0.5),
    )


@pytest.mark.parametrize('case', [0, 1, 2, 4])
def test_published_code_reproduces_the_golden_critic_step(case, goldens):
    values = {
        name.split('_', 1)[1]: value for name, value in goldens('caf_reference').items() if f'crit{case}_' in name
    }
    penalty = float(values['rho'])
    config = Config.from_preset('published_code').with_changes([('adversarial.penalty', penalty)])
    outputs = tf.constant(np.concatenate([values['D_hh'], values['D_ll']]))
    multiplier = tf.constant(values['lambda'], tf.float64)
    size = len(values['D_hh'])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        terms = critic_terms(outputs, pairing_of(size), config, multiplier)
    expected = {
        'critic_loss': values['D_loss'],
        'constraint': values['constraint'],
        'positive_distance': values['d_ap'].mean(),
        'margin': values['margin'].mean(),
        'mutual_information': values['mi_mean'],
        'confidence': values['conf'].mean(),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(
        next_multiplier(multiplier, terms['constraint'], penalty), values['lambda_next'], rtol=1e-9
    )
    gradient = tape.gradient(terms['critic_loss'], outputs)
    np.testing.assert_allclose(
        tf.convert_to_tensor(gradient), np.concatenate([values['gD_hh'], values['gD_ll']]), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize('case', [0, 1, 2, 4])
def test_a_margin_without_gradient_changes_the_gradient_alone(case, goldens):
    values = goldens('caf_reference')
    outputs = tf.constant(np.concatenate([values[f'crit{case}_D_hh'], values[f'crit{case}_D_ll']]))
    size = outputs.shape[0] // 2
    results = []
    for stop in (False, True):
        config = Config.from_preset('published_code').with_changes([('margin.stop_gradient', stop)])
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            loss = critic_terms(outputs, pairing_of(size), config, tf.constant(0.0, tf.float64))['critic_loss']
        results.append((float(loss), tf.convert_to_tensor(tape.gradient(loss, outputs)).numpy()))
    assert results[0][0] == results[1][0]
    hinge_is_active = values[f'crit{case}_d_an'].any()
    assert np.allclose(results[0][1], results[1][1]) == (not hinge_is_active)


@pytest.mark.parametrize('objective', ['divergence', 'lagrangian'])
@pytest.mark.parametrize('information', ['gaussian', 'channel'])
@pytest.mark.parametrize('confidence', ['closed_form', 'nearest_neighbours'])
def test_slots_without_a_pair_do_not_count(objective, information, confidence):
    config = Config().with_changes(
        [
            ('adversarial.critic_objective', objective),
            ('margin.mutual_information', information),
            ('margin.confidence', confidence),
        ]
    )
    outputs = tf.constant(np.random.default_rng(0).normal(size=(12, 4)))
    whole = pairing_of(6)
    paired = whole._replace(pair_weight=tf.constant([1.0, 1, 1, 1, 0, 0]))
    cut = whole._replace(
        anchor=whole.anchor[:4], positive=whole.positive[:4], negative=whole.negative[:4], pair_weight=tf.ones([4])
    )
    multiplier = tf.constant(0.1, tf.float64)
    one, other = (critic_terms(outputs, pairing, config, multiplier) for pairing in (paired, cut))
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize('preset', ['paper', 'published_code'])
def test_a_batch_without_pairs_costs_nothing(preset):
    outputs = tf.constant(np.random.default_rng(0).normal(size=(8, 4)))
    pairing = pairing_of(4)._replace(pair_weight=tf.zeros([4]), moved=tf.zeros([8]))
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        terms = critic_terms(outputs, pairing, Config.from_preset(preset), tf.constant(0.3, tf.float64))
        loss = terms['critic_loss']
    assert float(loss) == 0.0
    np.testing.assert_array_equal(tf.convert_to_tensor(tape.gradient(loss, outputs)), np.zeros([8, 4]))


def test_encoder_divergence_pulls_weak_outputs_into_the_margin_and_leaves_strong_ones():
    config = Config().with_changes([('adversarial.encoder_objective', 'divergence'), ('adversarial.weight', 0.5)])
    outputs = tf.constant([[1.0, 0.0], [0.9, 0.1], [0.8, 0.0], [1.0, 0.3]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = adversarial_term(outputs, outputs, pairing_of(2), config)['adversarial_loss']
    gradient = tf.convert_to_tensor(tape.gradient(loss, outputs)).numpy()
    assert float(loss) < 0
    assert not gradient[:2].any()
    strong = outputs.numpy()[[1, 0]]  # the partners of the weak rows
    closer = outputs.numpy()[2:] - 0.01 * gradient[2:]
    assert (np.square(closer - strong).sum(1) < np.square(outputs.numpy()[2:] - strong).sum(1)).all()


def test_encoder_divergence_draws_faces_of_two_people_together_and_leaves_their_anchors():
    """Person 0 is in rows 0 and 1, person 1 in rows 2 and 3."""
    config = Config.from_preset('person_pairs')
    outputs = tf.constant([[0.0, 0.0], [0.1, 0.0], [0.4, 0.0], [0.5, 0.0]])
    pairing = pair_people(tf.zeros([4, 2]), tf.constant([0, 0, 1, 1]), 0.5)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = adversarial_term(outputs, outputs, pairing, config)['adversarial_loss']
    gradient = tf.convert_to_tensor(tape.gradient(loss, outputs)).numpy()
    assert pairing.negative.numpy().tolist() == [2, 2, 0, 0]
    assert float(loss) < 0
    assert gradient[0, 0] < 0 < gradient[2, 0]  # a step against it moves row 0 up and row 2 down
    assert not gradient[[1, 3]].any()
