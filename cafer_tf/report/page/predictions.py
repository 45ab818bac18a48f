"""What the model says of faces it has never seen, in pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cafer_tf import features
from cafer_tf.report import densities
from cafer_tf.report.calibration import draw_calibration
from cafer_tf.report.faces import errors, extremes, thumbnail
from cafer_tf.report.page import licences, markup, pictures
from cafer_tf.report.page.markup import Section
from cafer_tf.report.page.material import Judged, Material
from cafer_tf.report.page.tables import named_sets, of_what

FACES = 8
"""How many of the best and of the worst faces are shown."""


def shown_faces(unseen: Judged) -> list[int]:
    """The places of the faces whose images the page needs, ascending.

    Args:
        unseen: the faces that are judged.
    """
    best, worst = extremes(unseen.labels, unseen.predictions, unseen.subjects.tolist(), FACES)
    return sorted({*best, *worst})


def agreement(material: Material) -> Section:
    """Predictions beside the truth: densities of each output and on the circumplex, and calibration."""
    unseen, pooled = material.unseen, material.evaluation['unseen']['pooled']
    _, judged = next(named_sets(material.evaluation))
    outputs = []
    for place, output in enumerate(features.OUTPUTS):
        truth, predicted = unseen.labels[:, place], unseen.predictions[:, place]
        words = (
            f'CCC {markup.number(pooled[output]["ccc"]["value"])}, RMSE '
            f'{markup.number(pooled[output]["rmse"]["value"])}, mean {markup.number(truth.mean(), 2, sign=True)} true '
            f'and {markup.number(predicted.mean(), 2, sign=True)} predicted, standard deviation '
            f'{markup.number(truth.std(), 2)} true and {markup.number(predicted.std(), 2)} predicted.'
        )
        picture = pictures.pixels(
            densities.draw_agreement(truth, predicted, output),
            f'Density of predicted over true {output} of {len(truth):,} faces. {words}',
        )
        outputs.append(markup.figure(picture, f'{output.capitalize()}: {words} Dashed: perfect agreement.'))
    body = markup.paragraph(f'{of_what(judged)}.', quiet=True) + markup.side_by_side(outputs)
    return Section('predictions', 'Predicted and true', body + _circumplex(unseen) + _calibration(material))


def faces(material: Material) -> Section:
    """The faces that are read best and worst."""
    unseen = material.unseen
    best, worst = extremes(unseen.labels, unseen.predictions, unseen.subjects.tolist(), FACES)
    intro = (
        f'Of {len(unseen.labels):,} faces, those with the smallest and the largest distance between prediction and '
        'truth in the circumplex, one a person at most. Extremes say where to look, not how the model does.'
    )
    body = (
        markup.paragraph(intro)
        + licences.warning(material.data.dataset)
        + markup.subheading('Best')
        + _gallery(material, best)
        + markup.subheading('Worst')
        + _gallery(material, worst)
    )
    return Section('faces', 'Best and worst faces', body)


def _circumplex(unseen: Judged) -> str:
    shown = []
    for kind, points in (('true', unseen.labels), ('predicted', unseen.predictions)):
        corners = ', '.join(f'{share:.0%} {corner}' for corner, share in _quadrants(points).items())
        alternative = f'Density of {kind} valence and arousal on the circumplex: {corners}.'
        caption = f'Where the {kind} values lie: {corners}.'
        shown.append(markup.figure(pictures.pixels(densities.draw_plane(points, kind), alternative), caption))
    moved = densities.displacement(unseen.labels, unseen.predictions)
    radii = np.hypot(*unseen.labels.T).mean(), np.hypot(*unseen.predictions.T).mean()
    words = (
        f'Mean displacement by the model, in {len(moved.counts)} cells of five faces or more; the mean distance from '
        f'neutral is {markup.number(radii[0], 2)} true and {markup.number(radii[1], 2)} predicted.'
    )
    picture = pictures.drawing(densities.draw_displacement(moved), f'Arrows on the circumplex. {words}')
    shown.append(
        markup.figure(picture, f'{words} An arrow leads from the mean label of a cell to its mean prediction.')
    )
    return markup.subheading('On the circumplex') + markup.side_by_side(shown)


def _quadrants(points: np.ndarray) -> dict[str, float]:
    """The share of each quarter of the circumplex; zero counts as positive."""
    pleasant, active = (points >= 0).T
    quarters = {
        'pleasant and activated': pleasant & active,
        'unpleasant and activated': ~pleasant & active,
        'unpleasant and calm': ~pleasant & ~active,
        'pleasant and calm': pleasant & ~active,
    }
    return {name: float(members.mean()) for name, members in quarters.items()}


def _calibration(material: Material) -> str:
    calibration = material.evaluation['unseen']['calibration']
    words = '; '.join(
        f'{output}: slope {markup.number(calibration[output]["slope"], 2)}, intercept '
        f'{markup.number(calibration[output]["intercept"], 2, sign=True)}'
        for output in features.OUTPUTS
    )
    caption = (
        f'Mean label of the faces with like prediction, and how many there are. {words}. A calibrated model has slope '
        '1 and intercept 0; a slope above 1 says that predictions are too close to neutral.'
    )
    picture = pictures.drawing(draw_calibration(calibration), f'Mean label over prediction, in bins. {words}.')
    return markup.subheading('Calibration') + markup.wide_figure(picture, caption)


def _gallery(material: Material, places: Sequence[int]) -> str:
    unseen = material.unseen
    distances = errors(unseen.labels, unseen.predictions)
    items = []
    for place in places:
        values = {
            kind: tuple(markup.number(value, 2, sign=True) for value in of[place].tolist())
            for kind, of in (('predicted', unseen.predictions), ('true', unseen.labels))
        }
        words = [f'{kind} valence {valence}, arousal {arousal}' for kind, (valence, arousal) in values.items()]
        person = str(unseen.subjects[place])
        picture = pictures.photograph(thumbnail(material.faces[place]), f'Face of {person}: {"; ".join(words)}')
        lines = [
            f'{output[0].upper()} {predicted} (true {true})'
            for output, predicted, true in zip(features.OUTPUTS, values['predicted'], values['true'], strict=True)
        ]
        items.append(markup.face(picture, person, [*lines, f'distance {markup.number(float(distances[place]), 2)}']))
    return markup.gallery(items)
