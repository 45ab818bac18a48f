"""What the results of the study say: figures of each variant, and paired differences between variants."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cafer_tf import features
from cafer_tf.metrics.offsets import centred_ccc, levelled_ccc, within_person_pcc
from cafer_tf.metrics.statistic import AgreementStatistic, pooled
from cafer_tf.metrics.student import student_half_width
from cafer_tf.study.job import SEEN, UNSEEN
from cafer_tf.study.variants import BASELINE, DESCRIPTIONS

VALIDATION, UNSEEN_CCC, SEEN_CCC, GAP = 'validation_ccc', 'unseen_ccc', 'seen_ccc', 'gap'
CENTRED, LEVELLED, PROBE = 'centred_ccc', 'levelled_ccc', 'probe'
_SHOWN = (VALIDATION, UNSEEN_CCC, SEEN_CCC, GAP, CENTRED, LEVELLED, PROBE)
"""In the table, which a page is just wide enough for."""
RMSE, PCC, SPREAD = 'unseen_rmse', 'unseen_pcc', 'unseen_spread'
WITHIN, CENTRED_GAP = 'within_person_pcc', 'centred_gap'
FIGURES = (*_SHOWN, RMSE, PCC, SPREAD, WITHIN, CENTRED_GAP)
REFERENCES = (BASELINE, 'balanced')
HEADS = (
    'variant',
    'runs',
    'CCC validation',
    'CCC unseen',
    'CCC seen',
    'gap',
    'unseen centred',
    'unseen levelled',
    'probe',
    *(f'CCC − {name}' for name in REFERENCES),
    f'probe − {BASELINE}',
)
"""The columns of the table; a difference is in CCC on people never seen, or in the probe's accuracy."""

Run = tuple[int, int]
"""A fold of the people and a seed of the training."""


class Mean(NamedTuple):
    """A mean over folds, and its interval; the interval is NaN for fewer than two folds.

    Attributes:
        value, low, high: in units of the figure.
        runs: how many trainings it is made of.
        folds: how many folds of the people.
    """

    value: float
    low: float
    high: float
    runs: int
    folds: int


def figures(result: Mapping[str, Any]) -> dict[str, float]:
    """The figures of one training.

    Args:
        result: of `job.run`.

    Returns:
        `validation_ccc`: the mean CCC of the chosen epoch on the people that it is chosen by, by which settings may be
        chosen too; `unseen_ccc`, `seen_ccc`: the mean over valence and arousal of the CCC pooled over all people never
        seen, or over the new images of people seen; `gap`, the second minus the first; `centred_ccc`, as
        `unseen_ccc` with each person's mean error taken from the predictions: what would be left if the network knew
        each person's offset; `levelled_ccc`, as `unseen_ccc` with each person's mean prediction moved to that of all,
        for which no label is needed; `probe`, the share of images of people never seen whose person a linear classifier
        reads from the embedding; `unseen_rmse`, `unseen_pcc` and `unseen_spread`, the standard deviation of predictions
        as a share of that of labels, pooled and averaged as `unseen_ccc`; `within_person_pcc`, which asks neither for
        offsets nor for the spread; `centred_gap`, the gap of `centred_ccc`.
    """
    unseen, seen = (_statistics(result[people]) for people in (UNSEEN, SEEN))
    pooled_unseen, pooled_seen = ([pooled(people) for people in outputs] for outputs in (unseen, seen))
    unseen_ccc, seen_ccc = (_mean(one.ccc() for one in outputs) for outputs in (pooled_unseen, pooled_seen))
    centred_unseen, centred_seen = (_mean(map(centred_ccc, outputs)) for outputs in (unseen, seen))
    return {
        VALIDATION: max(result['validation']),
        UNSEEN_CCC: unseen_ccc,
        SEEN_CCC: seen_ccc,
        GAP: seen_ccc - unseen_ccc,
        CENTRED: centred_unseen,
        LEVELLED: _mean(map(levelled_ccc, unseen)),
        PROBE: result['probe']['accuracy'],
        RMSE: _mean(one.rmse() for one in pooled_unseen),
        PCC: _mean(one.pcc() for one in pooled_unseen),
        SPREAD: _mean(math.sqrt(one.square_p / one.square_y) for one in pooled_unseen),
        WITHIN: _mean(map(within_person_pcc, unseen)),
        CENTRED_GAP: centred_seen - centred_unseen,
    }


def by_variant(results: Iterable[Mapping[str, Any]]) -> dict[float, dict[str, dict[Run, dict[str, float]]]]:
    """The figures of every training, by idiosyncrasy, variant and run; variants in the order of `DESCRIPTIONS`.

    Args:
        results: of `job.run`, of one budget and population.
    """
    found: dict[float, dict[str, dict[Run, dict[str, float]]]] = {}
    for result in results:
        job = result['job']
        variants = found.setdefault(job['idiosyncrasy'], {name: {} for name in DESCRIPTIONS})
        variants[job['variant']][job['fold'], job['seed']] = figures(result)
    return {
        idiosyncrasy: {name: runs for name, runs in found[idiosyncrasy].items() if runs}
        for idiosyncrasy in sorted(found)
    }


def mean(values: Mapping[Run, float]) -> Mean:
    """The mean over folds of the mean over seeds, with Student's interval at 95 % over the folds.

    `m ± t(0.975, n - 1) s / √n` with n folds, whose means have standard deviation s (ddof 1). The seeds of a fold share
    its people, so they count as one; the folds share people too, two by two, which the interval does not know.

    Args:
        values: by run; at least one.

    Example:
        >>> mean({(0, 0): 0.1, (0, 1): 0.3, (1, 0): 0.4})
        Mean(value=0.3..., low=-0.97..., high=1.57..., runs=3, folds=2)
    """
    folds = collections.defaultdict(list)
    for (fold, _), value in values.items():
        folds[fold].append(value)
    means = np.array([np.mean(folds[fold]) for fold in sorted(folds)])
    value = float(means.mean())
    half = student_half_width(means)
    return Mean(value, value - half, value + half, len(values), len(means))


def means(runs: Mapping[Run, Mapping[str, float]]) -> dict[str, Mean]:
    """The mean of every figure of a variant.

    Args:
        runs: figures by run.
    """
    return {name: mean({run: values[name] for run, values in runs.items()}) for name in FIGURES}


def differences(
    runs: Mapping[Run, Mapping[str, float]], reference: Mapping[Run, Mapping[str, float]]
) -> dict[str, Mean] | None:
    """The mean of every figure's difference to another variant, over the runs that both have.

    Args:
        runs: figures of the one, by run.
        reference: figures of the other; the same run has the same people and the same seed.

    Returns:
        None where they have no run in common.
    """
    common = sorted(set(runs) & set(reference))
    if not common:
        return None
    return {name: mean({run: runs[run][name] - reference[run][name] for run in common}) for name in FIGURES}


def to_dict(variants: Mapping[float, Mapping[str, Mapping[Run, Mapping[str, float]]]]) -> list[dict[str, Any]]:
    """The whole comparison as plain values, one entry a variant and idiosyncrasy."""
    entries = []
    for idiosyncrasy, rows in variants.items():
        for name, runs in rows.items():
            found = {'figures': means(runs), 'minus_supervised': differences(runs, rows.get(BASELINE, {})) or {}}
            plain = {part: {key: _plain(value) for key, value in of.items()} for part, of in found.items()}
            entries.append({'idiosyncrasy': idiosyncrasy, 'variant': name, **plain})
    return entries


def rows(variants: Mapping[str, Mapping[Run, Mapping[str, float]]]) -> dict[str, list[str]]:
    """The comparison at one idiosyncrasy: for each variant, the cells of `HEADS` after the first.

    Args:
        variants: figures by run, by variant.
    """
    lines = {}
    for name, runs in variants.items():
        own = means(runs)
        against = [differences(runs, variants.get(reference, {})) for reference in REFERENCES]
        lines[name] = [
            str(len(runs)),
            *(f'{own[key].value:.3f}' for key in _SHOWN),
            *(_difference(found, UNSEEN_CCC) for found in against),
            _difference(against[0], PROBE),
        ]
    return lines


def table(variants: Mapping[float, Mapping[str, Mapping[Run, Mapping[str, float]]]]) -> str:
    """The comparison as Markdown.

    Args:
        variants: of `by_variant`.
    """
    lines = []
    for idiosyncrasy, named in variants.items():
        lines += [f'**Idiosyncrasy {idiosyncrasy:g}**', '', _line(HEADS), '|' + '---|' * len(HEADS)]
        lines += [_line([f'`{name}`: {DESCRIPTIONS[name]}', *cells]) for name, cells in rows(named).items()] + ['']
    return '\n'.join(lines).rstrip()


def _line(cells: Sequence[str]) -> str:
    return '| ' + ' | '.join(cells) + ' |'


def _difference(found: Mapping[str, Mean] | None, key: str) -> str:
    if found is None or not any(found[key][:3]):
        return ''
    value, low, high = found[key][:3]
    return f'{value:+.3f}' if math.isnan(low) else f'{value:+.3f} [{low:+.3f}, {high:+.3f}]'


def _statistics(people: Mapping[str, Mapping[str, Sequence[float]]]) -> list[dict[str, AgreementStatistic]]:
    """Of each output, by the name of the person."""
    return [
        {subject: AgreementStatistic(*kept[output]) for subject, kept in people.items()} for output in features.OUTPUTS
    ]


def _mean(of_outputs: Iterable[float]) -> float:
    return float(np.mean(list(of_outputs)))


def _plain(found: Mean) -> dict[str, float | int | None]:
    """JSON has no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in found._asdict().items()}
