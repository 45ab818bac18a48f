import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import (
    contrastive_adversarial_loss,
    encoder_adversarial_loss,
    encoder_divergence_loss,
    lagrangian_critic_loss,
    pair_distances,
)


def test_distances_by_hand():
    strong = tf.constant([[0.0, 0.0], [3.0, 4.0]])
    weak = tf.constant([[1.0, 0.0], [0.0, 2.0]])
    distances = pair_distances(strong, strong[::-1], weak[::-1])
    np.testing.assert_allclose(distances.positive, [25.0, 25.0])
    np.testing.assert_allclose(distances.negative, [4.0, 4.0 + 16.0])  # H_0 with L_1, H_1 with L_0


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('seed', range(3))
def test_is_the_negated_bound(seed, dtype):
    """J = E_P f - ½ E_(P+Q) f - ¼ E_((P+Q)/2) f², with the hinge f written as in the poster."""
    rng = np.random.default_rng(seed)
    positive, negative = rng.uniform(0, 3, (2, 16))
    margin = 1.2

    def hinge(xi, distance):
        return -xi * np.maximum(0, xi * (distance - margin))

    f_p, f_q = hinge(1, positive), hinge(-1, negative)
    bound = f_p.mean() - 0.5 * (f_p.mean() + f_q.mean()) - 0.25 * 0.5 * ((f_p**2).mean() + (f_q**2).mean())
    loss = contrastive_adversarial_loss(tf.constant(positive, dtype), tf.constant(negative, dtype), margin)
    assert loss.dtype == dtype
    assert float(loss) == pytest.approx(-bound, rel=1e-5 if dtype == 'float32' else 1e-12)


def test_satisfied_pairs_cost_nothing():
    assert float(contrastive_adversarial_loss(tf.constant([0.5, 1.0]), tf.constant([1.0, 4.0]), 1.0)) == 0.0


def test_gradient_pulls_strong_together_and_pushes_weak_away():
    positive, negative = tf.constant([2.0]), tf.constant([0.5])
    with tf.GradientTape() as tape:
        tape.watch([positive, negative])
        loss = contrastive_adversarial_loss(positive, negative, 1.0)
    # d/dD²_pos (½ a + ⅛ a²) = ½ + ¼ a with a = 1; d/dD²_neg likewise with b = ½ and the sign turned.
    assert [float(g) for g in tape.gradient(loss, [positive, negative])] == [0.75, -0.625]


def test_pairs_without_weight_do_not_count():
    positive, negative = tf.constant([2.0, 9.0]), tf.constant([0.0, 0.0])
    masked = contrastive_adversarial_loss(positive, negative, 1.0, weights=[1, 0])
    assert float(masked) == float(contrastive_adversarial_loss(positive[:1], negative[:1], 1.0))


def test_empty_groups_cost_nothing_and_have_a_finite_gradient():
    outputs = tf.random.stateless_normal([4, 16], seed=[0, 0])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        distances = pair_distances(outputs, outputs[::-1], outputs[::-1])
        loss = contrastive_adversarial_loss(*distances, 1.0, weights=tf.zeros([4]))
        loss += encoder_adversarial_loss(outputs, 0.1, weights=tf.zeros([4]))
    assert float(loss) == 0.0
    np.testing.assert_array_equal(tape.gradient(loss, outputs), np.zeros([4, 16]))


def test_no_rows_at_all_cost_nothing():
    assert float(contrastive_adversarial_loss(tf.zeros([0]), tf.zeros([0]), 1.0)) == 0.0
    assert float(encoder_adversarial_loss(tf.zeros([0, 16]), 0.1)) == 0.0


def test_encoder_term_and_its_gradient():
    outputs = tf.constant(np.arange(8.0).reshape(2, 4))
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = encoder_adversarial_loss(outputs, 0.1)
    assert float(loss) == pytest.approx(-0.1 * 3.5)
    np.testing.assert_allclose(tape.gradient(loss, outputs), np.full([2, 4], -0.1 / 8))


# Numbers of this size make a table no reader checks: they lie in a file.
@pytest.mark.parametrize('case', [0, 1, 2, 4])
def test_reproduces_the_golden_poster_objective(case, goldens):
    values = goldens('caf_reference')
    strong = tf.constant(values[f'crit{case}_D_hh'])
    weak = tf.constant(values[f'crit{case}_D_ll'])
    with tf.GradientTape() as tape:
        tape.watch([strong, weak])
        distances = pair_distances(strong, strong[::-1], weak[::-1])
        loss = contrastive_adversarial_loss(*distances, values[f'crit{case}_margin'])
    np.testing.assert_allclose(loss, values[f'crit{case}_poster_negJ'], rtol=1e-9)
    for gradient, name in zip(tape.gradient(loss, [strong, weak]), ('hh', 'll'), strict=True):
        np.testing.assert_allclose(gradient, values[f'crit{case}_poster_gD_{name}'], rtol=1e-9, atol=1e-12)


def test_lagrangian_by_hand():
    """One pair with itself: p = 0; q = max(0, α - D²) with k = 2, so α = MI + .7 and, at H = L = 0, MI = 2.5."""
    zeros = tf.zeros([1, 4], tf.float64)
    loss, multiplier = lagrangian_critic_loss(zeros, zeros, multiplier=0.5, penalty=0.1)
    constraint = 1 - 3.2**2 / 2
    assert float(loss) == pytest.approx(3.2 + 0.5 * constraint - 0.05 * constraint**2)
    assert float(multiplier) == pytest.approx(0.5 + 0.1 * constraint)


@pytest.mark.parametrize('case', [0, 1, 2, 4])
def test_lagrangian_reproduces_the_golden_critic_step(case, goldens):
    values = {
        name.split('_', 1)[1]: value for name, value in goldens('caf_reference').items() if f'crit{case}_' in name
    }
    strong, weak = tf.constant(values['D_hh']), tf.constant(values['D_ll'])
    with tf.GradientTape() as tape:
        tape.watch([strong, weak])
        loss, multiplier = lagrangian_critic_loss(strong, weak, values['lambda'], float(values['rho']))
    np.testing.assert_allclose(loss, values['D_loss'], rtol=1e-9)
    np.testing.assert_allclose(multiplier, values['lambda_next'], rtol=1e-9)
    for gradient, name in zip(tape.gradient(loss, [strong, weak]), ('hh', 'll'), strict=True):
        np.testing.assert_allclose(gradient, values[f'gD_{name}'], rtol=1e-9, atol=1e-12)


def test_encoder_term_reproduces_the_golden_one(goldens):
    values = goldens('caf_reference')
    outputs = tf.constant(values['fake_D'])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = encoder_adversarial_loss(outputs, 0.1)
    np.testing.assert_allclose(loss, values['fake_loss'], rtol=1e-9)
    np.testing.assert_allclose(tape.gradient(loss, outputs), values['fake_grad'], rtol=1e-9)


def test_encoder_divergence_is_the_strong_weak_part_of_the_bound():
    negative = tf.constant([0.5, 3.0, 0.0])
    full = contrastive_adversarial_loss(tf.zeros([3]), negative, 1.0)
    assert float(encoder_divergence_loss(negative, 1.0, weight=0.3)) == pytest.approx(-0.3 * float(full))
    with tf.GradientTape() as tape:
        tape.watch(negative)
        loss = encoder_divergence_loss(negative, 1.0, weight=1.0)
    assert (tape.gradient(loss, negative).numpy() > 0).tolist() == [True, False, True]  # smaller distances lower it
