"""The study of person independence, as the report shows it."""

from __future__ import annotations

import pathlib

from cafer_tf.ledger import LedgerError
from cafer_tf.report.page import Comparison, Picture
from cafer_tf.study import comparison, plan, plots
from cafer_tf.study.variants import DESCRIPTIONS
from pipeline.errors import RunError

_WORDS = (
    'What each part of the method does for people the network has never seen. This compares variants on rendered '
    'people, with one budget and the compact encoder (docs/study.md); it is not about the model of this run.'
)


def of_study(directory: pathlib.Path) -> Comparison:
    """The table and the picture of the results so far.

    Args:
        directory: of the study.

    Raises:
        RunError: there are no results, or they cannot be read.
    """
    try:
        results = plan.finished(plan.jobs(rounds=plan.SEEDS), directory)
    except LedgerError as error:
        raise RunError(str(error)) from None
    if not results:
        raise RunError(f'{directory / plan.RESULTS} holds no result of the study: `make study` makes them')
    found = comparison.by_variant(results)
    groups = {f'Idiosyncrasy {value:g}': comparison.rows(variants) for value, variants in found.items()}
    said = '; '.join(
        f'Idiosyncrasy {value:g}, {name}: CCC on people never seen {own[comparison.UNSEEN_CCC].value:.3f}, '
        f'probe {own[comparison.PROBE].value:.3f}'
        for value, variants in found.items()
        for name, own in ((name, comparison.means(runs)) for name, runs in variants.items())
    )
    figure = plots.comparison_figure(found)
    return Comparison(
        words=_WORDS,
        caption=f'{len(results)} trainings; differences are paired, with 95 % intervals over the folds of the people',
        heads=comparison.HEADS,
        groups=groups,
        descriptions=DESCRIPTIONS,
        picture=Picture(figure, said, 'Differences to the supervised network of the same people and seed.'),
    )
