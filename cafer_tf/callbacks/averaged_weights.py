"""The average of the weights in their place while a model is judged."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class AveragedWeights(tf.keras.callbacks.Callback):
    """Puts the model's `average` (a `WeightAverage`) in the place of its weights from validation to the epoch's end.

    Callbacks that stand before this one see the averaged weights at the end of an epoch, as validation does; those that
    stand after it see the weights that training goes on with.
    """

    def __init__(self) -> None:
        super().__init__()
        self._swapped = False

    def on_test_begin(self, logs: Any = None) -> None:
        """Takes the averages."""
        self.model.average.swap()
        self._swapped = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Gives the weights back."""
        if self._swapped:
            self.model.average.swap()
            self._swapped = False
