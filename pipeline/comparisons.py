"""The study of person independence and the table of systems, as the report shows them."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from cafer_tf import comparison_table, features
from cafer_tf.ledger import LedgerError
from cafer_tf.report.page import Comparison, Picture
from cafer_tf.study import comparison, plan, plots
from cafer_tf.study.variants import DESCRIPTIONS
from pipeline.errors import RunError

_WORDS = (
    'What each part of the method does for people the network has never seen. This compares variants on rendered '
    'people, with one budget and the compact encoder (docs/study.md); it is not about the model of this run.'
)
_SYSTEMS = (
    "Published systems and this project's on one data set, with one protocol (docs/table.md). This is not about the "
    'model of this run.'
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
        key='study',
        title='Study of person independence',
        words=_WORDS,
        caption=f'{len(results)} trainings; differences are paired, with 95 % intervals over the folds of the people',
        heads=comparison.HEADS,
        groups=groups,
        descriptions=DESCRIPTIONS,
        picture=Picture(
            figure,
            said,
            'Differences to the supervised network of the same people and seed; a mean beyond the axes is at the edge.',
        ),
    )


def of_table(directory: pathlib.Path) -> Comparison:
    """The table of systems, as `cafer benchmark table` wrote it.

    Args:
        directory: of the benchmark.

    Raises:
        RunError: there is no table, or it cannot be read.
    """
    path = directory / comparison_table.SUMMARY
    try:
        return _table(json.loads(path.read_text(encoding='utf-8')))
    except FileNotFoundError:
        raise RunError(f'{path} is not there; `cafer benchmark table` makes it in its --out') from None
    except OSError as error:
        raise RunError(f'{path} cannot be read: {error.strerror}') from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RunError(f'{path} is no table of `cafer benchmark table`: {type(error).__name__}: {error}') from None


def _table(summary: dict[str, Any]) -> Comparison:
    rows = summary['rows']
    if not rows:
        raise ValueError('it has no rows')
    said = '; '.join(
        f'{row["name"]}: '
        + ', '.join(
            f'CCC {output} {row["judged"][0]["pooled"][output]["ccc"]["value"]:.3f}' for output in features.OUTPUTS
        )
        for row in rows
    )
    groups = comparison_table.groups(summary)
    methods = {name: line['method'] for name, line in summary['published'].items()}
    methods |= {comparison_table.name_of(row, judged): row['method'] for row in rows for judged in row['judged']}
    return Comparison(
        key='systems',
        title='Comparison of systems',
        words=_SYSTEMS,
        caption='Published figures above, measured ones below',
        heads=comparison_table.HEADS,
        groups=groups,
        descriptions=methods,
        picture=Picture(comparison_table.table_figure(summary), said, 'The measured rows, on the whole test split.'),
        notes=[*summary['notes']],
    )
