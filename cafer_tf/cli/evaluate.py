"""`cafer evaluate`."""

from __future__ import annotations

import json
import pathlib
import tempfile
from typing import TYPE_CHECKING, Any

import click

from cafer_tf.cli import judged
from cafer_tf.cli.folds import read_fold
from cafer_tf.datasets import Fold
from cafer_tf.files import write_text

if TYPE_CHECKING:
    from cafer_tf.evaluation import Predicted
    from cafer_tf.serving import Predictor
    from pipeline.lineage import Origin

_UNKNOWN = 'not known to be new to the model'


@click.command(
    epilog="""\b
Examples:
  cafer evaluate --run runs/demo
  cafer evaluate --run runs/mine --seen-root more-images/ --plot calibration.png
  cafer evaluate --model runs/demo/serving/cafer --dataset csv --root faces/ --split all
  cafer evaluate --model runs/mine/serving/cafer --dataset afew_va --root AFEW-VA/ --split all --json
  cafer evaluate --model runs/afew_va_2/serving/cafer --dataset afew_va --root AFEW-VA/ --fold 2/5

People of --root may be people the model was trained on, unless --fold and --seed are those of its run, or the data set
names the splits: it is judged all the same, and not said to be new to the model.
"""
)
@judged.options(
    run='Folder of a run: its served model, and the test split it ingested.', split='Which faces of --root are judged.'
)
@click.option(
    '--fold',
    callback=read_fold,
    metavar='K/N',
    help='The K-th of N parts of the people of --root is the test, where no splits are named; as in `cafer run`.',
)
@click.option(
    '--seen-root',
    type=judged.PATH,
    help='New images of people of the training split, in the layout of --dataset, or csv; a run of rendered faces '
    'brings its own.',
)
@click.option(
    '--resamples', type=click.IntRange(min=1), default=1000, show_default=True, help='Draws of people for intervals.'
)
@click.option(
    '--seed',
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help='Of all draws; also of people into splits, where --root names none.',
)
@click.option(
    '--out', 'path', type=judged.PATH, help='Where the figures go.  [default: evaluation.json, in the folder of --run]'
)
@click.option('--plot', type=judged.PATH, help='Draw the calibration to this picture.')
@click.option('--json', 'as_json', is_flag=True, help='Print the figures as JSON instead of tables.')
def evaluate(
    run: pathlib.Path | None,
    model: pathlib.Path | None,
    dataset: str | None,
    root: pathlib.Path | None,
    split: str,
    fold: Fold | None,
    seen_root: pathlib.Path | None,
    resamples: int,
    seed: int,
    path: pathlib.Path | None,
    plot: pathlib.Path | None,
    as_json: bool,
) -> None:
    """Judges a model on people it has never seen: with intervals, person by person, and by what it knows of them.

    RMSE, PCC, CCC and SAGR with intervals over people; the CCC of each person and video, and of all without an offset
    for each person; slices by strength of emotion, quadrant and metadata; the gap to people seen in training;
    calibration; and an identity probe, which says how well a linear classifier reads the person from the embedding.
    """
    judged.check(run, model, dataset, root)
    if fold is not None and (run is not None or split == judged.ALL):
        raise click.UsageError(f'--fold parts the people of --root: leave out --run and --split {judged.ALL}')
    path = path or (run or pathlib.Path()) / 'evaluation.json'
    for file in (path, plot or path):
        if not file.parent.is_dir():
            raise click.ClickException(f'{file} cannot be written: there is no folder {file.parent}')
    from pipeline import console

    with console.hush():
        from cafer_tf import evaluation
        from cafer_tf.serving import Predictor
        from pipeline.errors import EXPECTED
    try:
        predictor = Predictor(run / judged.SERVED if run else model or '')
        if run:
            origin = _origin(run, predictor)
            seen_root = seen_root or _rendered(run, origin)
            unseen, which = _ingested(predictor, run, origin)
        else:
            unseen, which = _folder(predictor, dataset or '', root or pathlib.Path(), split, seed, fold)
            which = f'{which}; {_UNKNOWN}'
        seen, others = None, ''
        if seen_root:
            seen, others = _folder(predictor, dataset or 'csv', seen_root, judged.ALL, seed)
        found = evaluation.evaluate(
            unseen,
            predictor.threshold,
            model=_name(predictor.directory, run),
            seen=seen,
            unseen_filter=which,
            seen_filter=f'{evaluation.SEEN}, {others}',
            resamples=resamples,
            seed=seed,
            held_out=run is not None,
        )
    except EXPECTED as error:
        raise click.ClickException(str(error)) from None
    _write(found, path, plot)
    click.echo(json.dumps(found) if as_json else evaluation.described(found))
    click.echo(f'figures: {path}', err=as_json)
    if plot is not None:
        click.echo(f'plot: {plot}', err=as_json)


def _origin(run: pathlib.Path, predictor: Predictor) -> Origin:
    """What the served model of a run was made from."""
    from pipeline import console

    with console.hush():
        from pipeline.lineage import origin_of
    return origin_of(run, predictor.directory.name)


def _rendered(run: pathlib.Path, origin: Origin) -> pathlib.Path | None:
    """New images of people of the training split, where a run of rendered faces has made them."""
    from pipeline.seen import data_root, seen_people

    return seen_people(run, data_root(run, origin))


def _ingested(predictor: Predictor, run: pathlib.Path, origin: Origin) -> tuple[Predicted, str]:
    """What the model says of the test split that the run ingested for it, and which faces these are."""
    from cafer_tf import evaluation
    from pipeline import console

    with console.hush():
        from pipeline.evaluation import SPLIT
    faces = evaluation.predict(predictor, [f'{origin.examples}/Split-{SPLIT}/*'])
    people = ', people never seen' if faces.subjects_known else ''
    return faces, f'{SPLIT} split of the run {run.absolute().name}{people}'


def _folder(
    predictor: Predictor, dataset: str, root: pathlib.Path, split: str, seed: int, fold: Fold | None = None
) -> tuple[Predicted, str]:
    """What the model says of the faces of a folder, and which these are."""
    from cafer_tf import evaluation

    with tempfile.TemporaryDirectory() as folder:
        file = f'{folder}/faces.tfrecord'
        written = evaluation.write_faces(dataset, root, file, predictor.config.faces, split, seed, fold)
        faces = evaluation.predict(predictor, [file])
    left_out = f', without {written.unusable} unusable images' if written.unusable else ''
    which = f'{split} {"faces" if split == judged.ALL else "split"} of {dataset} {root.name}{left_out}'
    return faces, '; '.join((which, *written.notes))


def _name(directory: pathlib.Path, run: pathlib.Path | None) -> str:
    """The model's path, relative to its run."""
    return (directory.relative_to(run) if run else directory).as_posix()


def _write(found: dict[str, Any], path: pathlib.Path, plot: pathlib.Path | None) -> None:
    """Writes the figures, and the calibration plot where that is asked."""
    from cafer_tf.report.calibration import plot_calibration

    try:
        write_text(json.dumps(found, indent=2, allow_nan=False) + '\n', path)
    except OSError as error:
        raise click.ClickException(f'{path} cannot be written: {error.strerror}') from None
    if plot is not None:
        try:
            plot_calibration(found['unseen']['calibration'], plot)
        except (OSError, ValueError) as error:
            raise click.ClickException(f'{plot} cannot be written: {error}') from None
