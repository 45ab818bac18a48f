"""`cafer benchmark table`."""

from __future__ import annotations

import contextlib
import json
import pathlib
import sys
from typing import Any

import click

from cafer_tf.cli.folds import read_fold
from cafer_tf.config import PRESETS, parse_change, parse_pair
from cafer_tf.datasets import LAYOUTS, Fold
from cafer_tf.files import write_json


@click.command(
    epilog="""\b
Rows:
  mollahosseini2017, jang2019, kollias2018, barros2019, kossaifi2020, hasani2020
                        the systems that the poster compares with
  resnet18, alexnet     the networks of the paper, with its method
  avce2022, elim2022    ResNet18 with newer methods of the same authors; elim2022 needs to know who is shown
  compact               the paper's method with the network of `cafer run`

\b
Examples:
  cafer benchmark table --dataset affectnet_csv --root AffectNet/
  cafer benchmark table --dataset afew_va --root AFEW-VA/ --fold 1/5 --out runs/table-afew_va-1
  cafer benchmark table --dataset csv --root faces/ --seeds 3 --weights resnet18=resnet18.pth --out runs/table-mine
  cafer benchmark table --preset short --seeds 3 --out runs/table-short     all rows on rendered faces, on a CPU
  cafer benchmark table --rows resnet18,hasani2020 --dataset affectnet_csv --root AffectNet/
  cafer benchmark table --rows compact --preset supervised --out runs/table-supervised
  cafer benchmark table --set training.epochs=10 --set kollias2018:training.learning_rate=0.0003 --out runs/table-10

\b
The protocol, what may be compared, and what each row costs: docs/table.md.
""",
)
@click.option('--dataset', type=click.Choice(sorted(LAYOUTS)), help='Layout of the data set.  [default: csv]')
@click.option('--root', type=click.Path(path_type=pathlib.Path), help='Folder of the data set; rendered faces without.')
@click.option(
    '--out',
    type=click.Path(path_type=pathlib.Path, file_okay=False),
    default='runs/table',
    show_default=True,
    help='Folder of the results.',
)
@click.option(
    '--rows',
    metavar='NAME,NAME',
    help='Rows to train.  [default: all but compact, and those that compare people where the data name none]',
)
@click.option('--seeds', type=click.IntRange(min=1), default=1, show_default=True, help='How many times each is run.')
@click.option(
    '--preset',
    'presets',
    multiple=True,
    type=click.Choice(list(PRESETS)),
    help='Choices on top of those of each row; repeatable.',
)
@click.option(
    '--set',
    'changes',
    multiple=True,
    metavar='[ROW:]KEY=VALUE',
    help='One value of the configuration, of all rows or of one; repeatable.',
)
@click.option(
    '--fold',
    callback=read_fold,
    metavar='K/N',
    help='Test on the K-th of N parts of the people, where no splits are named.',
)
@click.option(
    '--weights', multiple=True, metavar='ROW=FILE', help='Pretrained weights of the encoder of a row; repeatable.'
)
@click.option('--people', type=click.IntRange(min=3), help='How many people are rendered.')
@click.option('--images-per-person', type=click.IntRange(min=1), help='How many images of each person are rendered.')
@click.option('--finished', is_flag=True, help='Train nothing; show what is finished.')
@click.option('--json', 'as_json', is_flag=True, help='Print JSON.')
def table(
    dataset: str | None,
    root: pathlib.Path | None,
    out: pathlib.Path,
    rows: str | None,
    changes: tuple[str, ...],
    fold: Fold | None,
    weights: tuple[str, ...],
    people: int | None,
    images_per_person: int | None,
    finished: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """RMSE, PCC and CCC of valence and arousal: eight systems as published, and trained on your data.

    Each row is trained on the train split, the epoch is chosen on eval, and the figures are of test. The published ones
    are of AffectNet, and are comparable on no other data set. A run that is stopped goes on where it was: start it
    again. What is finished lies in OUT/results.jsonl, and what was printed last in OUT/table.json and OUT/table.png,
    which `cafer report --table OUT` shows beside a run.
    """
    if dataset and root is None:
        raise click.UsageError(f'--dataset {dataset} needs --root, the folder of the data set')
    if root is not None and (people or images_per_person):
        raise click.UsageError('--people and --images-per-person are for rendered faces: leave them out, or --root')
    sizes = {'people': people, 'images_per_person': images_per_person}
    from pipeline import console

    with console.hush():
        from cafer_tf import comparison_table
        from cafer_tf.exclusive import FolderInUseError
        from cafer_tf.ledger import LedgerError
        from pipeline.errors import EXPECTED
    try:
        # Standard output is for the table alone.
        with contextlib.redirect_stdout(sys.stderr):
            given = [_row_and_change(text) for text in changes]
            benchmark = comparison_table.Benchmark(
                layout=dataset or 'csv',
                root=root or out / 'faces',
                out=out,
                rows=() if rows is None else rows.split(','),
                changes=dict(parse_change(text) for row, text in given if not row),
                own=_by_row(given),
                weights={row: pathlib.Path(file) for row, file in (parse_pair(each, 'ROW=FILE') for each in weights)},
                fold=fold,
                **options,
            )
            if finished:
                run = benchmark.finished()
            else:
                benchmark.check()
                if root is None:
                    _render(benchmark.root, {name: size for name, size in sizes.items() if size is not None})
                run = benchmark.run()
    except (*EXPECTED, FolderInUseError, LedgerError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if run is None or not run.results:
        broken = '' if run is None else '; '.join(run.broken)
        raise click.ClickException(broken or f'{benchmark.ledger.path} holds no result of these settings')
    name = 'rendered faces' if root is None else f'{benchmark.layout} {root.absolute().name}'
    summary = comparison_table.summarise(run, name)
    click.echo(json.dumps(summary) if as_json else comparison_table.table(summary))
    try:
        write_json(summary, out / comparison_table.SUMMARY)
        comparison_table.plot_table(summary, out / comparison_table.PICTURE)
    except OSError as error:
        raise click.ClickException(f'the table cannot be written to {out}: {error}') from None
    if run.broken:
        raise click.ClickException(f'{len(run.broken)} of the trainings broke down; see the notes')


def _render(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Renders the faces that take the place of a data set, where they are not there yet."""
    from cafer_tf import synthesis

    synthesis.write_face_set(folder, synthesis.FaceSet(**sizes), progress=sys.stderr.isatty())


def _row_and_change(text: str) -> tuple[str, str]:
    """`ROW:KEY=VALUE` in two; the row is empty where there is none."""
    head, colon, rest = text.partition(':')
    return (head, rest) if colon and '=' not in head else ('', text)


def _by_row(given: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row, text in given:
        if row:
            path, value = parse_change(text)
            found.setdefault(row, {})[path] = value
    return found
