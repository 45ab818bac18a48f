"""All figures of one set of faces, as plain values that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cafer_tf import features
from cafer_tf.evaluation.predicting import Predicted
from cafer_tf.evaluation.slices import slices, unsliced
from cafer_tf.metrics import (
    AgreementStatistic,
    Replicates,
    calibration_curve,
    mean_of,
    replicate,
    statistics_by_name,
)
from cafer_tf.metrics.offsets import WAYS

MEAN, CCC = 'mean', 'ccc'
MINIMUM_EXAMPLES = 10
MINIMUM_DEVIATION = 0.05
"""Of the labels: where they hardly vary, a correlation is one of noise."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Draws(NamedTuple):
    """How intervals are made.

    Attributes:
        resamples: number of draws of people.
        confidence: coverage of the interval, in (0, 1).
        seed: of the draws.
    """

    resamples: int
    confidence: float
    seed: int | Sequence[int]


def judge(faces: Predicted, threshold: float, filter: str, draws: Draws) -> dict[str, Any]:
    """Pooled figures with intervals, those of each person and video, of each slice, and the calibration.

    Args:
        faces: the set.
        threshold: of emotional intensity, by which the model parts strong emotion from weak.
        filter: which faces these are, in words.
        draws: how intervals are made.

    Returns:
        `filter`, `examples`, `subjects` (None where the data set does not say who is shown), `seed` of the intervals,
        `pooled`, `per_subject`, `offsets` (see `ccc_without_offsets`; of people with `MINIMUM_EXAMPLES` faces or more,
        and None where fewer than two are known), `per_video` (None without videos; of the faces with one alone),
        `slices`, `unsliced` and `calibration`.
    """
    everyone, filmed = np.ones(len(faces), bool), faces.videos != ''
    return {
        'filter': f'{filter}; {_intervals_over(faces)}',
        'examples': len(faces),
        'subjects': _people(faces, everyone),
        'seed': draws.seed if isinstance(draws.seed, int) else [*draws.seed],
        'pooled': intervals(replicates(faces, draws), draws.confidence),
        'per_subject': _spread(faces, faces.subjects, everyone, filter),
        'offsets': _offsets(faces, filter),
        'per_video': _spread(faces, faces.videos, filmed, f'{filter}; faces of videos') if filmed.any() else None,
        'slices': [
            {
                'name': part.name,
                'value': part.value,
                'filter': f'{filter}; {part.filter}; {_intervals_over(faces)}',
                'examples': int(part.mask.sum()),
                'subjects': _people(faces, part.mask),
                'pooled': intervals(replicates(faces, draws, part.mask), draws.confidence),
            }
            for part in slices(faces, threshold)
        ],
        'unsliced': unsliced(faces),
        'calibration': {
            output: calibration_curve(faces.labels[:, i], faces.predictions[:, i])
            for i, output in enumerate(features.OUTPUTS)
        },
    }


def replicates(faces: Predicted, draws: Draws, mask: np.ndarray | None = None) -> dict[str, dict[str, Replicates]]:
    """The figures of valence and of arousal, and the mean CCC, over all people and over each draw of them.

    Args:
        faces: a set.
        draws: how many, and from which seed.
        mask: `[n]`, which faces count; all without.
    """
    rows = slice(None) if mask is None else mask
    found = {
        output: replicate(
            statistics_by_name(faces.labels[rows, i], faces.predictions[rows, i], faces.subjects[rows]),
            draws.resamples,
            draws.seed,
        )
        for i, output in enumerate(features.OUTPUTS)
    }
    return {**found, MEAN: {CCC: mean_of([found[output][CCC] for output in features.OUTPUTS])}}


def intervals(figures: dict[str, dict[str, Replicates]], confidence: float) -> dict[str, dict[str, Any]]:
    """Value, low and high of each figure of each output."""
    return {
        output: {name: figure.interval(confidence).to_dict() for name, figure in named.items()}
        for output, named in figures.items()
    }


def ccc_by(labels: np.ndarray, predictions: np.ndarray, names: np.ndarray) -> dict[str, Any]:
    """The CCC of each person or video with enough examples and enough variety, and its quantiles.

    Args:
        labels: `[n, 2]`, valence first.
        predictions: `[n, 2]`.
        names: `[n]`, of persons or videos.

    Returns:
        `minimum_examples` and `minimum_deviation` (of the labels, each output on its own); for each output how many are
        `included` and `excluded`, the `quantiles` (None each where nobody is included), and by name the `ccc` and the
        `examples` that it is of.
    """
    found: dict[str, Any] = {'minimum_examples': MINIMUM_EXAMPLES, 'minimum_deviation': MINIMUM_DEVIATION}
    for i, output in enumerate(features.OUTPUTS):
        every = statistics_by_name(labels[:, i], predictions[:, i], names)
        scores, quantiles = ccc_spread(every)
        found[output] = {
            'included': len(scores),
            'excluded': len(every) - len(scores),
            'quantiles': {f'{at:g}': quantiles.get(at) for at in QUANTILES},
            'ccc': scores,
            'examples': {name: int(every[name].count) for name in scores},
        }
    return found


def ccc_spread(
    statistics: Mapping[str, AgreementStatistic],
    minimum_examples: int = MINIMUM_EXAMPLES,
    minimum_deviation: float = MINIMUM_DEVIATION,
) -> tuple[dict[str, float], dict[float, float]]:
    """The CCC of each of those who can be judged on their own, and quantiles over them.

    Args:
        statistics: of one output, by the name of the person or video.
        minimum_examples: that one must have.
        minimum_deviation: of the labels of one, ddof 0.

    Returns:
        The CCCs by name, and their `QUANTILES`, of which there are none where nobody is left.
    """
    scores = {
        name: statistic.ccc()
        for name, statistic in statistics.items()
        if statistic.count >= minimum_examples and np.sqrt(statistic.square_y / statistic.count) >= minimum_deviation
    }
    quantiles = np.quantile(list(scores.values()), QUANTILES).tolist() if scores else []
    return scores, dict(zip(QUANTILES, quantiles, strict=bool(scores)))


def ccc_without_offsets(
    statistics: Mapping[str, AgreementStatistic], minimum_examples: int = MINIMUM_EXAMPLES
) -> dict[str, float]:
    """The CCC of several people together in each of `WAYS`.

    Args:
        statistics: of one output, by the name of the person.
        minimum_examples: that a person must have to count; of a single one the mean error would be the whole error.

    Returns:
        The CCCs by the names of `WAYS`; none where fewer than two people count.
    """
    people = {name: statistic for name, statistic in statistics.items() if statistic.count >= minimum_examples}
    if len(people) < 2:
        return {}
    return {name: way.ccc(people) for name, way in WAYS.items()}


def _spread(faces: Predicted, names: np.ndarray, mask: np.ndarray, filter: str) -> dict[str, Any]:
    """What `ccc_by` finds of some faces, after which these are and how many."""
    return {
        'filter': filter,
        'examples': int(mask.sum()),
        'subjects': _people(faces, mask),
        **ccc_by(faces.labels[mask], faces.predictions[mask], names[mask]),
    }


def _offsets(faces: Predicted, filter: str) -> dict[str, Any] | None:
    if not faces.subjects_known:
        return None
    statistics = {
        output: statistics_by_name(faces.labels[:, i], faces.predictions[:, i], faces.subjects)
        for i, output in enumerate(features.OUTPUTS)
    }
    found = {output: ccc_without_offsets(people) for output, people in statistics.items()}
    if not all(found.values()):
        return None
    found[MEAN] = {way: float(np.mean([one[way] for one in found.values()])) for way in WAYS}
    counts = [int(one.count) for one in statistics[features.VALENCE].values() if one.count >= MINIMUM_EXAMPLES]
    told = f'{filter}; people with {MINIMUM_EXAMPLES} faces or more'
    return {'filter': told, 'examples': sum(counts), 'subjects': len(counts), **found}


def _people(faces: Predicted, mask: np.ndarray) -> int | None:
    return len(np.unique(faces.subjects[mask])) if faces.subjects_known else None


def _intervals_over(faces: Predicted) -> str:
    if faces.subjects_known:
        return 'intervals over people'
    return 'who is shown is unknown, so that intervals are over images'
