"""One training of a row, and its judgement on the test split."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from typing import Any

import joblib
import numpy as np
import tensorflow as tf

from cafer_tf import callbacks, features, grouping, input, training
from cafer_tf.comparison_table import affectnet
from cafer_tf.comparison_table.cost import multiply_adds
from cafer_tf.comparison_table.data import Examples
from cafer_tf.config import Config
from cafer_tf.metrics.bootstrap import CONFIDENCE, RESAMPLES, mean_of, replicate
from cafer_tf.metrics.statistic import statistics_by_name
from cafer_tf.model import Cafer

SEED = 0
"""Of the draws of people for intervals."""
ALL_FACES = 'test split'
WITHOUT_NONE = f'test split without expression {affectnet.NONE}'


def train_row(config: Config, examples: Examples, directory: str | os.PathLike[str]) -> dict[str, Any]:
    """Trains on the training split, chooses the epoch on eval and judges it on the test split.

    Args:
        config: of the row, with its seed.
        examples: the data set.
        directory: of the state from which the training goes on if it is stopped; the caller removes it.

    Returns:
        Plain values: `threshold`; `epoch`, from 1, and `validation_ccc` of the best epoch; `parameters` of each network
        that is trained; `multiply_adds` of an image's valence and arousal; `images_per_second` of training, the median
        over the epochs of this process (None where it trained none), `device`, and `seconds` in this process; `judged`,
        one entry a filter of `judge`, and `draws`, of its intervals.

    Raises:
        NonFiniteError, InputError, BackupError, WeightsError, WorkerError: see `cafer_tf.training.train`.
        GroupingError: labels that cannot be parted into strong and weak.
    """
    start = time.monotonic()
    tf.keras.backend.clear_session()
    train, eval_, test = ([examples.files[split]] for split in features.SPLITS)
    threshold = float(grouping.otsu_threshold(grouping.intensity(input.read_labels(train))))
    model = training.train(config, threshold, train, eval_, backup_directory=directory)
    best = callbacks.BestWeights(directory).best
    speeds = model.history.history.get('images_per_second', [])
    return {
        'threshold': threshold,
        'epoch': best['epoch'] + 1,
        'validation_ccc': best[callbacks.MONITOR],
        'parameters': parameters_of(model),
        'multiply_adds': multiply_adds(model),
        'images_per_second': float(statistics.median(speeds)) if speeds else None,
        'device': device_name(),
        'judged': _judged(model, test, examples),
        'draws': {'resamples': RESAMPLES, 'confidence': CONFIDENCE, 'seed': SEED},
        'seconds': round(time.monotonic() - start, 1),
    }


def parameters_of(model: Cafer) -> dict[str, int]:
    """The trainable parameters of each network; critic and projector count where there is one to train.

    Args:
        model: a model.
    """
    networks = {'encoder': model.encoder, 'head': model.head}
    if model.adversarial:
        networks['critic'] = model.critic
    if model.projector is not None:
        networks['projector'] = model.projector
    return {
        name: sum(int(np.prod(weight.shape)) for weight in network.trainable_variables)
        for name, network in networks.items()
    }


def device_name() -> str:
    """What a speed was measured on: the first GPU, or how many processor cores."""
    devices = tf.config.get_visible_devices('GPU')
    if not devices:
        cores = joblib.cpu_count()
        return f'{cores} processor core{"s" if cores > 1 else ""}'
    name = tf.config.experimental.get_device_details(devices[0]).get('device_name', 'GPU')
    return f'{len(devices)} × {name}'


def judge(
    labels: np.ndarray, predictions: np.ndarray, subjects: np.ndarray, filter: str, known: bool = True
) -> dict[str, Any]:
    """RMSE, PCC, CCC and SAGR pooled over some faces, with percentile intervals over people.

    Args:
        labels: `[n, 2]`, valence first.
        predictions: `[n, 2]`.
        subjects: `[n]`, who is shown.
        filter: which faces these are, in words.
        known: whether `subjects` are people; otherwise each image has a name of its own.

    Returns:
        `filter`, `examples`, `subjects` (how many people, None where that is unknown) and `pooled`: of `valence` and
        `arousal` each figure, and of `mean` the CCC, as `value`, `low` and `high`.
    """
    figures = {
        output: replicate(statistics_by_name(labels[:, place], predictions[:, place], subjects), RESAMPLES, SEED)
        for place, output in enumerate(features.OUTPUTS)
    }
    mean = mean_of([named['ccc'] for named in figures.values()])
    every = {**figures, 'mean': {'ccc': mean}}
    return {
        'filter': filter,
        'examples': len(labels),
        'subjects': len(np.unique(subjects)) if known else None,
        'pooled': {
            output: {name: figure.interval(CONFIDENCE).to_dict() for name, figure in named.items()}
            for output, named in every.items()
        },
    }


def _judged(model: Cafer, files: Sequence[str], examples: Examples) -> list[dict[str, Any]]:
    """The judgement over the test split, and over the part that other figures on AffectNet are of."""
    predictions = model.predict(input.evaluation_dataset(files, model.config), verbose=0)
    labels, subjects = input.read_labels(files), np.array(input.read_texts(files, features.SUBJECT))
    known = examples.subjects_known
    judged = [judge(labels, predictions, subjects, ALL_FACES, known)]
    if examples.identity['dataset'] in affectnet.LAYOUTS:
        shown = affectnet.has_expression(files)
        if shown.any() and not shown.all():
            judged.append(judge(labels[shown], predictions[shown], subjects[shown], WITHOUT_NONE, known))
    return judged
