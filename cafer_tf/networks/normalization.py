"""Batch normalisation whose statistics are those of the whole batch, however many replicas share it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

_THREAD = threading.local()
"""Of each replica, which a strategy runs in a thread of its own and suspends in the middle of a layer."""


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class BatchNormalization(tf.keras.layers.BatchNormalization):
    """Batch normalisation over the last axis: `gamma (x - μ) / sqrt(σ² + epsilon) + beta`.

    In training, μ and σ² are the moments (ddof 0) of the batch of all replicas together, and the moving statistics
    become `momentum · old + (1 - momentum) · new`; otherwise the moving statistics take their place. One replica uses
    the fused kernel. Several, where the active `tf.distribute` strategy has them when the layer is made, sum over the
    replicas instead, to the same outputs and moving statistics.

    Both ways depart from Keras: its fused kernel keeps the unbiased variance as the moving one, and its sum over
    replicas takes `E x² - μ²` as σ², which cancels where μ is large.

    Args:
        momentum: of the moving statistics, in [0, 1).
        epsilon: added to the variance.
        **kwargs: as for `keras.layers.Layer`.

    Reference: S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift", ICML 2015.
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-3, **kwargs: Any) -> None:
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        super().__init__(momentum=momentum, epsilon=epsilon, synchronized=replicas > 1, **kwargs)
        # Keras' switch, for its own tests, that takes Bessel's correction out of the fused kernel's variance.
        self._bessels_correction_test_only = False

    def build(self, input_shape: Any) -> None:
        """Makes the variables."""
        if list(input_shape[1:-1]) == [1, 1]:
            # A batch of one would have one value a channel, of which the fused kernel's switch makes a variance of NaN.
            self.fused = False
        super().build(input_shape)

    def _assign_moving_average(self, variable: tf.Variable, *values: Any) -> Any:
        """A step of a moving statistic, unless `statistics_kept` is on."""
        return None if getattr(_THREAD, 'keeps', False) else super()._assign_moving_average(variable, *values)

    def _assign_new_value(self, variable: tf.Variable, value: tf.Tensor) -> Any:
        """The same, where the fused kernel has made the step."""
        return None if getattr(_THREAD, 'keeps', False) else super()._assign_new_value(variable, value)

    def _sync_calculate_mean_and_var(
        self, x: tf.Tensor, reduction_axes: Sequence[int], keep_dims: bool, mask: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Moments over the batch of all replicas, the variance about the common mean."""
        context = tf.distribute.get_replica_context()
        if context is None:
            return self._no_sync_calculate_mean_and_var(x, reduction_axes, keep_dims, mask=mask)

        def total(values: tf.Tensor) -> tf.Tensor:
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.reduce_sum(values, reduction_axes, keepdims=True))

        count = total(tf.ones_like(x))
        mean = total(x) / count
        variance = total(tf.math.squared_difference(x, mean)) / count
        if keep_dims:
            return mean, variance
        return tf.squeeze(mean, reduction_axes), tf.squeeze(variance, reduction_axes)


@contextlib.contextmanager
def statistics_kept() -> Iterator[None]:
    """Inside, layers of this module that are called in training mode leave their moving statistics as they are."""
    _THREAD.keeps = True
    try:
        yield
    finally:
        _THREAD.keeps = False
