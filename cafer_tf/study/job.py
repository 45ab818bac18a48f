"""One training of the study, and what it is judged by."""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from cafer_tf import features, grouping, input, training
from cafer_tf.config import Config
from cafer_tf.metrics.identity import identity_probe
from cafer_tf.metrics.statistic import AgreementStatistic
from cafer_tf.model import Cafer
from cafer_tf.study.population import Fold, Population, fold_of
from cafer_tf.study.variants import config_of

UNSEEN, SEEN = 'unseen', 'seen'
_DECIMALS = 6
"""Of what is kept: of sums over some twenty images or more, they change no figure that is shown."""


@dataclasses.dataclass(frozen=True)
class Job:
    """What is trained and tested.

    Attributes:
        variant: a name of `variants.DESCRIPTIONS`.
        idiosyncrasy: how differently people express an emotion, in [0, 1].
        fold: of the people.
        seed: of the training.
        changes: of the configuration, by path.
        population: of people.
    """

    variant: str
    idiosyncrasy: float
    fold: int
    seed: int
    population: Population
    changes: tuple[tuple[str, Any], ...] = ()

    def config(self) -> Config:
        """The configuration that is trained."""
        return config_of(self.variant, self.seed, dict(self.changes))

    def key(self) -> dict[str, Any]:
        """What tells this job from others, and all that its result depends on, as JSON keeps it."""
        return {
            'variant': self.variant,
            'idiosyncrasy': self.idiosyncrasy,
            'fold': self.fold,
            'seed': self.seed,
            'population': dataclasses.asdict(self.population),
            'config': self.config().to_dict(),
        }


def run(job: Job, directory: pathlib.Path) -> dict[str, Any]:
    """Trains on the people of a fold and judges the model of the best epoch.

    Args:
        job: what to train.
        directory: of the population's faces at the job's idiosyncrasy.

    Returns:
        `job`, its key; `validation`, the mean CCC of every epoch on the people that the epoch is chosen by; for the
        people never seen and for new images of those seen, the statistic of each person's valence and arousal; the
        identity probe on people never seen; and seconds.

    Raises:
        NonFiniteError: training broke down.
    """
    start = time.monotonic()
    config, fold = job.config(), fold_of(job.population, directory, job.fold)
    tf.keras.backend.clear_session()
    threshold = float(grouping.otsu_threshold(grouping.intensity(input.read_labels(fold.train))))
    model = training.train(config, threshold, fold.train, fold.eval)
    return {
        'job': job.key(),
        'validation': [round(float(value), 4) for value in model.history.history['val_ccc']],
        **_judged(model, config, fold, job.seed),
        'seconds': round(time.monotonic() - start, 1),
    }


def _judged(model: Cafer, config: Config, fold: Fold, seed: int) -> dict[str, Any]:
    unseen, embeddings = _judge(model, config, fold.test)
    seen, _ = _judge(model, config, fold.seen)
    subjects = np.repeat(list(embeddings), [len(rows) for rows in embeddings.values()])
    probe = identity_probe(np.concatenate(list(embeddings.values())), subjects, seed=seed)
    assert probe is not None  # every fold tests several people, with enough images each
    return {
        UNSEEN: unseen,
        SEEN: seen,
        'probe': {
            'accuracy': probe['accuracy']['value'],
            'chance': probe['chance'],
            'verification_rate': probe['verification']['verification_rate'],
        },
    }


def _judge(
    model: Cafer, config: Config, files: Sequence[str]
) -> tuple[dict[str, dict[str, list[float]]], dict[str, np.ndarray]]:
    """The statistics of each person's outputs, and their embeddings; every file is one person's."""
    rows = [_outputs(model, images) for images, _ in input.evaluation_dataset(files, config)]
    embeddings, predictions = (np.concatenate(column) for column in zip(*rows, strict=True))
    labels, files = input.read_labels(files), sorted(files)  # the order of both data sets
    subjects = [pathlib.Path(path).stem for path in files]
    ends = np.cumsum([input.count_examples([path]) for path in files])[:-1]
    statistics = {
        subject: {
            output: [round(value, _DECIMALS) for value in dataclasses.astuple(_statistic(truth, found, place))]
            for place, output in enumerate(features.OUTPUTS)
        }
        for subject, truth, found in zip(subjects, np.split(labels, ends), np.split(predictions, ends), strict=True)
    }
    return statistics, dict(zip(subjects, np.split(embeddings, ends), strict=True))


def _statistic(labels: np.ndarray, predictions: np.ndarray, place: int) -> AgreementStatistic:
    return AgreementStatistic.of(labels[:, place], predictions[:, place])


def _outputs(model: Cafer, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    embedding = model.encoder(images, training=False)
    predictions = model.head(embedding, training=False)
    return embedding, tf.clip_by_value(predictions, features.LABEL_MIN, features.LABEL_MAX)
