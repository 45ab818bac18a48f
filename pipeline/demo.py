"""A run with all that a person wants to see at its end: reference points, held-out faces, a picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from cafer_tf import features, synthesis
from cafer_tf.metrics.statistic import FIGURES
from cafer_tf.report.circumplex import plot_circumplex
from cafer_tf.report.tables import Scores, score_table
from cafer_tf.serving import Predictor
from cafer_tf.showcase import label_mean_scores, predicted_faces
from pipeline import console, evaluation, local_runner, report, results
from pipeline.configs import Settings
from pipeline.errors import EXPECTED, RunError
from pipeline.seen import SEEN_PEOPLE

_SEEN_IMAGES_PER_PERSON = 12
_LISTED, _DRAWN = 3, 8


def run(settings: Settings) -> None:
    """Runs the pipeline and shows what the pushed model does.

    Args:
        settings: of the run.

    Raises:
        RunError and the other expected errors of `pipeline.errors`.
    """
    result = local_runner.run(settings)
    if result is None:
        return
    try:
        if settings.root is None:
            render_seen_people(settings)
        written = report.keep_current(settings.out, result.model.name)
        shown = show(result, settings, written.figures['seen'])
    except EXPECTED:
        raise
    except (OSError, ValueError) as error:
        reason = ' '.join(str(error).split())
        raise RunError(
            f'the model is served from {result.model}, but what it does cannot be shown: {reason}'
        ) from error
    console.say(f'{shown}\nreport: {written.report}\nmodel: {result.model}')


def show(result: results.Result, settings: Settings, seen: Mapping[str, Any] | None) -> str:
    """Judges the pushed model beside reference points, and draws held-out faces to `predictions.png`.

    Args:
        result: of the run.
        settings: of the run.
        seen: what the report found for new images of people of the training split, an upper bound; None without.

    Returns:
        What to print.
    """
    predictor = Predictor(result.model)
    train, unseen = [result.examples['train']], [result.examples[evaluation.SPLIT]]
    judged_on = 'test split' if result.metrics['subjects'] is None else 'people never seen'
    rows: dict[str, Scores] = {judged_on: {output: result.metrics[output] for output in features.OUTPUTS}}
    if seen is not None:
        rows['new images of people seen in training'] = {
            output: {name: seen['pooled'][output][name]['value'] for name in FIGURES} for output in features.OUTPUTS
        }
    rows['always the mean label'] = label_mean_scores(train, unseen)
    faces = predicted_faces(predictor, unseen, _DRAWN)
    picture = plot_circumplex(faces, settings.out / 'predictions.png')
    lines = ['', score_table(rows), '', 'held-out faces:    predicted            true']
    for face in faces[:_LISTED]:
        truth = face.truth or (float('nan'), float('nan'))
        lines.append(
            f'    {face.name:<14} valence {face.predicted[0]:+.2f}  {truth[0]:+.2f}    '
            f'arousal {face.predicted[1]:+.2f}  {truth[1]:+.2f}'
        )
    lines.append(f'picture: {picture}')
    return '\n'.join(lines)


def render_seen_people(settings: Settings) -> None:
    """Renders images of the people of the training split that are not trained on, which the report judges.

    Args:
        settings: of the run.

    Raises:
        FileExistsError: the folder holds something else.
    """
    face_set = settings.face_set
    synthesis.write_face_set(
        settings.out / SEEN_PEOPLE,
        dataclasses.replace(face_set, images_per_person=_SEEN_IMAGES_PER_PERSON),
        progress=False,
        first_image=face_set.images_per_person,
        splits=['train'],
        replace=True,  # the folder is made by this function alone
    )
