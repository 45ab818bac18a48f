"""Metrics whose state stays out of saved models."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class Transient:
    """A mixin for metrics: a running total is no part of a model, and Keras cannot restore one under a strategy."""

    def save_own_variables(self, store: Any) -> None:
        """Saves nothing."""

    def load_own_variables(self, store: Any) -> None:
        """Restores nothing."""


class RunningMean(Transient, tf.keras.metrics.Mean):
    """The mean of a scalar over the steps of an epoch."""
