"""One training run, from TFRecords to the model of the best epoch."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Sequence

import tensorflow as tf

from cafer_tf import callbacks, input, networks
from cafer_tf.config import Config
from cafer_tf.model import Cafer
from cafer_tf.strategy import choose_strategy, explain_lost_workers


def train(
    config: Config,
    threshold: float,
    train_files: Sequence[str],
    eval_files: Sequence[str],
    backup_directory: str | os.PathLike[str] | None = None,
    log_directory: str | os.PathLike[str] | None = None,
) -> Cafer:
    """Trains on all devices, or on all workers that `TF_CONFIG` names, and returns the model of the best epoch.

    The best epoch is that with the highest mean CCC over valence and arousal on `eval_files`, people that are not in
    `train_files`. A run that was killed continues from its last backup if it is given the same backup directory, and
    ends with the same weights as one that was not. Of several workers, the first one prints and writes; all of them
    return the model.

    Args:
        config: the configuration.
        threshold: τ, Otsu's threshold of the training split's emotional intensity.
        train_files: TFRecords to learn from; paths or glob patterns.
        eval_files: TFRecords to choose the epoch by.
        backup_directory: where the state is kept, every `training.backup_steps` steps and after each epoch; the caller
            removes it when the model is safe. Several workers need one that all of them can read.
        log_directory: where TensorBoard's scalars go.

    Raises:
        InputError: no examples, or none of one group.
        NonFiniteError: a loss became NaN or infinite.
        BackupError: the backup directory is another training's, or cannot be read.
        WorkerError: another worker is missing or was lost.
        ValueError: several workers without a backup directory.
    """
    tf.keras.utils.set_random_seed(config.training.seed)
    tf.config.experimental.enable_op_determinism()
    strategy = choose_strategy()
    if backup_directory is None and isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        raise ValueError('several workers need a backup directory that all of them can read')
    steps = math.ceil(input.count_examples(train_files) / config.training.batch_size)
    with contextlib.ExitStack() as stack:
        stack.enter_context(explain_lost_workers())
        directory = backup_directory or stack.enter_context(tempfile.TemporaryDirectory())
        if _is_chief(strategy):
            callbacks.claim(directory, {**config.to_dict(), 'threshold': threshold, 'steps_per_epoch': steps})
        done = callbacks.saved_step(backup := os.path.join(directory, 'backup'))
        with strategy.scope():
            model = Cafer(config, threshold)
            if not done:
                _load_pretrained(model)
            model.compile(steps_per_epoch=steps)
        best = callbacks.BestWeights(directory, config.training.patience)
        # A run that had stopped early, and was then killed, does not train on.
        stopped = done % steps == 0 and best.exhausted(done // steps)
        model.fit(
            strategy.distribute_datasets_from_function(
                lambda context: input.training_dataset(train_files, config, threshold, start_step=done, shard=context)
            ),
            steps_per_epoch=steps,
            epochs=done // steps if stopped else config.training.epochs,
            validation_data=input.evaluation_dataset(eval_files, config),
            callbacks=_callbacks(config, best, backup, log_directory, _is_chief(strategy)),
            verbose=0,
        )
    return model


def _is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the only worker, or the first of several: the one that prints and writes."""
    return strategy.extended.should_checkpoint


def _load_pretrained(model: Cafer) -> None:
    network = model.config.network
    if network.encoder_weights:
        networks.load_weights(networks.backbone(model.encoder), network.encoder_weights)
    if network.head_weights:
        networks.load_weights(model.head, network.head_weights, model.encoder)


def _callbacks(
    config: Config,
    best: callbacks.BestWeights,
    backup: str,
    log_directory: str | os.PathLike[str] | None,
    chief: bool,
) -> list[tf.keras.callbacks.Callback]:
    """In the order in which an epoch ends: judged and recorded, it is backed up as done; then it is shown."""
    training = config.training
    averaged = [callbacks.AveragedWeights()] if training.ema else []
    saved = callbacks.Backup(backup, training.backup_steps)
    if not chief:
        return [best, *averaged, saved]
    scalars = [callbacks.Scalars(log_directory)] if log_directory is not None else []
    progress = callbacks.EpochProgress(training.epochs, training.batch_size)
    return [callbacks.Rates(training.batch_size), best, *averaged, *scalars, saved, progress]
