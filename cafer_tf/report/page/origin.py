"""Where a model comes from: its configuration, its data, and how it was trained."""

from __future__ import annotations

import json
from typing import Any

from cafer_tf.report import curves
from cafer_tf.report.intensities import draw_intensities
from cafer_tf.report.page import markup, pictures
from cafer_tf.report.page.markup import Cell, Section
from cafer_tf.report.page.material import RENDERED, Data, Material, Split

_ROLES = {
    'train': 'learned from',
    'eval': 'chooses the epoch',
    'test': 'judged on',
}


def configuration(material: Material) -> Section:
    """What was chosen: first what differs from the defaults, then everything."""
    changed = {key: value for key, value in material.config.items() if value != material.defaults.get(key)}
    columns = ['setting', 'value', 'default']
    if changed:
        rows = [markup.row(key, _values(value, material.defaults.get(key))) for key, value in changed.items()]
        first = markup.table('Settings that differ from the defaults', columns, rows)
    else:
        first = markup.paragraph(
            'Every setting has its default value: the method of the poster on the compact encoder. Where the poster '
            'leaves something open or does not do it, the choice is this project’s: docs/method.md.'
        )
    rows = [markup.row(key, _values(value, material.defaults.get(key))) for key, value in material.config.items()]
    everything = markup.table('All settings', columns, rows)
    return Section(
        'configuration',
        'Configuration',
        first + markup.details(f'All {len(material.config)} settings', everything),
    )


def data(material: Material) -> Section:
    """What the model was trained, selected and judged on."""
    facts = material.data
    rows = [
        markup.row(
            name,
            [
                Cell(_ROLES.get(name, '') + _apart(name, split), prose=True),
                markup.count(split.weak + split.strong),
                markup.count(split.people),
                markup.count(split.weak),
                markup.count(split.strong),
            ],
        )
        for name, split in facts.splits.items()
    ]
    what = 'Rendered faces' if facts.dataset == RENDERED else f'Data set in the layout {facts.dataset}'
    table = markup.table(
        'Faces of each split',
        ['split', Cell('used for', prose=True), 'faces', 'people', 'weak emotion', 'strong emotion'],
        rows,
        small=what,
    )
    return Section('data', 'Data', table + _unknown_people(facts) + _left_out(facts) + _intensities(facts))


def training(material: Material) -> Section:
    """How the model learned."""
    scalars = material.scalars
    chosen = curves.chosen_epoch(scalars)
    if chosen is None:
        return Section('training', 'Training', markup.paragraph('The training of this model left no learning curves.'))
    validation, train = scalars['validation'], scalars.get('train', {})
    ccc = validation['ccc']
    last = max(ccc)
    loss = curves.common_loss(scalars).get('validation', {})
    words = (
        f'Epoch {chosen} of {last} was kept, the one with the highest mean CCC on the validation people '
        f'({markup.number(ccc[chosen])}); on the training people it was '
        f'{markup.number(train.get("ccc", {}).get(chosen))}.'
    )
    alternative = (
        f'Two charts over {last} epochs. The loss on validation people goes from {markup.number(loss.get(min(ccc)))} '
        f'to {markup.number(loss.get(last))}, their mean CCC from {markup.number(ccc[min(ccc)])} to '
        f'{markup.number(ccc[last])}. {words}'
    )
    picture = pictures.drawing(curves.draw_curves(scalars), alternative)
    caption = (
        f'{words} The figures of the training people are of augmented images and of weights that move within the '
        'epoch, so the two lines do not compare exactly.'
    )
    left_out = curves.trained_alone(scalars)
    if left_out:
        caption += f' The loss is without {", ".join(left_out)}, which only training computes.'
    return Section('training', 'Training', markup.wide_figure(picture, caption))


def _apart(name: str, split: Split) -> str:
    return ': its people are in no other split' if name == 'test' and split.people is not None else ''


def _unknown_people(facts: Data) -> str:
    if all(split.people is not None for split in facts.splits.values()):
        return ''
    return markup.note(
        'The data set does not say who is shown. Each image counts as a person of its own, so the same person may be '
        'in training and in the test, and nothing on this page speaks of person independence.'
    )


def _left_out(facts: Data) -> str:
    if not facts.excluded and not facts.quarantined:
        return markup.paragraph('No row was excluded, and every image could be used.')
    rows = [markup.row(reason, [markup.count(number)]) for reason, number in facts.excluded.items()]
    rows.append(markup.row('damaged: in the quarantine list of the run', [markup.count(facts.quarantined)]))
    return markup.table('What was left out', ['reason', 'rows'], rows)


def _intensities(facts: Data) -> str:
    strong = facts.splits['train'].strong
    total = strong + facts.splits['train'].weak
    words = (
        f"Otsu's threshold parts the training faces at an emotional intensity of {markup.number(facts.threshold)}: "
        f'{strong:,} of {total:,} ({strong / total:.0%}) are strong. It is fitted on the training people alone and '
        'used for every split.'
    )
    alternative = f'Histogram of emotional intensity, from 0 to 1.41, of the training faces. {words}'
    return markup.wide_figure(pictures.drawing(draw_intensities(facts.histogram, facts.threshold), alternative), words)


def _values(value: Any, default: Any) -> list[Cell]:
    return [Cell(json.dumps(value)), Cell(json.dumps(default))]
