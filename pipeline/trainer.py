"""The Trainer's module: it hands the library what TFX knows, and exports what the library returns."""

from __future__ import annotations

import hashlib
import json
import os
import shutil

from tensorflow.io import gfile
from tfx.components.trainer.fn_args_utils import FnArgs

import cafer_tf
from cafer_tf import serving, training
from cafer_tf.config import Config


def run_fn(fn_args: FnArgs) -> None:
    """Trains a model and exports it for serving.

    Args:
        fn_args: of the Trainer. `custom_config` holds `config`, a `Config` as a dictionary, and `backup_root`, the
            folder under which an interrupted training keeps its state; `hyperparameters` holds `otsu_threshold`.
    """
    config = Config.from_dict(fn_args.custom_config['config'])
    threshold = float(fn_args.hyperparameters['otsu_threshold'])
    backup = os.path.join(fn_args.custom_config['backup_root'], backup_key(config, threshold, fn_args))
    model = training.train(
        config,
        threshold,
        train_files=fn_args.train_files,
        eval_files=fn_args.eval_files,
        backup_directory=backup,
        log_directory=fn_args.model_run_dir,
    )
    serving.export(model, fn_args.serving_model_dir)
    # Only now, with the model on the disk, is there nothing left to continue.
    shutil.rmtree(backup, ignore_errors=True)


def backup_key(config: Config, threshold: float, fn_args: FnArgs) -> str:
    """A name for the state of this very training, so that no other configuration, data or version restores it.

    The files stand for their content by path, size and time of change: the pipeline writes examples once, so these stay
    the same when an interrupted run is started again.
    """
    files = sorted(path for pattern in (*fn_args.train_files, *fn_args.eval_files) for path in gfile.glob(pattern))
    stamps = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in files]
    identity = [cafer_tf.__version__, fn_args.custom_config.get('code'), config.to_dict(), threshold, stamps]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
