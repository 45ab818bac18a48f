import math

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import optimizers
from cafer_tf.config import TrainingConfig


def make(steps_per_epoch=10, updates_per_step=1, **values):
    return optimizers.configured(TrainingConfig(learning_rate=0.01, **values), steps_per_epoch, updates_per_step)


def rates(optimizer, updates):
    """The rates that the optimizer has applied after so many updates, by number of the update, counted from 0."""
    variable = tf.Variable(0.0)
    applied = []
    for _ in range(updates):
        optimizer.apply_gradients([(tf.constant(1.0), variable)])
        applied.append(float(optimizer.learning_rate))
    return applied


def test_takes_the_configured_moments():
    optimizer = make(beta_1=0.4, beta_2=0.8)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.4, 0.8, 1e-8)
    assert optimizer.global_clipnorm is None


def test_a_constant_rate():
    assert rates(make(schedule='constant', steps_per_epoch=2), 5) == pytest.approx([0.01] * 5)


def test_exponential_decays_smoothly_by_the_epoch():
    applied = rates(make(schedule='exponential', decay_rate=0.5, steps_per_epoch=4), 9)
    assert applied == pytest.approx([0.01 * 0.5 ** (step / 4) for step in range(9)])


def test_staircase_decays_at_once():
    applied = rates(make(schedule='staircase', decay_rate=0.5, steps_per_epoch=4), 9)
    assert applied == pytest.approx([0.01] * 4 + [0.005] * 4 + [0.0025])


@pytest.mark.parametrize('steps_per_epoch', [4, None])
def test_decay_steps_come_before_epochs(steps_per_epoch):
    applied = rates(make(steps_per_epoch, schedule='staircase', decay_rate=0.5, decay_steps=2), 5)
    assert applied == pytest.approx([0.01, 0.01, 0.005, 0.005, 0.0025])


def test_cosine_ends_at_zero_with_the_last_epoch():
    applied = rates(make(schedule='cosine', epochs=2, steps_per_epoch=4), 9)
    assert applied == pytest.approx([0.005 * (1 + math.cos(math.pi * step / 8)) for step in range(9)], abs=1e-9)
    assert applied[8] == pytest.approx(0, abs=1e-9)


def test_cosine_first_rises_from_zero():
    applied = rates(make(schedule='cosine', warmup_steps=2, epochs=2, steps_per_epoch=5), 11)
    falling = [0.005 * (1 + math.cos(math.pi * step / 8)) for step in range(9)]
    assert applied == pytest.approx([0, 0.005, *falling], abs=1e-9)


@pytest.mark.parametrize('warmup_steps', [4, 5, 150])
def test_a_short_training_rises_for_half_of_its_steps(warmup_steps):
    values = {'schedule': 'cosine', 'warmup_steps': warmup_steps, 'epochs': 2, 'steps_per_epoch': 4}
    applied = rates(make(**values), 9)
    falling = [0.005 * (1 + math.cos(math.pi * step / 4)) for step in range(5)]
    assert applied == pytest.approx([0, 0.0025, 0.005, 0.0075, *falling], abs=1e-9)
    assert rates(make(updates_per_step=2, **values), 18)[::2] == pytest.approx(applied, abs=1e-9)


def test_a_training_of_one_step_does_not_rise():
    assert rates(make(schedule='cosine', warmup_steps=150, epochs=1, steps_per_epoch=1), 1) == pytest.approx([0.01])


def test_milestones_lower_the_rate_at_those_steps():
    values = {'schedule': 'milestones', 'milestones': (2, 5), 'decay_rate': 0.5}
    assert rates(make(**values), 7) == pytest.approx([0.01] * 2 + [0.005] * 3 + [0.0025] * 2)
    assert rates(make(updates_per_step=2, **values), 14)[::2] == pytest.approx(rates(make(**values), 7))


@pytest.mark.parametrize(('name', 'kind'), [('adam', 'Adam'), ('adamax', 'Adamax'), ('sgd', 'SGD')])
def test_the_configured_kind_at_a_relative_rate(name, kind):
    settings = TrainingConfig(optimizer=name, learning_rate=0.01, beta_1=0.7, schedule='constant')
    optimizer = optimizers.configured(settings, 10, relative_rate=0.2)
    assert type(optimizer).__name__ == kind and float(optimizer.learning_rate) == pytest.approx(0.002)
    assert (optimizer.momentum if name == 'sgd' else optimizer.beta_1) == 0.7


@pytest.mark.parametrize('schedule', ['exponential', 'staircase', 'cosine'])
def test_without_the_length_of_an_epoch_the_rate_is_constant(schedule):
    assert rates(make(None, schedule=schedule, decay_rate=0.5), 3) == pytest.approx([0.01] * 3)


@pytest.mark.parametrize('schedule', ['exponential', 'staircase', 'cosine'])
@pytest.mark.parametrize('decay_steps', [0, 3])
def test_decays_by_training_steps_however_many_updates_each_makes(schedule, decay_steps):
    values = {'schedule': schedule, 'decay_rate': 0.5, 'epochs': 2, 'decay_steps': decay_steps, 'steps_per_epoch': 4}
    once, twice = rates(make(**values), 8), rates(make(updates_per_step=2, **values), 16)
    assert twice[::2] == pytest.approx(once)


def test_shortens_the_gradient_of_all_variables_together():
    variables = [tf.Variable(0.0), tf.Variable(0.0)]
    optimizer = make(schedule='constant', clip_norm=1.0, beta_1=0.0)
    optimizer.build(variables)
    optimizer.apply_gradients(zip([tf.constant(3.0), tf.constant(4.0)], variables, strict=True))
    # Adam's first moment after one step with beta_1 = 0 is the gradient itself: (3, 4) shortened to norm 1.
    moments = [variable for variable in optimizer.variables if variable.name.startswith('m/')]
    np.testing.assert_allclose([moment.numpy() for moment in moments], [0.6, 0.8], rtol=1e-6)
