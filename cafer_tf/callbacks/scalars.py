"""The logs of each epoch, for TensorBoard."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import tensorflow as tf

_SPLITS = ('train', 'validation')


class Scalars(tf.keras.callbacks.Callback):
    """Writes the logs of each epoch as TensorBoard's scalars, under their own names.

    Those of validation have the names of those of training, so that TensorBoard draws the two in one chart. The step is
    the epoch, counted from 1. Nothing is written within an epoch: to ask for values at each step is to wait for them.

    Args:
        directory: where the event files go, in the folders `train` and `validation`.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__()
        self._directory = pathlib.Path(directory)
        self._writers: dict[str, tf.summary.SummaryWriter] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the files."""
        self._writers = {split: tf.summary.create_file_writer(str(self._directory / split)) for split in _SPLITS}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Writes the epoch's logs."""
        for name, value in (logs or {}).items():
            with self._writers['validation' if name.startswith('val_') else 'train'].as_default():
                tf.summary.scalar(name.removeprefix('val_'), value, step=epoch + 1)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the files."""
        for writer in self._writers.values():
            writer.close()
