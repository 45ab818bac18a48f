"""What a finished run shows: reference points beside its figures, and a few faces it has never seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cafer_tf import features, input
from cafer_tf.metrics import agreement_scores
from cafer_tf.report.circumplex import FacePoint
from cafer_tf.serving import Predictor


def label_mean_scores(train: Sequence[str], test: Sequence[str]) -> dict[str, dict[str, float]]:
    """The figures of a prediction that is always the mean label of the training split.

    Args:
        train: paths or glob patterns of the TFRecords of the training split.
        test: those of the split to judge it by.
    """
    labels = input.read_labels(test)
    return agreement_scores(labels, np.broadcast_to(input.read_labels(train).mean(axis=0), labels.shape))


def predicted_faces(predictor: Predictor, files: Sequence[str], count: int) -> list[FacePoint]:
    """Predictions beside the truth for a few faces, one a person, whose emotions lie far apart.

    Args:
        predictor: the model.
        files: paths or glob patterns of the TFRecords to choose from; of the images, only the chosen are held.
        count: how many, at most.
    """
    labels, subjects = input.read_labels(files), input.read_texts(files, features.SUBJECT)
    chosen = spread(labels, subjects, count)
    images = input.read_images(files, chosen)
    answers = predictor.predict(images)
    return [
        FacePoint(
            subjects[index], image, (answer.valence, answer.arousal), (float(labels[index, 0]), float(labels[index, 1]))
        )
        for index, image, answer in zip(chosen, images, answers, strict=True)
    ]


def spread(labels: np.ndarray, subjects: Sequence[str], count: int) -> list[int]:
    """Farthest-first in the circumplex, starting with the strongest emotion; never a person twice.

    Args:
        labels: `[n, 2]`.
        subjects: who is shown, for each.
        count: how many to choose, at most.

    Returns:
        Their places, in the order of the choice.
    """
    people = np.array(subjects)
    chosen = [int(np.argmax(np.hypot(*labels.T)))]
    distance = np.full(len(labels), np.inf)
    for _ in range(min(count, len(set(subjects))) - 1):
        distance = np.minimum(distance, np.hypot(*(labels - labels[chosen[-1]]).T))
        distance[people == people[chosen[-1]]] = -1
        chosen.append(int(np.argmax(distance)))
    return chosen
