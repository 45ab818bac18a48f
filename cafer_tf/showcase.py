"""What a finished run shows: reference points beside its figures, and a few faces it has never seen."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from cafer_tf import datasets, features
from cafer_tf.datasets import FaceRecord
from cafer_tf.metrics import agreement_scores
from cafer_tf.report.circumplex import FacePoint
from cafer_tf.serving import Predictor


class Face(NamedTuple):
    """A labelled face and its image, JPEG or PNG bytes."""

    record: FaceRecord
    image: bytes


def usable_faces(root: str | os.PathLike[str], records: Iterable[FaceRecord]) -> list[Face]:
    """The faces whose images can be used; a run has listed the others in its quarantine.

    Args:
        root: of the data set.
        records: of faces.
    """
    faces = []
    for record in records:
        with contextlib.suppress(datasets.UnusableImage):
            image = datasets.load_image(pathlib.Path(root) / record.path)
            datasets.check_image(image)
            faces.append(Face(record, image))
    return faces


def label_mean_scores(train: Sequence[FaceRecord], faces: Sequence[Face]) -> dict[str, dict[str, float]]:
    """The figures of a prediction that is always the mean label of the training split.

    Args:
        train: the records of the training split.
        faces: to judge it by.
    """
    labels = _labels([face.record for face in faces])
    return agreement_scores(labels, np.broadcast_to(_labels(train).mean(axis=0), labels.shape))


def model_scores(predictor: Predictor, faces: Sequence[Face]) -> dict[str, dict[str, float]]:
    """The figures of a model.

    Args:
        predictor: the model.
        faces: to judge it by.
    """
    predictions = [(answer.valence, answer.arousal) for answer in predictor.predict([face.image for face in faces])]
    return agreement_scores(_labels([face.record for face in faces]), np.array(predictions))


def predicted_faces(predictor: Predictor, faces: Sequence[Face], count: int) -> list[FacePoint]:
    """Predictions beside the truth for a few faces, one a person, whose emotions lie far apart.

    Args:
        predictor: the model.
        faces: to choose from.
        count: how many, at most.
    """
    chosen = [faces[index] for index in _spread([face.record for face in faces], count)]
    answers = predictor.predict([face.image for face in chosen])
    return [
        FacePoint(
            face.record.subject_id,
            face.image,
            (answer.valence, answer.arousal),
            (face.record.valence, face.record.arousal),
        )
        for face, answer in zip(chosen, answers, strict=True)
    ]


def _spread(records: Sequence[FaceRecord], count: int) -> list[int]:
    """Farthest-first in the circumplex, starting with the strongest emotion; never a person twice."""
    labels = _labels(records)
    subjects = np.array([record.subject_id for record in records])
    chosen = [int(np.argmax(np.hypot(*labels.T)))]
    distance = np.full(len(records), np.inf)
    for _ in range(min(count, len(set(subjects))) - 1):
        distance = np.minimum(distance, np.hypot(*(labels - labels[chosen[-1]]).T))
        distance[subjects == subjects[chosen[-1]]] = -1
        chosen.append(int(np.argmax(distance)))
    return chosen


def _labels(records: Sequence[FaceRecord]) -> np.ndarray:
    return np.array([[getattr(record, output) for output in features.OUTPUTS] for record in records])
