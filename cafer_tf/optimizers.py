"""Optimizers as the configuration describes them: with schedule and clipping, and loss scaling."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import tensorflow as tf

from cafer_tf.config import TrainingConfig

_EPSILON = 1e-8


def configured(
    training: TrainingConfig, steps_per_epoch: int | None, updates_per_step: int = 1, relative_rate: float = 1.0
) -> tf.keras.optimizers.Optimizer:
    """The configured optimizer with its rate, the rate's schedule and the largest gradient norm.

    Args:
        training: the configuration.
        steps_per_epoch: training steps of an epoch. Without it, a rate that decays by epochs is constant.
        updates_per_step: how often a training step applies the optimizer. The rate decays by training steps, however
            many updates each makes.
        relative_rate: by which the configured rate is multiplied, above 0.
    """
    rate = _rate(training, training.learning_rate * relative_rate, steps_per_epoch, updates_per_step)
    clip_norm = training.clip_norm or None
    if training.optimizer == 'sgd':
        return tf.keras.optimizers.SGD(rate, training.beta_1, global_clipnorm=clip_norm)
    kind = {'adam': tf.keras.optimizers.Adam, 'adamax': tf.keras.optimizers.Adamax}[training.optimizer]
    return kind(rate, training.beta_1, training.beta_2, epsilon=_EPSILON, global_clipnorm=clip_norm)


def momentum(learning_rate: float) -> tf.keras.optimizers.SGD:
    """Stochastic gradient descent with a momentum of 0.9.

    Args:
        learning_rate: constant.
    """
    return tf.keras.optimizers.SGD(learning_rate, 0.9)


def scaled(optimizer: Any, precision: str) -> tf.keras.optimizers.Optimizer:
    """An optimizer by object, name or configuration, with loss scaling where `mixed_float16` needs it."""
    optimizer = tf.keras.optimizers.get(optimizer)
    scaling = tf.keras.mixed_precision.LossScaleOptimizer
    if precision == 'mixed_float16' and not isinstance(optimizer, scaling):
        return scaling(optimizer)
    return optimizer


def _rate(
    training: TrainingConfig, rate: float, steps_per_epoch: int | None, updates_per_step: int
) -> float | tf.keras.optimizers.schedules.LearningRateSchedule:
    schedules = tf.keras.optimizers.schedules
    if training.schedule == 'cosine' and steps_per_epoch is not None:
        steps = training.epochs * steps_per_epoch
        # A longer rise would end a short training before it reaches the rate.
        rising = min(training.warmup_steps, steps // 2) * updates_per_step
        falling = steps * updates_per_step - rising
        if rising == 0:
            return schedules.CosineDecay(rate, falling)
        return schedules.CosineDecay(0.0, falling, warmup_target=rate, warmup_steps=rising)
    if training.schedule == 'milestones':
        # Keras' boundary is the last update of the old rate.
        boundaries = [step * updates_per_step - 1 for step in training.milestones]
        factors = itertools.accumulate([training.decay_rate] * len(boundaries), initial=rate, func=operator.mul)
        return schedules.PiecewiseConstantDecay(boundaries, list(factors))
    decay_steps = training.decay_steps or steps_per_epoch
    if training.schedule in ('exponential', 'staircase') and decay_steps is not None:
        return schedules.ExponentialDecay(
            rate, decay_steps * updates_per_step, training.decay_rate, staircase=training.schedule == 'staircase'
        )
    return rate
