"""`cafer predict`."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from cafer_tf.cli import output, pictures

if TYPE_CHECKING:
    from cafer_tf.recognition import Photograph
    from cafer_tf.report.circumplex import FacePoint

_COLUMNS = ('path', 'face', 'left', 'top', 'width', 'height', 'confidence', 'valence', 'arousal', 'intensity')
_QUALITY = 92
"""Of the JPEGs that are written."""
_PATH = click.Path(path_type=pathlib.Path)
_FILE = click.Path(dir_okay=False, path_type=pathlib.Path)
_FOLDER = click.Path(file_okay=False, path_type=pathlib.Path)


@click.command(
    epilog="""\b
Examples:
  cafer predict --model runs/demo/serving/cafer face.jpg
  cafer predict --model runs/demo/serving/cafer faces/*.png --json
  cafer predict --model runs/demo/serving/cafer photographs/ --csv faces.csv --annotate marked/
  cafer predict --model runs/demo/serving/cafer crops/ --whole --csv faces.csv
  cafer predict --model runs/demo/serving/cafer face.jpg --plot circumplex.png
"""
)
@click.argument('images', nargs=-1, required=True, type=_PATH)
@click.option('--model', required=True, type=_PATH, help='A pushed model, or the folder of its versions.')
@click.option('--whole', is_flag=True, help='Each image is one face, cropped already: look for none.')
@click.option('--json', 'as_json', is_flag=True, help='Print JSON, one object a line.')
@click.option('--csv', 'table', type=_FILE, help='Write a row for each face.')
@click.option('--annotate', 'folder', type=_FOLDER, help='Write the images with their faces marked to this folder.')
@click.option('--plot', type=_FILE, help='Draw the faces and the circumplex to this picture.')
def predict(
    images: tuple[pathlib.Path, ...],
    model: pathlib.Path,
    whole: bool,
    as_json: bool,
    table: pathlib.Path | None,
    folder: pathlib.Path | None,
    plot: pathlib.Path | None,
) -> None:
    """Says valence and arousal, each in [-1, 1], of all faces of images.

    IMAGES are JPEG or PNG files, folders, which are searched to their depth, and patterns such as 'photos/**/*.jpg'.
    What lies in the folder of --annotate is not searched.

    Where the model was trained on faces that were cropped from photographs, the same crops are made here. Where it was
    trained on images as they were (faces.source=as_is), faces are cropped tightly; an image that a single face fills is
    taken as that face, and so is a square one in which none is found.

    An image that cannot be used is reported and left out; the exit status is then 1.
    """
    paths, mistakes = pictures.find(images, folder)
    pictures.check_targets(paths, table, folder, plot)
    from cafer_tf import datasets
    from pipeline import console

    with console.hush():
        from cafer_tf.faces import FacesError, NoFaceError
        from cafer_tf.recognition import facts, recognise_file
        from cafer_tf.serving import ModelError, Predictor
    for mistake in mistakes:
        click.echo(f'error: {mistake}', err=True)
    points: list[FacePoint] = []
    try:
        predictor = Predictor(model)
        whole = whole or pictures.are_whole(predictor)
        with (
            output.table(table, _COLUMNS) as write,
            tqdm(total=len(paths), unit='image', desc='predict', disable=None, leave=False) as bar,
        ):
            width = max((len(str(path)) for path in paths), default=0)
            for path, name in paths.items():
                try:
                    answer = recognise_file(predictor, datasets.load_image(path), whole)
                except datasets.UnusableImage as error:
                    advice = '; --whole takes the image as one' if isinstance(error, NoFaceError) else ''
                    mistakes.append(f'{path}: {error}{advice}')
                    output.say(f'error: {mistakes[-1]}', err=True)
                else:
                    if answer.whole and not whole and not answer.found:
                        output.say(f'note: {path}: no face found; the image is taken as one', err=True)
                    known = enumerate(facts(answer), start=1)
                    rows = [{'path': str(path), 'face': number, **values} for number, values in known]
                    for row in rows:
                        output.say(json.dumps(row) if as_json else _line(row, len(rows), width))
                    write([{**row, **_place(row)} for row in rows])
                    if folder is not None:
                        _annotate(answer, folder / name)
                    if plot is not None:
                        points += _points(path, answer)
                bar.update()
    except (ModelError, FacesError) as error:
        raise click.ClickException(str(error)) from None
    if plot is not None and points:
        _plot(points, plot)
    for kind, made in (('csv', table), ('annotated', folder), ('plot', plot if points else None)):
        if made is not None:
            click.echo(f'{kind}: {made}', err=as_json)
    sys.exit(1 if mistakes else 0)


def _place(row: dict[str, Any]) -> dict[str, float]:
    """The columns of a face's box."""
    return dict(zip(('left', 'top', 'width', 'height'), row['box'] or (), strict=False))


def _line(row: dict[str, Any], count: int, width: int) -> str:
    number = f'  face {row["face"]} of {count}' if count > 1 else ''
    return f'{row["path"]:<{width}}{number}  valence {row["valence"]:+.3f}  arousal {row["arousal"]:+.3f}'


def _annotate(answer: Photograph, path: pathlib.Path) -> None:
    """Writes an image with its faces marked."""
    from PIL import Image

    from cafer_tf.report.overlay import Mark, annotate

    marks = [Mark(number, face.box, face.valence, face.arousal) for number, face in enumerate(answer.faces, start=1)]
    with output.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(annotate(answer.image, marks)).save(
            path, 'PNG' if path.suffix.lower() == '.png' else 'JPEG', quality=_QUALITY
        )


def _points(path: pathlib.Path, answer: Photograph) -> list[FacePoint]:
    from cafer_tf.faces import stored
    from cafer_tf.report.circumplex import FacePoint

    names = [path.name] if len(answer.faces) == 1 else [f'{path.name}, {i + 1}' for i in range(len(answer.faces))]
    return [
        FacePoint(name, stored(crop, _QUALITY), (face.valence, face.arousal))
        for name, crop, face in zip(names, answer.crops, answer.faces, strict=True)
    ]


def _plot(points: list[FacePoint], plot: pathlib.Path) -> None:
    from cafer_tf.report.circumplex import plot_circumplex

    try:
        plot_circumplex(points, plot)
    except (OSError, ValueError) as error:
        raise click.ClickException(f'{plot} cannot be written: {error}') from None
