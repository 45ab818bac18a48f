"""An exponential moving average of weights."""

from __future__ import annotations

import math
from collections.abc import Iterable

import tensorflow as tf


class WeightAverage(tf.train.Checkpoint):
    """An exponential moving average of variables, without bias towards their initial values.

    After `t` updates with momentum `m`, the average of a variable is

    `((1 - m) / (1 - m^t)) · Σ_k m^(t - k) · variable_k`, `k = 1 … t`:

    the recursion `average ← m · average + (1 - m) · variable` from zero, divided by the sum of its weights, as in Adam.
    The first update thus copies the variables. The statistics of batch normalisation are averages already and no part
    of it.

    As an attribute of a Keras model it is saved in the model's checkpoints, so that an interrupted training continues
    with it, but it adds nothing to the model's weights or to `.keras` files: a `tf.train.Checkpoint` is tracked by
    TensorFlow and is neither a layer nor a `tf.Module`.

    Args:
        variables: what to average. Create the average in the scope of the strategy that they live in.
        momentum: `m`, in (0, 1).
    """

    def __init__(self, variables: Iterable[tf.Variable], momentum: float) -> None:
        super().__init__()
        self._momentum = momentum
        self._variables = list(variables)
        self.averages = [tf.Variable(variable, trainable=False) for variable in self._variables]
        self.updates = tf.Variable(0, trainable=False, dtype=tf.int64)

    def update(self) -> None:
        """Takes in the variables as they are, in a replica's context, too: all replicas hold the same values.

        No value is exchanged between replicas, as the variables have no aggregation: each assigns its own copy.
        """
        self.updates.assign_add(1)
        sum_of_weights = -tf.math.expm1(tf.cast(self.updates, tf.float32) * math.log(self._momentum))
        share = tf.minimum((1 - self._momentum) / sum_of_weights, 1)
        for average, variable in zip(self.averages, self._variables, strict=True):
            average.assign_add(tf.cast(share, average.dtype) * (variable - average))

    def swap(self) -> None:
        """Exchanges averages and variables; a second call undoes it. Called outside of replicas."""
        for average, variable in zip(self.averages, self._variables, strict=True):
            value = tf.identity(variable)
            variable.assign(average)
            average.assign(value)
