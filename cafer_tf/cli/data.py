"""`cafer data`: a look at a data set before anything is trained."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import click
from tqdm import tqdm

from cafer_tf import datasets
from cafer_tf.datasets import DataError, FaceRecord, Summary

_DATASET = click.option(
    '--dataset',
    required=True,
    type=click.Choice(sorted(datasets.LAYOUTS)),
    help='How the data set lies on disk (docs/data.md shows each layout).',
)
_ROOT = click.option(
    '--root',
    required=True,
    type=click.Path(path_type=pathlib.Path),
    help='Folder of the data set, the one that holds the tree of its layout.',
)
_JSON = click.option('--json', 'as_json', is_flag=True, help='Print one JSON object.')


@click.group()
def data() -> None:
    """Says what a data set holds, and how it differs from the one that a model was trained on."""


@data.command(
    epilog="""\b
Examples:
  cafer data inspect --dataset csv --root faces/
  cafer data inspect --dataset affectnet_csv --root AffectNet/ --plot affectnet.png
  cafer data inspect --dataset aff_wild2 --root Aff-Wild2/ --verify --json
"""
)
@_DATASET
@_ROOT
@click.option('--verify', is_flag=True, help='Decode every image too.')
@click.option('--plot', type=click.Path(path_type=pathlib.Path), help='Draw the labels to this picture.')
@_JSON
def inspect(dataset: str, root: pathlib.Path, verify: bool, plot: pathlib.Path | None, as_json: bool) -> None:
    """Counts what a data set holds and what is left out of it, by reason.

    Labels are read and images are looked up, but not opened: that is for --verify.
    """
    try:
        items = datasets.stream(dataset, root)
        if verify:
            items = datasets.verified(items, root)
        summary = datasets.summarise(tqdm(items, unit='row', desc='inspect', disable=None, leave=False))
    except DataError as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(_plain(summary)) if as_json else _described(summary, dataset))
    if plot is not None:
        from cafer_tf.report.labels import plot_labels

        try:
            plot_labels(summary.histogram, f'{dataset}: {summary.kept:,} faces', plot)
        except (OSError, ValueError) as error:
            raise click.ClickException(f'{plot} cannot be written: {error}') from None
        click.echo(f'plot: {plot}', err=as_json)


@data.command(
    epilog="""\b
Examples:
  cafer data compare --dataset csv --root new/ --run runs/demo
  cafer data compare --dataset aff_wild2 --root Aff-Wild2/ --run runs/affectnet_csv --page comparison.html
"""
)
@_DATASET
@_ROOT
@click.option(
    '--run',
    'out',
    required=True,
    type=click.Path(path_type=pathlib.Path),
    help='Folder of the run whose training data is the reference.',
)
@click.option('--page', type=click.Path(path_type=pathlib.Path), help='Draw both to this HTML page.')
@_JSON
def compare(dataset: str, root: pathlib.Path, out: pathlib.Path, page: pathlib.Path | None, as_json: bool) -> None:
    """Says how the labels of a data set differ from those that a model was trained on.

    Images are not opened. The exit status is 1 where something drifted by more than chance explains.
    """
    from pipeline import console

    with console.hush():
        from pipeline import data_validation
        from pipeline.errors import EXPECTED
    try:
        with console.hush():
            records = (item for item in datasets.stream(dataset, root) if isinstance(item, FaceRecord))
            new = data_validation.label_statistics(
                tqdm(records, unit='face', desc='compare', disable=None, leave=False)
            )
            reference = data_validation.read_training_statistics(out)
            schema = data_validation.face_schema()
            comparison = data_validation.compare(new, reference, schema)
    except EXPECTED as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(comparison.to_dict()))
    else:
        click.echo('\n'.join(comparison.lines()))
    if page is not None:
        drifted = [feature.description for feature in comparison.features if feature.drifted]
        sides = {f'new: {dataset}': new, f'reference: {out.name}': reference}
        text = data_validation.statistics_page(sides, schema, [], drifted, f'{dataset} beside {out.name}')
        try:
            page.write_text(text, encoding='utf-8')
        except OSError as error:
            raise click.ClickException(f'{page} cannot be written: {error}') from None
        click.echo(f'page: {page}', err=as_json)
    sys.exit(1 if comparison.drifted else 0)


def _plain(summary: Summary) -> dict[str, Any]:
    """What --json prints."""
    return {
        'rows': summary.rows,
        'kept': summary.kept,
        'excluded': summary.excluded,
        'damaged': summary.damaged,
        'subjects': summary.subjects,
        'subjects_known': summary.subjects_known,
        'videos': summary.videos,
        'metadata': summary.metadata,
        'splits': summary.splits,
    }


def _described(summary: Summary, dataset: str) -> str:
    from cafer_tf.report.labels import label_map

    lines = [f'{dataset}: {summary.rows:,} rows, {summary.kept:,} kept']
    lines += [f'{count:>12,} × {reason}' for reason, count in summary.excluded.items()]
    if summary.damaged:
        lines.append(f'{summary.damaged:>12,} of these are damaged: a run lists them in its quarantine')
    unknown = '' if summary.subjects_known else ' (who is shown is unknown: each image counts as its own subject)'
    lines += [f'subjects: {summary.subjects:,}{unknown}', f'videos: {summary.videos:,}']
    if summary.metadata:
        counts = ', '.join(f'{key} ({count:,} values)' for key, count in summary.metadata.items())
        lines.append(f'metadata: {counts}')
    if summary.splits:
        lines.append('splits: ' + ', '.join(f'{split} {count:,}' for split, count in summary.splits.items()))
    if summary.kept:
        lines += ['', label_map(summary.histogram)]
    return '\n'.join(lines)
