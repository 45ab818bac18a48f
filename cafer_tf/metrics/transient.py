"""Metrics whose state stays out of saved models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


class RunningMeans:
    """Running means by name, which a model reports without owning: they are none of its weights.

    Args:
        names: of the means.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._means = {name: RunningMean(name) for name in names}

    @property
    def metrics(self) -> list[RunningMean]:
        """One metric a name, in their order."""
        return list(self._means.values())

    def update(self, values: Mapping[str, tf.Tensor]) -> None:
        """Adds a step; means of names that are not given stay as they are."""
        for name, value in values.items():
            self._means[name].update_state(value)
