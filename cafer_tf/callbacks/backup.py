"""The state of a training on disk, from which it goes on after being killed."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from cafer_tf.files import write_text

_COUNTER = 'train_counter/.ATTRIBUTES/VARIABLE_VALUE'
_CLAIM = 'training.json'


class BackupError(RuntimeError):
    """A backup cannot be read, or is that of another training."""


class Backup(tf.keras.callbacks.BackupAndRestore):
    """Saves the state of a training every so many steps and at the end of each epoch, and goes on from there.

    The state is all that `tf.train.Checkpoint` finds in the model (weights, optimizers, averages), the count of steps,
    and the model's running metrics, so that the logs of an epoch that was interrupted cover all of it. The data set
    must start at `saved_step`, and `model.metrics` be complete when training begins.

    Where `BackupAndRestore` counts the steps of the process, this counts those of the training; and it never saves
    after the last step of an epoch, but at the epoch's end: what is restored has its validation behind it, and so has
    what the callbacks before this one do. A process that is killed while it saves leaves the backup before. Several
    workers need a folder that all of them can read; the first one writes.

    Args:
        directory: where the backups are kept. They stay there when training ends.
        steps: training steps between two backups.
    """

    def __init__(self, directory: str | os.PathLike[str], steps: int) -> None:
        super().__init__(str(directory), save_freq=steps, delete_checkpoint=False)
        self._resumes_within_epoch = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Restores the state, if there is one.

        Raises:
            BackupError: it cannot be read.
        """
        with _readable(self.backup_dir):
            super().on_train_begin(logs)
        self._training_state.read_checkpoint_manager.checkpoint.metrics = list(self.model.metrics)
        self._resumes_within_epoch = int(self.model._train_counter.numpy()) % self.params['steps'] > 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Restores the running metrics, too, which Keras has just reset, where the epoch had begun before."""
        super().on_epoch_begin(epoch, logs)
        if self._resumes_within_epoch:
            self._resumes_within_epoch = False
            path = self._training_state.read_checkpoint_manager.latest_checkpoint
            tf.train.Checkpoint(metrics=list(self.model.metrics)).restore(path).expect_partial()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Does nothing: the batch is noted when it is saved."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Saves every so many steps of the training."""
        done, steps = batch + 1, self.params['steps']
        if done < steps and (self._current_epoch * steps + done) % self.save_freq == 0:
            self._backup(self._current_epoch, batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves."""
        self._backup(epoch, self.params['steps'] - 1)

    def _backup(self, epoch: int, batch: int = 0) -> None:
        self._training_state._ckpt_saved_batch.assign(batch)
        super()._backup(epoch, batch)


def saved_step(directory: str | os.PathLike[str]) -> int:
    """The number of training steps that the backup in a folder has behind it; 0 where there is none.

    Args:
        directory: of `Backup`.

    Raises:
        BackupError: the backup cannot be read.
    """
    state = tf.train.get_checkpoint_state(os.path.join(directory, 'chief'))
    if state is None:
        return 0
    with _readable(directory):
        return int(tf.train.load_variable(state.model_checkpoint_path, _COUNTER))


def claim(directory: str | os.PathLike[str], training: Mapping[str, Any]) -> None:
    """Marks a folder as that of a training, so that no other one goes on from what lies there.

    Args:
        directory: of the state of a training; it is made if need be.
        training: what makes the training this one, in types that JSON keeps.

    Raises:
        BackupError: the folder is another training's.
    """
    path = pathlib.Path(directory) / _CLAIM
    text = json.dumps(training, indent=2, sort_keys=True)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(text, path)
    elif path.read_text(encoding='utf-8') != text:
        raise BackupError(
            f'{directory} holds the state of another training (compare {path}); give this one another folder, or '
            'remove that one'
        )


@contextmanager
def _readable(directory: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except (tf.errors.OpError, IndexError, ValueError) as error:  # TensorFlow raises any of them for a damaged file
        reason = str(error).strip().partition('\n')[0]
        raise BackupError(
            f'the backup in {directory} cannot be read ({reason}); remove the folder to train from the start'
        ) from error
