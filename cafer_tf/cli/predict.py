"""`cafer predict`."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cafer_tf.serving import Prediction


@click.command(
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

    Where the model was trained on faces that were cropped from photographs, the same crop is made here first.

    An image that cannot be used is reported and left out; the exit status is then 1.
    """
    from cafer_tf import datasets
    from pipeline import console

    with console.hush():
        from cafer_tf.faces import FacesError
        from cafer_tf.serving import ModelError, Predictor
    try:
        predictor = Predictor(model)
        usable: dict[pathlib.Path, bytes] = {}
        for path in images:
            try:
                data = datasets.load_image(path)
                datasets.check_image(data)
                usable[path] = predictor.prepare(data)
            except datasets.UnusableImage as error:
                click.echo(f'error: {path}: {error}', err=True)
        answers = dict(zip(usable, predictor.predict(list(usable.values())), strict=True))
    except (ModelError, FacesError) as error:
        raise click.ClickException(str(error)) from None
    _show(answers, as_json)
    if plot is not None and answers:
        _plot(answers, usable, plot)
        click.echo(f'plot: {plot}', err=as_json)
    sys.exit(0 if len(usable) == len(set(images)) else 1)


def _show(answers: dict[pathlib.Path, Prediction], as_json: bool) -> None:
    width = max((len(str(path)) for path in answers), default=0)
    for path, answer in answers.items():
        if as_json:
            click.echo(json.dumps({'path': str(path), **answer._asdict()}))
        else:
            click.echo(f'{path!s:<{width}}  valence {answer.valence:+.3f}  arousal {answer.arousal:+.3f}')


def _plot(answers: dict[pathlib.Path, Prediction], images: dict[pathlib.Path, bytes], plot: pathlib.Path) -> None:
    from cafer_tf.report.circumplex import FacePoint, plot_circumplex

    points = [FacePoint(path.name, images[path], (answer.valence, answer.arousal)) for path, answer in answers.items()]
    try:
        plot_circumplex(points, plot)
    except (OSError, ValueError) as error:
        raise click.ClickException(f'{plot} cannot be written: {error}') from None
