"""The `cafer` command."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import sys
from typing import Any

import click

from cafer_tf.config import PRESETS, Config
from cafer_tf.version import __version__

_SETTINGS = {'help_option_names': ['-h', '--help'], 'max_content_width': 110}


@click.group(context_settings=_SETTINGS)
@click.version_option(__version__, prog_name='cafer')
def main() -> None:
    """Trains, judges and applies person-independent models of facial emotion."""
    # The libraries' notes on missing accelerators help nobody here; TensorFlow reads this when it is imported.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


@main.command(
    epilog="""\b
Examples:
  cafer run                                         rendered faces, into runs/demo
  cafer run --dataset csv --root faces/             your own faces, into runs/csv
  cafer run --preset supervised --out runs/supervised
  cafer run --preset published_code --preset alexnet --dataset csv --root faces/
  cafer run --set training.epochs=40 --min-ccc 0.5

\b
The configuration and its defaults, for --set and --config:
"""
    + '\n'.join(f'  {key}={json.dumps(value)}' for key, value in Config().flat().items())
)
@click.option('--dataset', help='Layout of the data set.  [default: csv]')
@click.option('--root', type=click.Path(path_type=pathlib.Path), help='Folder of the data set; rendered faces without.')
@click.option('--out', type=click.Path(path_type=pathlib.Path), help='Folder of everything the run writes.')
@click.option(
    '--preset',
    multiple=True,
    type=click.Choice(list(PRESETS)),
    help='Choices that belong together; repeatable, a later one has precedence.',
)
@click.option('--config', type=click.Path(dir_okay=False), help='JSON file with (a part of) the configuration.')
@click.option(
    '--set', 'changes', multiple=True, metavar='KEY=VALUE', help='One value of the configuration; repeatable.'
)
@click.option('--people', type=click.IntRange(min=3), help='How many people are rendered.')
@click.option('--images-per-person', type=click.IntRange(min=1), help='How many images of each person are rendered.')
@click.option('--min-ccc', type=float, help='The smallest CCC, for valence and for arousal, that is pushed.')
@click.option('--max-bad-fraction', type=float, help='The largest fraction of unusable images.')
@click.option(
    '--seed', type=int, help='Of the draw of people into splits where the data set names none, and of rendered faces.'
)
def run(changes: tuple[str, ...], preset: tuple[str, ...], **options: Any) -> None:
    """Runs the whole pipeline: faces, TFRecords, checks, groups, training, gate, pushed model.

    The environment variables of `tfx run create --pipeline pipeline/` (CAFER_ROOT and so on, see pipeline/configs.py)
    work here too; options come before them.
    """
    from pipeline import console

    with console.hush():
        from pipeline import configs, demo
        from pipeline.errors import EXPECTED
    try:
        options['preset'] = ','.join(preset) or None
        variables = {f'CAFER_{name.upper()}': str(value) for name, value in options.items() if value is not None}
        settings = configs.from_environment({**os.environ, **variables})
        config = settings.config.with_changes(_parse(change) for change in changes)
        demo.run(dataclasses.replace(settings, config=config))
    except EXPECTED as error:
        raise click.ClickException(str(error)) from None


def _parse(change: str) -> tuple[str, Any]:
    """`training.epochs=3` as key and value; what is not JSON is text."""
    key, equals, text = change.partition('=')
    if not equals:
        raise click.UsageError(f'--set takes KEY=VALUE, for example training.epochs=40; got {change!r}')
    try:
        return key, json.loads(text)
    except ValueError:
        return key, text


@main.command(
    epilog="""\b
Examples:
  cafer predict --model runs/demo/serving/cafer face.jpg
  cafer predict --model runs/demo/serving/cafer faces/*.png --json
  cafer predict --model runs/demo/serving/cafer face.jpg --plot circumplex.png
"""
)
@click.argument('images', nargs=-1, required=True, type=click.Path(path_type=pathlib.Path))
@click.option(
    '--model',
    required=True,
    type=click.Path(path_type=pathlib.Path),
    help='A pushed model, or the folder of its versions.',
)
@click.option('--json', 'as_json', is_flag=True, help='Print JSON, one object a line.')
@click.option(
    '--plot', type=click.Path(path_type=pathlib.Path), help='Draw the faces and the circumplex to this picture.'
)
def predict(images: tuple[pathlib.Path, ...], model: pathlib.Path, as_json: bool, plot: pathlib.Path | None) -> None:
    """Says valence and arousal, each in [-1, 1], of images of one face each.

    An image that cannot be used is reported and left out; the exit status is then 1.
    """
    from cafer_tf import datasets

    usable: dict[pathlib.Path, bytes] = {}
    for path in images:
        try:
            data = datasets.load_image(path)
            datasets.check_image(data)
            usable[path] = data
        except datasets.UnusableImage as error:
            click.echo(f'error: {path}: {error}', err=True)
    if usable:
        _answer(usable, model, as_json, plot)
    sys.exit(0 if len(usable) == len(set(images)) else 1)


def _answer(images: dict[pathlib.Path, bytes], model: pathlib.Path, as_json: bool, plot: pathlib.Path | None) -> None:
    from pipeline import console

    with console.hush():
        from cafer_tf.serving import ModelError, Predictor
    try:
        answers = Predictor(model).predict(list(images.values()))
    except ModelError as error:
        raise click.ClickException(str(error)) from None
    width = max(len(str(path)) for path in images)
    for path, answer in zip(images, answers, strict=True):
        if as_json:
            click.echo(json.dumps({'path': str(path), **answer._asdict()}))
        else:
            click.echo(f'{path!s:<{width}}  valence {answer.valence:+.3f}  arousal {answer.arousal:+.3f}')
    if plot is not None:
        from cafer_tf.report.circumplex import FacePoint, plot_circumplex

        faces = [
            FacePoint(path.name, data, (answer.valence, answer.arousal))
            for (path, data), answer in zip(images.items(), answers, strict=True)
        ]
        try:
            plot_circumplex(faces, plot)
        except (OSError, ValueError) as error:
            raise click.ClickException(f'{plot} cannot be written: {error}') from None
        click.echo(f'plot: {plot}', err=as_json)


@main.command(
    epilog="""\b
Examples:
  cafer synthesize faces/
  cafer synthesize faces/ --people 200 --images-per-person 100 --image-size 112
  cafer synthesize faces/ --idiosyncrasy 0 --contact-sheet sheet.png
"""
)
@click.argument('out', type=click.Path(path_type=pathlib.Path))
@click.option('--people', type=click.IntRange(min=3), help='How many people.')
@click.option('--images-per-person', type=click.IntRange(min=1), help='How many images of each.')
@click.option('--image-size', type=click.IntRange(32, 512), help='Side of the images, in pixels.')
@click.option('--idiosyncrasy', type=click.FloatRange(0, 1), help='How differently people express an emotion.')
@click.option('--seed', type=int, help='The same seed gives the same images.')
@click.option('--workers', type=click.IntRange(min=1), help='Processes; by default one for each processor.')
@click.option(
    '--contact-sheet', type=click.Path(path_type=pathlib.Path), help='Also draw people and expressions to this PNG.'
)
def synthesize(out: pathlib.Path, workers: int | None, contact_sheet: pathlib.Path | None, **options: Any) -> None:
    """Renders parametric 3-D faces with known valence, arousal and identity.

    OUT gets images/ and labels.csv, with train, eval and test splits that share no person: a data set for
    `cafer run --dataset csv --root OUT`.
    """
    from cafer_tf import synthesis

    try:
        face_set = synthesis.FaceSet(**{name: value for name, value in options.items() if value is not None})
        synthesis.write_face_set(out, face_set, workers=workers)
        if contact_sheet is not None:
            synthesis.contact_sheet(face_set, contact_sheet)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f'faces: {out}')
    if contact_sheet is not None:
        click.echo(f'contact sheet: {contact_sheet}')


if __name__ == '__main__':
    main()
