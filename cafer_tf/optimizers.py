"""Optimizers as the configuration describes them: Adam with schedule and clipping, and loss scaling."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.config import TrainingConfig


def adam(training: TrainingConfig, steps_per_epoch: int | None, updates_per_step: int = 1) -> tf.keras.optimizers.Adam:
    """Adam with the configured rate, its schedule and the largest gradient norm.

    Args:
        training: the configuration.
        steps_per_epoch: training steps of an epoch. Without it, a rate that decays by epochs is constant.
        updates_per_step: how often a training step applies the optimizer. The rate decays by training steps, however
            many updates each makes.
    """
    return tf.keras.optimizers.Adam(
        _rate(training, steps_per_epoch, updates_per_step),
        training.beta_1,
        training.beta_2,
        epsilon=1e-8,
        global_clipnorm=training.clip_norm or None,
    )


def scaled(optimizer: Any, precision: str) -> tf.keras.optimizers.Optimizer:
    """An optimizer by object, name or configuration, with loss scaling where `mixed_float16` needs it."""
    optimizer = tf.keras.optimizers.get(optimizer)
    scaling = tf.keras.mixed_precision.LossScaleOptimizer
    if precision == 'mixed_float16' and not isinstance(optimizer, scaling):
        return scaling(optimizer)
    return optimizer


def _rate(
    training: TrainingConfig, steps_per_epoch: int | None, updates_per_step: int
) -> float | tf.keras.optimizers.schedules.LearningRateSchedule:
    if training.schedule == 'cosine' and steps_per_epoch is not None:
        updates = training.epochs * steps_per_epoch * updates_per_step
        return tf.keras.optimizers.schedules.CosineDecay(training.learning_rate, updates)
    decay_steps = training.decay_steps or steps_per_epoch
    if training.schedule in ('exponential', 'staircase') and decay_steps is not None:
        return tf.keras.optimizers.schedules.ExponentialDecay(
            training.learning_rate,
            decay_steps * updates_per_step,
            training.decay_rate,
            staircase=training.schedule == 'staircase',
        )
    return training.learning_rate
