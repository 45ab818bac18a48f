"""The Trainer's module: it hands the library what TFX knows, and exports what the library returns."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import uuid

from tensorflow.io import gfile
from tfx.components.trainer.fn_args_utils import FnArgs

import cafer_tf
from cafer_tf import serving, training
from cafer_tf.config import Config

_DONE = 'done-'
"""How the name of a backup starts that is being removed; no key starts so, for those are hexadecimal."""


def run_fn(fn_args: FnArgs) -> None:
    """Trains a model and exports it for serving.

    Args:
        fn_args: of the Trainer. `custom_config` holds `config`, a `Config` as a dictionary, and `backup_root`, the
            folder under which an interrupted training keeps its state; `hyperparameters` holds `otsu_threshold`.
    """
    config = Config.from_dict(fn_args.custom_config['config'])
    threshold = float(fn_args.hyperparameters['otsu_threshold'])
    backup = pathlib.Path(fn_args.custom_config['backup_root']) / backup_key(config, threshold, fn_args)
    remove_leftovers(backup.parent)
    model = training.train(
        config,
        threshold,
        train_files=fn_args.train_files,
        eval_files=fn_args.eval_files,
        backup_directory=str(backup),
        log_directory=fn_args.model_run_dir,
    )
    serving.export(model, fn_args.serving_model_dir)
    # The model is on the disk. Should the run die before TFX has taken note of it, the same training starts afresh.
    remove_backup(backup)


def remove_backup(backup: pathlib.Path) -> None:
    """Removes the state of a training, so that another one finds all of it or nothing, never a part.

    Args:
        backup: its folder, if there is one.
    """
    aside = backup.with_name(f'{_DONE}{uuid.uuid4().hex}')
    with contextlib.suppress(FileNotFoundError):
        backup.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def remove_leftovers(root: pathlib.Path) -> None:
    """Removes what a run that died while it removed a backup has left.

    Args:
        root: the folder of the backups; no other run is using it.
    """
    for leftover in root.glob(f'{_DONE}*'):
        shutil.rmtree(leftover, ignore_errors=True)


def backup_key(config: Config, threshold: float, fn_args: FnArgs) -> str:
    """A name for the state of this very training, so that no other configuration, data or version restores it.

    The files (examples, and pretrained weights) stand for their content by path, size and time of change: the pipeline
    writes examples once, so these stay the same when an interrupted run is started again.
    """
    files = sorted(path for pattern in (*fn_args.train_files, *fn_args.eval_files) for path in gfile.glob(pattern))
    weights = [path for path in (config.network.encoder_weights, config.network.head_weights) if path]
    stamps = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in (*files, *weights)]
    identity = [cafer_tf.__version__, fn_args.custom_config.get('code'), config.to_dict(), threshold, stamps]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
