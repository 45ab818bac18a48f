"""Person by person: how well each is read, and how much of the person is left in the embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cafer_tf import features
from cafer_tf.metrics.offsets import WAYS
from cafer_tf.report import embedding
from cafer_tf.report.page import markup, pictures
from cafer_tf.report.page.markup import Cell, Section
from cafer_tf.report.page.material import Material
from cafer_tf.report.page.tables import MEAN, interval, named_sets, of_what, quantiles
from cafer_tf.report.subjects import by_mean, draw_scores

_KINDS = {'per_subject': 'person', 'per_video': 'video'}


def scores(material: Material) -> Section:
    """The CCC of each person, and of each video where there are videos."""
    judged = dict(named_sets(material.evaluation))
    unseen = material.evaluation['unseen']
    if unseen['subjects'] is None:
        body = markup.paragraph('The data set does not say who is shown.')
    else:
        body = markup.subheading('Each person') + each_ccc(judged, 'per_subject', _counts(material.unseen.subjects))
    if unseen['offsets'] is not None:
        body += markup.subheading('One number for each person') + _offsets(judged)
    if unseen['per_video'] is not None:
        body += markup.subheading('Each video') + each_ccc(judged, 'per_video', _counts(material.unseen.videos))
    return Section('people', 'Person by person', body)


def each_ccc(judged: Mapping[str, Mapping[str, Any]], kind: str, counts: Mapping[str, int]) -> str:
    """Quantiles of the CCC of each person or video, and the CCC of each of the first set.

    Args:
        judged: the sets by their names.
        kind: `per_subject` or `per_video`.
        counts: how many faces of the first set each has, by name.
    """
    what = _KINDS[kind]
    first = next(iter(judged.values()))
    found = {output: first[kind][output]['ccc'] for output in features.OUTPUTS}
    shown = (
        _each(found, counts, what)
        if any(found.values())
        else markup.paragraph(f'No {what} has enough faces for a CCC of its own.')
    )
    return quantiles(judged, kind, what) + shown


def identity(material: Material) -> Section:
    """A map of the embedding, and how well a linear classifier reads the person from it."""
    return Section('identity', 'Identity in the embedding', _probe(material.evaluation) + _map(material))


def _offsets(judged: Mapping[str, Mapping[str, Any]]) -> str:
    outputs = (*features.OUTPUTS, MEAN)
    rows = []
    for name, one in judged.items():
        found = one['offsets']
        if found is not None:
            rows.append(markup.group(name, 1 + len(outputs), of_what(found)))
            rows += [
                markup.row(key, [markup.number(found[output][key]) for output in outputs], way.meaning)
                for key, way in WAYS.items()
            ]
    table = markup.table('CCC with and without an offset for each person', ['', *outputs], rows)
    words = (
        'What a face looks like at rest makes all predictions of a person a little too high or too low. Where the '
        'centred CCC is much higher, that is much of the error; and where the levelled CCC comes near it, so does a '
        'system that takes from each person’s predictions what they are on average, as far as people feel alike there.'
    )
    return table + markup.paragraph(words)


def _each(found: Mapping[str, Mapping[str, float]], counts: Mapping[str, int], what: str) -> str:
    names = by_mean(found)
    ends = [
        f'{output}: {markup.number(min(values.values()))} ({min(values, key=values.__getitem__)}) to '
        f'{markup.number(max(values.values()))} ({max(values, key=values.__getitem__)}), median '
        f'{markup.number(float(np.median(list(values.values()))))}'
        for output, values in found.items()
        if values
    ]
    alternative = f'CCC of {len(names)} {what} names, sorted. {"; ".join(ends)}.'
    picture = pictures.drawing(draw_scores(found, counts, what), alternative)
    rows = [
        markup.row(
            name, [markup.count(counts[name]), *(markup.number(found[output].get(name)) for output in features.OUTPUTS)]
        )
        for name in names
    ]
    table = markup.table(f'CCC of each {what}', [what, 'faces', *features.OUTPUTS], rows, small='the lowest mean first')
    return markup.wide_figure(picture, f'{"; ".join(ends)}.') + markup.details(
        f'The same as a table: {len(names)} rows', table
    )


def _counts(names: np.ndarray) -> dict[str, int]:
    known, counts = np.unique(names, return_counts=True)
    return dict(zip(known.tolist(), counts.tolist(), strict=True))


def _probe(evaluation: Mapping[str, Any]) -> str:
    probe = evaluation['identity']['unseen']
    if probe is None:
        return markup.paragraph(
            'The identity probe needs several images of each of several people; there are not enough here.'
        )
    checked = probe['verification']
    rows = [
        markup.row('accuracy of the probe', [interval(probe['accuracy'])], small='who of them is it?'),
        markup.row('chance', [markup.number(probe['chance'])], small='an embedding that knows nothing of the person'),
        markup.row(
            'verification rate',
            [markup.number(checked['verification_rate'])],
            small=f'pairs of one person accepted, where {checked["false_accept_rate"]:.1%} of those of two people are',
        ),
        markup.row(
            'equal error rate', [markup.number(checked['equal_error_rate'])], small='0.5 where the person is not in it'
        ),
        markup.row(
            'pairs of one person, of two people',
            [Cell(f'{markup.count(checked["pairs_same"])}, {markup.count(checked["pairs_different"])}')],
        ),
    ]
    table = markup.table(
        'Identity probe: a linear classifier of the person on the frozen embedding',
        ['', 'value'],
        rows,
        small=(
            f'{probe["filter"]}; {probe["subjects"]:,} people never seen in training; trained on '
            f'{probe["train_examples"]:,} and tested on {probe["test_examples"]:,} other images of them; seed '
            f'{probe["seed"]}'
        ),
    )
    ratio = probe['accuracy']['value'] / probe['chance']
    words = (
        f'The probe is right {ratio:.1f} times as often as chance. The nearer to chance, the less of the person is '
        'left in what the emotion is read from. People who differ in how they express emotion keep it above chance.'
    )
    return table + markup.paragraph(words)


def _map(material: Material) -> str:
    unseen = material.unseen
    if len(unseen.embeddings) <= 2:
        return ''
    projection = embedding.project(unseen.embeddings, material.evaluation['seed'])
    labels, subjects = unseen.labels[projection.places], unseen.subjects[projection.places]
    shown: list[tuple[Figure, str]] = []
    for place, output in enumerate(features.OUTPUTS):
        strength = _explained(projection.points, labels[:, place])
        words = f'By {output}: the two components explain {strength:.0%} of its variance over these faces.'
        shown.append((embedding.draw_values(projection, labels[:, place], output), words))
    if material.evaluation['unseen']['subjects'] is not None:
        people = embedding.most_shown(subjects.tolist())
        share = _between(projection.points, subjects)
        words = f'By person: {share:.0%} of the variance on the map lies between people. Marked: {", ".join(people)}.'
        shown.append((embedding.draw_people(projection, subjects), words))
    figures = [
        markup.figure(pictures.pixels(figure, f'Map of {len(labels):,} embeddings, coloured. {words}'), words)
        for figure, words in shown
    ]
    intro = (
        f'The first two principal components of the embeddings ({unseen.embeddings.shape[1]} numbers each) of '
        f'{len(labels):,} faces, with {projection.shares[0]:.0%} and {projection.shares[1]:.0%} of the variance. What '
        'does not show in two components may still be there: the probe looks at all of them.'
    )
    return markup.subheading('Map of the embedding') + markup.paragraph(intro) + markup.side_by_side(figures)


def _explained(points: np.ndarray, values: np.ndarray) -> float:
    """R² of the least-squares plane over the map; 0 where the values are all the same."""
    design = np.column_stack([np.ones(len(points)), points])
    rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return 1 - float((rest**2).mean() / values.var()) if np.ptp(values) else 0.0


def _between(points: np.ndarray, subjects: np.ndarray) -> float:
    """How much of the variance lies between the people's means."""
    _, inverse, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(inverse, column) / counts for column in points.T], axis=1)
    total = float(((points - points.mean(axis=0)) ** 2).sum())
    return float((counts[:, np.newaxis] * (means - points.mean(axis=0)) ** 2).sum()) / total if total else 0.0
