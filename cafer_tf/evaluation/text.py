"""An evaluation in words and tables, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cafer_tf import features
from cafer_tf.evaluation.sets import MEAN
from cafer_tf.metrics.offsets import WAYS
from cafer_tf.metrics.statistic import FIGURES

_CELL = 24
_OUTPUTS = (*features.OUTPUTS, MEAN)


def described(evaluation: Mapping[str, Any]) -> str:
    """All tables of an evaluation, each with its filter and how many faces and people it is of.

    Args:
        evaluation: what `cafer_tf.evaluation.evaluate` found.
    """
    confidence = f'{evaluation["confidence"]:.0%} intervals of {evaluation["resamples"]:,} draws'
    lines = [f'{confidence}, seed {evaluation["seed"]}; model {evaluation["model"]}']
    names = {'unseen': 'unseen' if evaluation['held_out'] else 'judged', 'seen': 'seen'}
    for key, name in names.items():
        if evaluation[key] is not None:
            lines += ['', *_pooled(name, evaluation[key], evaluation['seed'])]
    if evaluation['gap'] is not None:
        lines += ['', *_gap(evaluation, names['unseen'])]
    unseen = evaluation['unseen']
    if unseen['subjects'] is None:
        lines += ['', f'CCC of each person: none, for nobody is named; {unseen["filter"]}; {count_of(unseen)}']
    else:
        lines += ['', *_spread('person', 'people', unseen['per_subject'])]
    if unseen['offsets'] is not None:
        lines += ['', *_offsets(unseen['offsets'])]
    if unseen['per_video'] is not None:
        lines += ['', *_spread('video', 'videos', unseen['per_video'])]
    lines += ['', *_slices(unseen, evaluation['threshold']), '', *_calibration(unseen), '', *_probe(evaluation)]
    return '\n'.join(lines)


def count_of(found: Mapping[str, Any]) -> str:
    """How many faces, and of how many people: `1,600 faces of 32 people`."""
    people = f' of {found["subjects"]:,} people' if found['subjects'] is not None else ''
    return f'{found["examples"]:,} faces{people}'


def _pooled(name: str, found: Mapping[str, Any], seed: int) -> Iterator[str]:
    own = '' if found['seed'] == seed else f'; seed {found["seed"]}'
    yield f'{name}: {found["filter"]}; {count_of(found)}{own}'
    yield f'{"":<10}' + ''.join(f'{figure.upper():<{_CELL}}' for figure in FIGURES).rstrip()
    for output in _OUTPUTS:
        figures = found['pooled'][output]
        cells = (_interval(figures[figure]) if figure in figures else '' for figure in FIGURES)
        yield f'{output:<10}' + ''.join(f'{cell:<{_CELL}}' for cell in cells).rstrip()


def _gap(evaluation: Mapping[str, Any], unseen: str) -> Iterator[str]:
    yield f'gap, CCC of seen ({count_of(evaluation["seen"])}) minus {unseen} ({count_of(evaluation["unseen"])})'
    for output in _OUTPUTS:
        yield f'{output:<10}{_interval(evaluation["gap"][output]["ccc"], sign=True)}'


def _spread(kind: str, kinds: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f'CCC of each {kind} with {found["minimum_examples"]} faces or more whose labels deviate by '
        f'{found["minimum_deviation"]} or more; {found["filter"]}; {count_of(found)}'
    )
    quantiles = list(found[features.OUTPUTS[0]]['quantiles'])
    yield f'{"quantile":<10}' + ''.join(f'{at:>8}' for at in quantiles) + f'   {kinds}   left out'
    for output in features.OUTPUTS:
        one = found[output]
        cells = ''.join(f'{_number(value):>8}' for value in one['quantiles'].values())
        yield f'{output:<10}{cells}   {one["included"]:>{len(kinds)},}   {one["excluded"]:>8,}'


def _offsets(found: Mapping[str, Any]) -> Iterator[str]:
    yield f'CCC with and without an offset for each person; {found["filter"]}; {count_of(found)}'
    yield f'{"":<10}' + ''.join(f'{output:<10}' for output in _OUTPUTS).rstrip()
    for name, way in WAYS.items():
        cells = ''.join(f'{_number(found[output][name]):<10}' for output in _OUTPUTS)
        yield f'{name:<10}{cells}{way.meaning}'


def _slices(whole: Mapping[str, Any], threshold: float) -> Iterator[str]:
    yield f'CCC of slices, strong above an intensity of {threshold:.3f}; {whole["filter"]}; {count_of(whole)}'
    names = [f'{part["name"]}: {part["value"]}' for part in whole['slices']]
    width = max((len(name) for name in names), default=0)
    yield f'{"":<{width}}  {"valence":<{_CELL}}{"arousal":<{_CELL}}mean'
    for name, part in zip(names, whole['slices'], strict=True):
        cells = ''.join(f'{_interval(part["pooled"][output]["ccc"]):<{_CELL}}' for output in _OUTPUTS)
        yield f'{name:<{width}}  {cells}{count_of(part)}'
    for column, values in whole['unsliced'].items():
        yield f'{column}: {values:,} values are too many to slice by'


def _calibration(whole: Mapping[str, Any]) -> Iterator[str]:
    yield f'calibration, label over prediction; {whole["filter"]}; {count_of(whole)}'
    for output in features.OUTPUTS:
        found = whole['calibration'][output]
        yield f'{output:<10}slope {_number(found["slope"])}   intercept {_number(found["intercept"], sign=True)}'


def _probe(evaluation: Mapping[str, Any]) -> Iterator[str]:
    found = evaluation['identity']['unseen']
    if found is None:
        yield (
            'identity probe: none, for it needs two people or more who are known, with four images each; '
            f'{evaluation["unseen"]["filter"]}; {count_of(evaluation["unseen"])}'
        )
        return
    yield f'identity probe: {found["filter"]}; {count_of(found)}, {found["left_out"]:,} people left out'
    yield (
        f'accuracy  {_interval(found["accuracy"])}, chance {found["chance"]:.3f} '
        f'({found["train_examples"]:,} faces to train, {found["test_examples"]:,} to test)'
    )
    pairs = found['verification']
    yield (
        f'verified  {_number(pairs["verification_rate"])} of {pairs["pairs_same"]:,} pairs of one person at '
        f'{pairs["false_accept_rate"]:g} of {pairs["pairs_different"]:,} pairs of two; equal error rate '
        f'{_number(pairs["equal_error_rate"])}'
    )


def _interval(found: Mapping[str, Any], sign: bool = False) -> str:
    value = _number(found['value'], sign)
    if found['low'] is None:
        return value
    return f'{value} [{_number(found["low"], sign)}, {_number(found["high"], sign)}]'


def _number(value: float | None, sign: bool = False) -> str:
    """Adding 0 turns the -0.0 that rounding leaves into 0.0."""
    return 'unknown' if value is None else f'{round(value, 3) + 0:{"+" if sign else ""}.3f}'
