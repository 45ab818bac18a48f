"""Keras callbacks: the best weights, kept across restarts, and a progress line that shows CCC."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import time
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm

MONITOR = 'val_ccc'
"""The mean CCC over valence and arousal of the validation people, by which the epoch is chosen."""


class BestWeights(tf.keras.callbacks.Callback):
    """Keeps the weights of the epoch with the highest mean CCC on the validation people, and restores them at the end.

    They lie in files, with their score, so that a run that was killed and started again still knows its best epoch.

    Args:
        directory: where the weights are kept.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__()
        self._weights = pathlib.Path(directory) / 'best_weights.npz'
        self._score = pathlib.Path(directory) / 'best.json'
        self.best: dict[str, Any] = {'epoch': -1, MONITOR: float('-inf')}

    def on_train_begin(self, logs: Any = None) -> None:
        """Reads the score of an earlier run, where there is one."""
        if self._score.exists() and self._weights.exists():
            self.best = json.loads(self._score.read_text(encoding='utf-8'))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keeps the weights if this epoch is the best so far."""
        score = float((logs or {})[MONITOR])
        if not score > self.best[MONITOR]:  # so that NaN is never the best
            return
        self.best = {'epoch': epoch, MONITOR: score}
        self._weights.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: a run killed here must not leave half of the weights behind.
        aside = self._weights.with_name('next_weights.npz')
        np.savez(aside, *self.model.get_weights())
        aside.replace(self._weights)
        aside = self._score.with_suffix('.next')
        aside.write_text(json.dumps(self.best), encoding='utf-8')
        aside.replace(self._score)

    def on_train_end(self, logs: Any = None) -> None:
        """Restores the best weights.

        Raises:
            ArithmeticError: no epoch had a finite score.
        """
        if not self._weights.exists():
            raise ArithmeticError(f'{MONITOR} was not finite after any epoch: there are no best weights')
        with np.load(self._weights, allow_pickle=False) as weights:
            self.model.set_weights([weights[name] for name in weights.files])


class EpochProgress(tf.keras.callbacks.Callback):
    """A bar over the steps on a terminal, and a line an epoch everywhere: loss, CCC on the validation people, speed.

    Args:
        epochs: of the whole run.
        batch_size: examples of one step.
    """

    def __init__(self, epochs: int, batch_size: int) -> None:
        super().__init__()
        self._epochs = epochs
        self._batch_size = batch_size
        self._bar: tqdm.tqdm | None = None
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the epoch's bar."""
        self._started = time.perf_counter()
        self._bar = tqdm.tqdm(
            total=self.params['steps'],
            desc=f'epoch {epoch + 1}/{self._epochs}',
            unit='step',
            leave=False,
            disable=not sys.stderr.isatty(),
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Moves the bar."""
        if self._bar is not None and not self._bar.disable:
            self._bar.set_postfix(loss=f'{(logs or {})["loss"]:.3f}', ccc=f'{(logs or {})["ccc"]:.3f}', refresh=False)
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Prints the epoch's line."""
        values = logs or {}
        if self._bar is not None:
            self._bar.close()
        seconds = time.perf_counter() - self._started
        print(
            f'  epoch {epoch + 1:>3}/{self._epochs}  loss {values["loss"]:.3f}  CCC {values["ccc"]:.3f}  '
            f'validation CCC {values[MONITOR]:.3f} (valence {values["val_valence_ccc"]:.3f}, '
            f'arousal {values["val_arousal_ccc"]:.3f})  '
            f'{self.params["steps"] * self._batch_size / seconds:.0f} images/s',
            flush=True,
        )
