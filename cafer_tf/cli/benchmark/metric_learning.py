"""`cafer benchmark metric-learning`."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import click

from cafer_tf.datasets.classes import CLASS_LAYOUTS


@click.command(
    'metric-learning',
    epilog="""\b
Rows:
  contrastive, triplet, margin, dsml, proxy_anchor          with the static margin
  contrastive_adaptive, triplet_adaptive, …                 with the adaptive one

\b
Examples:
  cafer benchmark metric-learning --dataset omniglot --root omniglot/ --out runs/metric-learning --workers 2
  cafer benchmark metric-learning --dataset folders --root shoes/ --out runs/shoes --rows triplet,triplet_adaptive
  cafer benchmark metric-learning --dataset cub200 --root CUB_200_2011/ --out runs/cub200 --weights resnet18.pth
  cafer benchmark metric-learning --dataset cars196 --root cars/ --out runs/cars196 --weights resnet18.pth
  cafer benchmark metric-learning --dataset cub200 --root CUB_200_2011/ --out runs/cub200-mini \\
      --weights resnet18.pth --set epochs=5 --set classes_per_batch=16 --set proxy_anchor.learning_rate=5e-5

\b
The settings of each data set, and how they were chosen: docs/metric_learning.md.
""",
)
@click.option('--dataset', required=True, type=click.Choice(sorted(CLASS_LAYOUTS)), help='Layout of the data set.')
@click.option('--root', required=True, type=click.Path(path_type=pathlib.Path), help='Folder of the data set.')
@click.option('--out', required=True, type=click.Path(path_type=pathlib.Path), help='Folder of the results.')
@click.option('--rows', metavar='NAME,NAME', help='Rows of the table.  [default: all ten]')
@click.option('--seeds', type=click.IntRange(min=1), default=5, show_default=True, help='How many times each is run.')
@click.option('--workers', type=click.IntRange(min=1), default=1, show_default=True, help='Processes, a thread each.')
@click.option(
    '--weights', type=click.Path(path_type=pathlib.Path, exists=True, dir_okay=False), help='Weights of the encoder.'
)
@click.option('--set', 'changes', multiple=True, metavar='KEY=VALUE', help='One of the settings; repeatable.')
@click.option('--json', 'as_json', is_flag=True, help='Print JSON.')
def metric_learning(
    dataset: str,
    rows: str | None,
    workers: int,
    changes: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Recall@1, 2, 4 and 8 on classes never trained on, for five losses of metric learning.

    Each loss is trained with its static margin and with the adaptive one. The epoch is chosen on classes set aside from
    those to train on. The table has means over the seeds with their 95 % intervals, and what the adaptive margin adds,
    seed by seed. A run that is stopped goes on where it was: start it again. What is finished lies in
    OUT/results.jsonl.
    """
    from pipeline import console

    # Worker processes import the libraries, too, which greet whoever does.
    os.environ.setdefault('PYTHONWARNINGS', 'ignore')
    with console.hush():
        from cafer_tf.ledger import LedgerError
        from cafer_tf.metric_learning import RECIPES, ROWS, Benchmark, DivergedError, SettingsError, summarise, table
        from pipeline.errors import EXPECTED
    try:
        names = list(ROWS) if rows is None else rows.split(',')
        if unknown := [name for name in names if name not in ROWS]:
            raise SettingsError(f'unknown row {unknown[0]!r}; known: {", ".join(ROWS)}')
        settings = RECIPES[dataset].with_changes(changes)
        found = Benchmark(layout=dataset, settings=settings, rows=names, **options).run(workers)
    except (*EXPECTED, DivergedError, LedgerError, OSError) as error:
        raise click.ClickException(str(error)) from None
    summary = summarise(found.results)
    if as_json:
        click.echo(json.dumps({**summary, 'notes': found.notes}))
        return
    for note in found.notes:
        click.echo(f'note: {note}')
    seeds = f'{options["seeds"]} seed{"s" * (options["seeds"] > 1)}'
    click.echo(f'Recall@k in percent on {_tested(found.results)}; mean and 95 % interval over {seeds}\n')
    click.echo(table(summary))


def _tested(results: list[dict[str, Any]]) -> str:
    first = results[0]['result']
    return f'{first["images"]["test"]} images of {first["classes"]["test"]} classes that were not trained on'
