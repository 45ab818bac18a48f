"""One training run, from TFRecords to the model of the best epoch."""

from __future__ import annotations

import contextlib
import math
import os
import pathlib
import tempfile
from collections.abc import Sequence

import tensorflow as tf

from cafer_tf import callbacks, input
from cafer_tf.config import Config
from cafer_tf.model import Cafer


def train(
    config: Config,
    threshold: float,
    train_files: Sequence[str],
    eval_files: Sequence[str],
    backup_directory: str | os.PathLike[str] | None = None,
    log_directory: str | os.PathLike[str] | None = None,
) -> Cafer:
    """Trains under a MirroredStrategy over all devices and returns the model of the best epoch.

    The best epoch is that with the highest mean CCC over valence and arousal on `eval_files`, people that are not in
    `train_files`. A run that was killed continues from its last whole epoch if it is given the same backup directory.

    Args:
        config: the configuration.
        threshold: τ, Otsu's threshold of the training split's emotional intensity.
        train_files: TFRecords to learn from; paths or glob patterns.
        eval_files: TFRecords to choose the epoch by.
        backup_directory: where the state after each epoch is kept; the caller removes it when the model is safe.
        log_directory: where TensorBoard's scalars go.

    Raises:
        InputError: no examples, or none of one group.
        NonFiniteError: a loss became NaN or infinite.
    """
    tf.keras.utils.set_random_seed(config.training.seed)
    tf.config.experimental.enable_op_determinism()
    strategy = tf.distribute.MirroredStrategy()
    steps = math.ceil(input.count_examples(train_files) / config.training.batch_size)
    with strategy.scope():
        model = Cafer(config, threshold)
        model.compile(steps_per_epoch=steps)
    with contextlib.ExitStack() as stack:
        directory = backup_directory or stack.enter_context(tempfile.TemporaryDirectory())
        model.fit(
            input.training_dataset(train_files, config, threshold),
            steps_per_epoch=steps,
            epochs=config.training.epochs,
            validation_data=input.evaluation_dataset(eval_files, config),
            callbacks=_callbacks(config, pathlib.Path(directory), log_directory),
            verbose=0,
        )
    return model


def _callbacks(
    config: Config, directory: pathlib.Path, log_directory: str | os.PathLike[str] | None
) -> list[tf.keras.callbacks.Callback]:
    chosen = [
        # Before the backup: an epoch that is backed up as done has its weights compared already.
        callbacks.BestWeights(directory),
        # Kept after the last epoch: a run that is killed while it exports shall not train again.
        tf.keras.callbacks.BackupAndRestore(str(directory / 'backup'), delete_checkpoint=False),
        callbacks.EpochProgress(config.training.epochs, config.training.batch_size),
    ]
    if log_directory is not None:
        chosen.append(tf.keras.callbacks.TensorBoard(str(log_directory), write_graph=False))
    return chosen
