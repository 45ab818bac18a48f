"""Which trainings the study is made of, and which of them are done."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

from cafer_tf.config import Config, ConfigError
from cafer_tf.ledger import Ledger
from cafer_tf.study.job import Job
from cafer_tf.study.population import Population
from cafer_tf.study.variants import DESCRIPTIONS, LADDER

RESULTS = 'results.jsonl'
IDIOSYNCRASIES = (0.0, 0.5, 1.0)
SEEDS = 5


def jobs(
    variants: Iterable[str] = tuple(DESCRIPTIONS),
    idiosyncrasies: Iterable[float] = IDIOSYNCRASIES,
    rounds: int | None = None,
    changes: Sequence[tuple[str, Any]] = (),
) -> list[Job]:
    """The trainings in rounds: each trains every variant on every fold, and each of the folds with another seed.

    Args:
        variants: names of `DESCRIPTIONS`.
        idiosyncrasies: each in [0, 1].
        rounds: at most `SEEDS`, with which every fold has every seed; the default is that for variants of the ladder,
            and one round for others.
        changes: of the configuration, by path, for all of them.
    """
    population, variants = Population(), list(variants)
    return [
        Job(variant, idiosyncrasy, fold, (fold + turn) % SEEDS, population, tuple(changes))
        for turn in range(SEEDS)
        for idiosyncrasy in sorted(idiosyncrasies, reverse=True)
        for fold in range(population.folds)
        for variant in variants
        if turn < (rounds or (SEEDS if variant in LADDER else 1))
    ]


def finished(wanted: Iterable[Job], directory: pathlib.Path) -> list[dict[str, Any]]:
    """The results of those jobs that have one.

    Args:
        wanted: jobs; what others left there does not count.
        directory: of the study.

    Raises:
        LedgerError: the results cannot be read.
    """
    keys = {_text(job.key()) for job in wanted}
    return [result for result in Ledger(directory / RESULTS).results() if _text_of(result) in keys]


def missing(wanted: Iterable[Job], directory: pathlib.Path) -> list[Job]:
    """The jobs that have no result yet.

    Args:
        wanted: jobs.
        directory: of the study.

    Raises:
        LedgerError: the results cannot be read.
    """
    done = {_text_of(result) for result in Ledger(directory / RESULTS).results()}
    return [job for job in wanted if _text(job.key()) not in done]


def _text_of(result: dict[str, Any]) -> str:
    job = result['job']
    try:
        return _text({**job, 'config': Config.completed(job.get('config', {}))})
    except ConfigError:  # of a version that had other settings
        return _text(job)


def _text(key: dict[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)
