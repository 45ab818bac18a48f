"""Progress as it is shown: a bar over the steps, a line an epoch."""

from __future__ import annotations

import sys
from typing import Any

import tensorflow as tf
import tqdm

from cafer_tf.callbacks.best_weights import MONITOR


class EpochProgress(tf.keras.callbacks.Callback):
    """A bar over the epoch's images on a terminal, and a line an epoch everywhere: loss, CCC, CCC of validation, speed.

    The line needs `images_per_second` in the logs, which `Rates` adds.

    Args:
        epochs: of the whole run.
        batch_size: examples of one step.
    """

    def __init__(self, epochs: int, batch_size: int) -> None:
        super().__init__()
        self._supports_tf_logs = True  # the bar waits for a step's values only when it is drawn
        self._epochs = epochs
        self._batch_size = batch_size
        self._epoch = 0
        self._bar: tqdm.tqdm | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Starts the epoch's bar, in the middle where the epoch goes on there."""
        if self._bar is None:
            self._bar = tqdm.tqdm(
                desc=f'epoch {self._epoch + 1}/{self._epochs}',
                initial=batch,
                total=self.params['steps'],
                unit=' images',
                unit_scale=self._batch_size,
                leave=False,
                disable=not sys.stderr.isatty(),
            )

    def on_train_batch_end(self, batch: int, logs: dict[str, tf.Tensor] | None = None) -> None:
        """Moves the bar."""
        if self._bar is not None and self._bar.update() and logs is not None:
            self._bar.set_postfix({'loss': f'{float(logs["loss"]):.3f}', 'CCC': f'{float(logs["ccc"]):.3f}'})

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Prints the epoch's line."""
        values = logs or {}
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        print(
            f'  epoch {epoch + 1:>3}/{self._epochs}  loss {values["loss"]:.3f}  CCC {values["ccc"]:.3f}  '
            f'validation CCC {values[MONITOR]:.3f} (valence {values["val_valence_ccc"]:.3f}, '
            f'arousal {values["val_arousal_ccc"]:.3f})  '
            f'{values["images_per_second"]:.0f} images/s',
            flush=True,
        )
        if self.model.stop_training:
            print('  stopped: the validation CCC has not improved for too long', flush=True)
