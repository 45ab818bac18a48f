"""Learning rates and speed, in the logs of each epoch."""

from __future__ import annotations

import time
from typing import Any

import tensorflow as tf


class Rates(tf.keras.callbacks.Callback):
    """Adds to the logs of an epoch, for the callbacks after this one: learning rates, and images a second.

    `encoder_learning_rate` and so on are those of the epoch's last step, one for each of `model.optimizers`.
    `images_per_second` is the speed of training alone: without validation, and without the epoch's first step where
    there are more, since that of a process traces the model.

    Args:
        batch_size: examples of one step.
    """

    def __init__(self, batch_size: int) -> None:
        super().__init__()
        self._supports_tf_logs = True  # the hooks of a batch read no logs: Keras need not wait for their values
        self._batch_size = batch_size
        self._steps = 0
        self._began = 0.0
        self._ended: float | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock."""
        self._steps, self._began, self._ended = 0, time.perf_counter(), None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Counts the step."""
        self._steps += 1
        if self._steps == 1 and batch + 1 < self.params['steps']:
            self._steps, self._began = 0, time.perf_counter()

    def on_test_begin(self, logs: Any = None) -> None:
        """Stops the clock."""
        self._ended = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Adds the rates."""
        assert logs is not None
        seconds = (self._ended or time.perf_counter()) - self._began
        logs['images_per_second'] = self._steps * self._batch_size / seconds
        for name, optimizer in self.model.optimizers.items():
            logs[f'{name}_learning_rate'] = float(tf.keras.backend.get_value(optimizer.learning_rate))
