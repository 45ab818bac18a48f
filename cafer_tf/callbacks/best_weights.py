"""The weights of the best epoch, kept across restarts."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from cafer_tf.files import write_json

MONITOR = 'val_ccc'
"""The mean CCC over valence and arousal of the validation people, by which the epoch is chosen."""


class BestWeights(tf.keras.callbacks.Callback):
    """Keeps the weights of the epoch with the highest mean CCC on the validation people, and restores them at the end.

    They lie in files, with their score, so that a run that was killed and started again still knows its best epoch, and
    how long ago that was. Several workers need a folder that all of them can read: the first one writes, all of them
    restore. (The backup that follows at an epoch's end waits for all workers, so no one reads before that.)

    Args:
        directory: where the weights are kept.
        patience: epochs without a better one after which training stops; 0 never stops it.
    """

    def __init__(self, directory: str | os.PathLike[str], patience: int = 0) -> None:
        super().__init__()
        self._weights = pathlib.Path(directory) / 'best_weights.npz'
        self._score = pathlib.Path(directory) / 'best.json'
        self._patience = patience
        self.best: dict[str, Any] = {'epoch': -1, MONITOR: float('-inf')}
        if self._score.exists() and self._weights.exists():
            self.best = json.loads(self._score.read_text(encoding='utf-8'))

    def exhausted(self, epochs: int) -> bool:
        """Whether patience has run out.

        Args:
            epochs: how many were trained so far.
        """
        return 0 < self._patience <= epochs - 1 - self.best['epoch']

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keeps the weights if this epoch is the best so far; stops training where none was for too long."""
        score = float((logs or {})[MONITOR])
        if score > self.best[MONITOR]:  # NaN never is
            self.best = {'epoch': int(epoch), MONITOR: score}  # of NumPy where a backup was restored
            # In every worker: to read the statistics of batch normalisation is to average them over all workers.
            weights = self.model.get_weights()
            if self.model.distribute_strategy.extended.should_checkpoint:
                self._write(weights)
        if self.exhausted(epoch + 1):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Restores the best weights.

        Raises:
            ArithmeticError: no epoch had a finite score.
        """
        if not self._weights.exists():
            raise ArithmeticError(f'{MONITOR} was not finite after any epoch: there are no best weights')
        with np.load(self._weights, allow_pickle=False) as weights:
            self.model.set_weights([weights[name] for name in weights.files])

    def _write(self, weights: list[np.ndarray]) -> None:
        self._weights.parent.mkdir(parents=True, exist_ok=True)
        # A run killed here must not leave half of the weights behind. The name aside is always the same, so that one
        # which is killed again and again does not fill the disk.
        aside = self._weights.with_name('next_weights.npz')
        np.savez(aside, *weights)
        aside.replace(self._weights)
        write_json(self.best, self._score)
