"""`cafer export`."""

from __future__ import annotations

import functools
import json
import pathlib
import tempfile
from typing import TYPE_CHECKING

import click

from cafer_tf import features
from cafer_tf.cli import judged

if TYPE_CHECKING:
    from cafer_tf.serving import Predictor

_TRAIN, _EVAL, _TEST = features.SPLITS
_INT8 = 'tflite-int8'
_FORMATS = ('onnx', 'tflite-float16', _INT8)


@click.command(
    epilog="""\b
Examples:
  cafer export --run runs/demo --out export/
  cafer export --run runs/demo --format onnx --out export/
  cafer export --model runs/demo/serving/cafer --dataset csv --root faces/ --out export/
  cafer export --model runs/mine/serving/cafer --dataset afew_va --root AFEW-VA/ --split all --format onnx --out export/

\b
What the files take and answer, and what they are good for: docs/export.md.
"""
)
@judged.options(
    run='Folder of a run: its served model, and the splits it ingested.',
    split='Which faces of --root the files are checked on.',
)
@click.option(
    '--representative',
    type=judged.PATH,
    help='Folder of faces by which the ranges of 8-bit integers are chosen, in the layout of --dataset, or csv.  '
    '[default: the eval split, or train where --split is eval]',
)
@click.option(
    '--format',
    'formats',
    multiple=True,
    default=_FORMATS,
    type=click.Choice(_FORMATS),
    help='What to write; repeatable.  [default: all three]',
)
@click.option('--out', required=True, type=judged.PATH, help='Folder of the files; it is made.')
@click.option(
    '--max-ccc-drop',
    type=click.FloatRange(min=0),
    default=0.02,
    show_default=True,
    help='The most that the CCC of valence or of arousal may lose.',
)
@click.option(
    '--seed',
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help='Of people into splits, where --root names none.',
)
@click.option('--json', 'as_json', is_flag=True, help='Print the figures as JSON instead of a table.')
def export(
    run: pathlib.Path | None,
    model: pathlib.Path | None,
    dataset: str | None,
    root: pathlib.Path | None,
    split: str,
    representative: pathlib.Path | None,
    formats: tuple[str, ...],
    out: pathlib.Path,
    max_ccc_drop: float,
    seed: int,
    as_json: bool,
) -> None:
    """Writes the network of a model for ONNX Runtime and TensorFlow Lite, and checks each file against the model.

    The files take pixels and answer valence, arousal and the embedding. Each is compared with the SavedModel on faces
    it was not trained on: how far the answers are apart, what that costs in CCC, and how many images a second both
    answer for. Where a file loses more CCC than --max-ccc-drop, nothing is written, and the exit status is 1.
    """
    judged.check(run, model, dataset, root)
    if root is not None and representative is not None and representative.resolve() == root.resolve():
        raise click.UsageError(
            '--representative must be other faces than those of --root, which the files are checked on'
        )
    formats = tuple(dict.fromkeys(formats))
    if run is None and split == judged.ALL and _INT8 in formats and representative is None:
        raise click.UsageError(
            f'--split {judged.ALL} leaves no faces by which {_INT8} could choose its ranges: give other ones by '
            '--representative, or other formats by --format'
        )
    from pipeline import console

    # The converters write to standard error what only their authors can use.
    with console.hush():
        from cafer_tf import conversion
        from cafer_tf.serving import Predictor
        from pipeline.errors import EXPECTED

        try:
            conversion.check_request(formats, out)
            predictor = Predictor(run / judged.SERVED if run else model or '')
            with tempfile.TemporaryDirectory() as folder:
                write = functools.partial(_write, pathlib.Path(folder), predictor, seed)
                if run is not None:
                    checked, others, which = _of_run(run, predictor)
                else:
                    layout, faces = dataset or '', root or pathlib.Path()
                    checked, others = write(layout, faces, split), ''
                    which = f'{split} {"faces" if split == judged.ALL else "split"} of {layout} {faces.name}'
                    if _INT8 in formats and representative is None:
                        others = write(layout, faces, _TRAIN if split == _EVAL else _EVAL)
                if _INT8 in formats and representative is not None:
                    others = write(dataset or 'csv', representative, judged.ALL)
                chosen = conversion.representative_faces([others], predictor.config) if _INT8 in formats else None
                found = conversion.export_network(predictor, formats, out, [checked], chosen, max_ccc_drop)
        except (*EXPECTED, conversion.ConversionError) as error:
            raise click.ClickException(str(error)) from None
    click.echo(json.dumps(found) if as_json else conversion.described(found, which))
    if found['refused']:
        raise click.ClickException(
            f'nothing was written: {", ".join(found["refused"])} loses more CCC than --max-ccc-drop {max_ccc_drop:g}. '
            'Leave it out by --format, or allow more.'
        )
    click.echo(f'files: {out}', err=as_json)


def _of_run(run: pathlib.Path, predictor: Predictor) -> tuple[str, str, str]:
    """The faces that a run ingested for its model: those to check by, those to choose ranges by, and words for both."""
    from pipeline.lineage import origin_of

    examples = origin_of(run, predictor.directory.name).examples
    which = f'the {_TEST} split of the run {run.absolute().name}'
    return f'{examples}/Split-{_TEST}/*', f'{examples}/Split-{_EVAL}/*', which


def _write(folder: pathlib.Path, predictor: Predictor, seed: int, layout: str, root: pathlib.Path, split: str) -> str:
    """Writes the faces of a split to a file of TFRecords, and returns its path."""
    from cafer_tf import evaluation

    path = folder / f'{len(list(folder.iterdir()))}.tfrecord'
    evaluation.write_faces(layout, root, path, predictor.config.faces, split, seed)
    return str(path)
