"""The model card: what the model is for, what it is not for, what it was made of, and what is known of it.

Its headings follow M. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

import html

from cafer_tf import features
from cafer_tf.report import curves
from cafer_tf.report.page import licences, markup, method
from cafer_tf.report.page.markup import Section
from cafer_tf.report.page.material import RENDERED, Material
from cafer_tf.report.page.tables import named_sets, of_what

_UNFIT = (
    'Decisions about people, or that affect them: hiring, insurance, credit, policing, border control, justice, '
    'schools, health. It must not be used for any of these, with or without a person who confirms what it says.',
    'Watching people who do not know of it or have not agreed to it.',
    'Saying what somebody feels, thinks or intends. Faces show expressions; the same feeling has many of them, and the '
    'same expression has many reasons.',
)
_LIMITS = (
    'Labels are what annotators read from a face (or what was rendered), not what its owner felt; they carry the '
    'annotators’ culture and mistakes.',
    'The model expects one face, cropped as in training. Other crops, sizes, lights or cameras than those of its data '
    'may change its answers without a warning.',
    'Agreement may differ between groups of people. Groups are judged here only as far as the data set names them (see '
    'Slices and Person by person).',
    'It sees one image at a time and knows nothing of what came before, what is said, or where it is.',
)


def model_card(material: Material) -> Section:
    """The card."""
    parts = [
        markup.subheading('Model'),
        _model(material),
        markup.subheading('Intended use'),
        markup.paragraph(
            'Research on facial expression: comparing methods, measuring person independence, studying how expressions '
            'of faces that were given for it relate to valence and arousal.'
        ),
        markup.subheading('Not intended'),
        markup.bullets([*_UNFIT, method.recognition(material.config)]),
        markup.subheading('Data and its licence'),
        markup.paragraph(licences.licence(material.data.dataset)),
        markup.paragraph(_amounts(material)),
        markup.subheading('Figures'),
        markup.bullets(_figures(material)),
        markup.subheading('Person independence'),
        markup.paragraph(person_independence(material)),
        markup.subheading('Limits'),
        markup.bullets(_limits(material)),
        markup.subheading('How to cite the method'),
        *map(markup.paragraph, method.sources(material.config, material.version)),
        markup.paragraph('Cite the data set too, as its licence asks. The code is under the Apache License 2.0.'),
    ]
    return Section('model-card', 'Model card', ''.join(parts))


def person_independence(material: Material) -> str:
    """What the evaluation says of person independence, in a few sentences."""
    evaluation = material.evaluation
    if evaluation['unseen']['subjects'] is None:
        return (
            'The data set does not say who is shown, so the same person may be in training and in the test. These '
            'figures say nothing of person independence.'
        )
    sentences = [
        f'No person of the {evaluation["unseen"]["subjects"]:,} that the model is judged on was in its training. Its '
        f'mean CCC on them is {_with_interval(evaluation["unseen"]["pooled"]["mean"]["ccc"])}.'
    ]
    if evaluation.get('gap') is not None:
        sentences.append(
            'The gap to new images of people that it knows, seen minus unseen, is '
            f'{_with_interval(evaluation["gap"]["mean"]["ccc"], sign=True)}.'
        )
    probe = evaluation['identity']['unseen']
    if probe is not None:
        sentences.append(
            f'A linear classifier reads from the embedding which of {probe["subjects"]:,} people is shown with an '
            f'accuracy of {_with_interval(probe["accuracy"])}, where chance is {markup.number(probe["chance"])}.'
        )
    return ' '.join(sentences)


def _model(material: Material) -> str:
    network, trained = material.config['network.encoder'], method.training(material.config)
    facts = {
        'what': f'A network ({network} encoder) that says valence and arousal of one face, each in [-1, 1]; {trained}.',
        'where': material.model,
        'made': material.made or markup.UNKNOWN,
        'by': f'CAFER-TF {material.version}',
        'seed': f'{material.config["training.seed"]} (training)',
    }
    return f'<ul>{"".join(f"<li><b>{name}</b>: {html.escape(text)}</li>" for name, text in facts.items())}</ul>'


def _amounts(material: Material) -> str:
    splits = material.data.splits
    amounts = [
        f'{name}: {split.weak + split.strong:,} faces'
        + ('' if split.people is None else f' of {split.people:,} people')
        for name, split in splits.items()
    ]
    chosen = curves.chosen_epoch(material.scalars)
    epochs = material.config['training.epochs']
    kept = '' if chosen is None else f' Epoch {chosen} of at most {epochs} was kept, chosen on the eval split.'
    apart = '' if any(split.people is None for split in splits.values()) else ' Splits never share a person.'
    return f'{"; ".join(amounts)}.{apart}{kept}'


def _figures(material: Material) -> list[str]:
    found = []
    for name, judged in named_sets(material.evaluation):
        pooled = judged['pooled']
        scores = ', '.join(f'{output} CCC {_with_interval(pooled[output]["ccc"])}' for output in features.OUTPUTS)
        found.append(f'{name} ({of_what(judged)}): {scores}; mean {_with_interval(pooled["mean"]["ccc"])}.')
    return found


def _limits(material: Material) -> list[str]:
    if material.data.dataset != RENDERED:
        return list(_LIMITS)
    rendered = (
        'It has seen rendered faces only. Its figures show that the system works, and serve to compare methods; they '
        'are no evidence about real faces.'
    )
    return [rendered, *_LIMITS]


def _with_interval(estimate: dict[str, float | None], sign: bool = False) -> str:
    value, low, high = (markup.number(estimate[key], sign=sign) for key in ('value', 'low', 'high'))
    return value if markup.UNKNOWN in (low, high) else f'{value} ({low} to {high})'
