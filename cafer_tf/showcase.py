"""What a finished run shows: reference points beside its figures, and a few faces it has never seen."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from cafer_tf import datasets, features
from cafer_tf.datasets import FaceRecord
from cafer_tf.metrics import agreement_scores
from cafer_tf.report.circumplex import FacePoint
from cafer_tf.serving import Predictor


def label_mean_scores(records: Sequence[FaceRecord]) -> dict[str, dict[str, float]]:
    """The figures on the test split of a prediction that is always the mean label of the training split.

    Args:
        records: of the whole data set.
    """
    test = _labels(_of_split(records, 'test'))
    mean = _labels(_of_split(records, 'train')).mean(axis=0)
    return agreement_scores(test, np.broadcast_to(mean, test.shape))


def model_scores(
    predictor: Predictor, root: str | os.PathLike[str], records: Sequence[FaceRecord]
) -> dict[str, dict[str, float]]:
    """The figures of a model on the images of a data set.

    Args:
        predictor: the model.
        root: of the data set.
        records: the faces to judge it by.
    """
    images = [datasets.load_image(pathlib.Path(root) / record.path) for record in records]
    predictions = [(answer.valence, answer.arousal) for answer in predictor.predict(images)]
    return agreement_scores(_labels(records), np.array(predictions))


def held_out_faces(
    predictor: Predictor, root: str | os.PathLike[str], records: Sequence[FaceRecord], count: int
) -> list[FacePoint]:
    """Predictions beside the truth for faces of the test split, one a person, whose emotions lie far apart.

    Args:
        predictor: the model.
        root: of the data set.
        records: of the whole data set.
        count: how many faces, at most.
    """
    chosen = _spread(_of_split(records, 'test'), count)
    images = [datasets.load_image(pathlib.Path(root) / record.path) for record in chosen]
    return [
        FacePoint(record.subject_id, image, (answer.valence, answer.arousal), (record.valence, record.arousal))
        for record, image, answer in zip(chosen, images, predictor.predict(images), strict=True)
    ]


def _spread(records: Sequence[FaceRecord], count: int) -> list[FaceRecord]:
    """Farthest-first in the circumplex, starting with the strongest emotion; never a person twice."""
    labels = _labels(records)
    subjects = np.array([record.subject_id for record in records])
    chosen = [int(np.argmax(np.hypot(*labels.T)))]
    distance = np.full(len(records), np.inf)
    for _ in range(min(count, len(set(subjects))) - 1):
        distance = np.minimum(distance, np.hypot(*(labels - labels[chosen[-1]]).T))
        distance[subjects == subjects[chosen[-1]]] = -1
        chosen.append(int(np.argmax(distance)))
    return [records[index] for index in chosen]


def _of_split(records: Sequence[FaceRecord], split: str) -> list[FaceRecord]:
    return [record for record in records if record.split == split]


def _labels(records: Sequence[FaceRecord]) -> np.ndarray:
    return np.array([[getattr(record, output) for output in features.OUTPUTS] for record in records])
