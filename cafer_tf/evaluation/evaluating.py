"""The whole judgement of a model: unseen people, seen people, the gap between them, and the identity probe."""

from __future__ import annotations

from typing import Any

import numpy as np

from cafer_tf import features
from cafer_tf.evaluation import sets
from cafer_tf.evaluation.predicting import Predicted
from cafer_tf.metrics import identity_probe
from cafer_tf.metrics.bootstrap import CONFIDENCE, RESAMPLES

FORMAT = 1
UNSEEN = 'test split, people never seen'
"""What judged faces are, in words, where nothing else is said of them."""
SEEN = 'new images of people of the training split'
"""Likewise, of the faces of people that the model has seen."""


def evaluate(
    unseen: Predicted,
    threshold: float,
    *,
    model: str = '',
    seen: Predicted | None = None,
    unseen_filter: str = UNSEEN,
    seen_filter: str = SEEN,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
    held_out: bool = True,
) -> dict[str, Any]:
    """Judges a model by what it said of faces of people it has never seen, and of people it has.

    Seen and unseen people are drawn apart, valence and arousal of the same people together. The gap is the figure of
    the seen minus that of the unseen.

    Args:
        unseen: predictions for people who were not in training, as far as that is known.
        threshold: of emotional intensity, by which the model parts strong emotion from weak, in [0, sqrt(2)].
        model: its name, for the record.
        seen: predictions for people who were, in images that were not.
        unseen_filter: which faces those of `unseen` are, in words.
        seen_filter: likewise, of `seen`.
        resamples: draws of people for the intervals.
        confidence: coverage of the intervals, in (0, 1).
        seed: of every draw; people of `seen` are drawn by it and a 1.
        held_out: whether the faces of `unseen` are known to have been kept from training.

    Returns:
        Plain values that JSON can hold: `format`, `model`, `seed`, `resamples`, `confidence`, `threshold`, `held_out`,
        `unseen` and `seen` (see `judge`; each has the seed of its own draws), `gap` (by the draws of both) and
        `identity`. What cannot be said is None.
    """
    draws = sets.Draws(resamples, confidence, seed)
    apart = sets.Draws(resamples, confidence, (seed, 1))
    return {
        'format': FORMAT,
        'model': model,
        'seed': seed,
        'resamples': resamples,
        'confidence': confidence,
        'threshold': threshold,
        'held_out': held_out,
        'unseen': sets.judge(unseen, threshold, unseen_filter, draws),
        'seen': None if seen is None else sets.judge(seen, threshold, seen_filter, apart),
        'gap': None if seen is None else _gap(seen, unseen, apart, draws),
        'identity': {'unseen': _probe(unseen, unseen_filter, draws, seed)},
    }


def _gap(seen: Predicted, unseen: Predicted, seen_draws: sets.Draws, unseen_draws: sets.Draws) -> dict[str, Any]:
    one, other = sets.replicates(seen, seen_draws), sets.replicates(unseen, unseen_draws)
    return {
        output: {sets.CCC: (one[output][sets.CCC] - other[output][sets.CCC]).interval(seen_draws.confidence).to_dict()}
        for output in (*features.OUTPUTS, sets.MEAN)
    }


def _probe(faces: Predicted, filter: str, draws: sets.Draws, seed: int) -> dict[str, Any] | None:
    if not faces.subjects_known:
        return None
    # The draw of the halves goes by rows, and must not depend on the order in which files are read.
    order = np.argsort(faces.sources, kind='stable')
    found = identity_probe(
        faces.embeddings[order],
        faces.subjects[order],
        faces.videos[order],
        resamples=draws.resamples,
        confidence=draws.confidence,
        seed=seed,
    )
    return None if found is None else {**found, 'filter': f'{filter}; {found["filter"]}'}
