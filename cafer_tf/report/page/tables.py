"""The figures of the evaluation as tables: each says what its filter is, and of how many faces and people it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cafer_tf import features
from cafer_tf.metrics.statistic import FIGURES
from cafer_tf.report.page import markup
from cafer_tf.report.page.markup import Cell, Section
from cafer_tf.report.page.material import Material

Json = Mapping[str, Any]
MEAN = 'mean'
_SETS = {'unseen': 'People never seen', 'seen': 'New images of people seen in training'}
_TESTED = 'Test split'
"""What `unseen` is called where the data set does not say who is shown."""


def named_sets(evaluation: Json) -> Iterator[tuple[str, Json]]:
    """The sets of faces that were judged, each with what to call it.

    Args:
        evaluation: the content of `evaluation.json`.
    """
    for key, name in _SETS.items():
        judged = evaluation.get(key)
        if judged is not None:
            yield (_TESTED if key == 'unseen' and judged['subjects'] is None else name), judged


def interval(estimate: Json, sign: bool = False) -> Cell:
    """An estimate above its interval."""
    low, high = estimate.get('low'), estimate.get('high')
    ends = [] if low is None or high is None else [markup.number(end, sign=sign) for end in (low, high)]
    small = f'{markup.NO_BREAK}…{markup.NO_BREAK}'.join(ends)
    return Cell(markup.number(estimate['value'], sign=sign), small)


def of_what(judged: Json) -> str:
    """The filter of a set and its counts: `split test; 1,600 faces of 32 people`."""
    people = judged.get('subjects')
    return f'{judged["filter"]}; {judged["examples"]:,} faces' + ('' if people is None else f' of {people:,} people')


def pooled(material: Material) -> Section:
    """Agreement over all faces together, for people seen and unseen, and the gap between the two."""
    evaluation = material.evaluation
    rows = [row for name, judged in named_sets(evaluation) for row in _pooled_rows(name, judged)]
    gap = evaluation.get('gap')
    if gap is not None:
        rows.append(markup.group('Gap: seen minus unseen', 1 + len(FIGURES), 'the two sets resampled each for itself'))
        for name in (*features.OUTPUTS, MEAN):
            rows.append(markup.row(name, _only_ccc(gap[name]['ccc'], sign=True)))
    seen = evaluation.get('seen')
    own = '' if seen is None else f', of people seen in training {seen["seed"]}'
    table = _pooled_table(rows, _bootstrap(evaluation) + own)
    words = (
        'RMSE is the root of the mean squared error; PCC is Pearson’s correlation; CCC is Lin’s concordance, which '
        'also counts a wrong mean or spread; SAGR is how often the sign is right. '
    )
    if gap is not None:
        words += 'A gap above zero says that the model reads people it knows better than people it does not.'
    return Section('agreement', 'Agreement', table + markup.paragraph(words, quiet=True))


def one_set(name: str, judged: Json, evaluation: Json) -> str:
    """Agreement over all faces of one set.

    Args:
        name: what to call it.
        judged: the set.
        evaluation: whose intervals are made in the same way.
    """
    return _pooled_table(_pooled_rows(name, judged), _bootstrap(evaluation))


def slices(material: Material) -> Section:
    """Agreement for parts of the unseen people's faces."""
    name, judged = next(named_sets(material.evaluation))
    metrics = ('ccc', 'rmse')
    rows, last = [], None
    for part in judged['slices']:
        if part['name'] != last:
            last = part['name']
            rows.append(markup.group(last, 4 + 2 * len(metrics)))
        cells: list[Cell | str] = [markup.count(part['examples']), markup.count(part['subjects'])]
        cells += [interval(part['pooled'][output][metric]) for output in features.OUTPUTS for metric in metrics]
        cells.append(interval(part['pooled'][MEAN]['ccc']))
        rows.append(markup.row(part['value'], cells, small=_own_filter(part, judged)))
    if not rows:
        return Section('slices', 'Slices', markup.paragraph('There is no slice of the faces with any example.'))
    heads = [metric.upper() for metric in metrics]
    table = markup.table(
        f'Agreement by slice: {name[0].lower()}{name[1:]}',
        ['slice', 'faces', 'people', *heads, *heads, 'CCC'],
        rows,
        small=f'{of_what(judged)}; {_bootstrap(material.evaluation)}',
        spans=[('', 2), *((output, len(metrics)) for output in features.OUTPUTS), (MEAN, 1)],
    )
    unsliced = judged.get('unsliced', {})
    columns = ', '.join(f'{name} ({number:,} values)' for name, number in unsliced.items())
    words = (
        'Within a slice the labels vary less than over all faces, and correlations fall with that: compare slices with '
        'the same slice of another model, not with each other.'
    )
    if unsliced:
        words += f' Not sliced by, for too many different values: {columns}.'
    return Section('slices', 'Slices', table + markup.paragraph(words, quiet=True))


def quantiles(judged: Mapping[str, Json], kind: str, what: str) -> str:
    """Quantiles of the CCC of each person or video, for each set.

    Args:
        judged: the sets by their names.
        kind: `per_subject` or `per_video`.
        what: `person` or `video`.
    """
    rows: list[str] = []
    levels: list[str] = []
    small = ''
    for name, group in judged.items():
        found = group.get(kind)
        if found is None:
            continue
        levels = levels or list(found[features.VALENCE]['quantiles'])
        small = (
            f'a {what} counts with {found["minimum_examples"]} faces or more whose labels have a standard deviation of '
            f'{found["minimum_deviation"]:g} or more, for valence and arousal each by itself'
        )
        rows.append(markup.group(name, 3 + len(levels), of_what(found)))
        for output in features.OUTPUTS:
            scores = found[output]
            values = [markup.number(scores['quantiles'].get(level)) for level in levels]
            rows.append(markup.row(output, [*map(markup.count, (scores['included'], scores['excluded'])), *values]))
    heads = ['', 'included', 'excluded', *(f'{float(level):.0%}' for level in levels)]
    return markup.table(f'Quantiles of the CCC of each {what}', heads, rows, small=small) if rows else ''


def _pooled_rows(name: str, judged: Json) -> list[str]:
    pooled = judged['pooled']
    return [
        markup.group(name, 1 + len(FIGURES), of_what(judged)),
        *(markup.row(output, [interval(pooled[output][metric]) for metric in FIGURES]) for output in features.OUTPUTS),
        markup.row(MEAN, _only_ccc(pooled[MEAN]['ccc'])),
    ]


def _pooled_table(rows: list[str], small: str) -> str:
    heads = ['', *(metric.upper() for metric in FIGURES)]
    return markup.table('Agreement with the labels, all faces pooled', heads, rows, small=small)


def _only_ccc(estimate: Json, sign: bool = False) -> list[Cell]:
    return [interval(estimate, sign) if metric == 'ccc' else Cell('') for metric in FIGURES]


def _own_filter(part: Json, whole: Json) -> str:
    """What the filter of a slice adds to that of its set."""
    known = whole['filter'].split('; ')
    return '; '.join(words for words in part['filter'].split('; ') if words not in known)


def _bootstrap(evaluation: Json) -> str:
    drawn = 'images' if evaluation['unseen']['subjects'] is None else 'people'
    return (
        f'small: {evaluation["confidence"]:.0%} intervals from {evaluation["resamples"]:,} resamples of {drawn}, '
        f'seed {evaluation["seed"]}'
    )
