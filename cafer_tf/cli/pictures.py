"""Which image files a command is given, how they are taken, and what it must not write over."""

from __future__ import annotations

import glob
import itertools
import pathlib
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
import PIL.Image

if TYPE_CHECKING:
    from cafer_tf.serving import Predictor

ENDINGS = ('.jpg', '.jpeg', '.png')


def find(
    images: tuple[pathlib.Path, ...], written: pathlib.Path | None
) -> tuple[dict[pathlib.Path, pathlib.PurePath], list[str]]:
    """The image files that are meant, each with what to call it below another folder, and what could not be found.

    Args:
        images: files, folders, which are searched to their depth, and patterns.
        written: a folder whose files a search leaves out, for they were written by an earlier call.
    """
    found: dict[pathlib.Path, pathlib.PurePath] = {}
    mistakes = []
    for given in images:
        if given.is_dir():
            files = [path for path in sorted(given.rglob('*')) if not _is_hidden(path.relative_to(given))]
            files = _searched(files, given, written)
            found.update((path, path.relative_to(given)) for path in files)
            if not files:
                mistakes.append(f'{given}: no image in this folder; {", ".join(ENDINGS)} are read')
        elif not given.exists() and glob.has_magic(str(given)):
            # What is hidden matches only a pattern that says so.
            files = [pathlib.Path(path) for path in sorted(glob.glob(str(given), recursive=True))]
            fixed = itertools.takewhile(lambda part: not glob.has_magic(part), given.parts)
            files = _searched(files, pathlib.Path(*fixed), written)
            found.update((path, pathlib.PurePath(path.name)) for path in files)
            if not files:
                mistakes.append(f'{given}: no image matches this pattern')
        else:
            found[given] = pathlib.PurePath(given.name)
    return dict(zip(found, _distinct(found.values()), strict=True)), mistakes


def check_targets(
    paths: dict[pathlib.Path, pathlib.PurePath],
    table: pathlib.Path | None,
    folder: pathlib.Path | None,
    plot: pathlib.Path | None,
) -> None:
    """Refuses what would write over an image, before anything is written.

    Args:
        paths: of the images, each with its name below `folder`.
        table: of the answers.
        folder: of annotated images.
        plot: a picture.

    Raises:
        UsageError: a table that is called like an image; an image to be read as the place of a result; or, as the place
            of a plot, a file that is none, as when the shell makes a list of `--plot faces/*.jpg`.
    """
    if table is not None and _is_image(table):
        raise click.UsageError(f'--csv {table} has the name of an image; give the table another ending, such as .csv')
    targets = [('--csv', table), ('--plot', plot)]
    targets += [('--annotate', folder / name) for name in paths.values()] if folder is not None else []
    read = {path.resolve() for path in paths}
    for option, target in targets:
        if target is not None and target.resolve() in read:
            raise click.UsageError(f'{target} is an image to be read, which would be lost; give {option} another place')
    if plot is not None and plot.exists() and _is_image(plot) and not _is_plot(plot):
        raise click.UsageError(
            f'{plot} is there already, and is no plot of before; give --plot another name, such as plot.png'
        )


def _is_plot(path: pathlib.Path) -> bool:
    """Whether a file is a PNG that Matplotlib wrote."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', PIL.Image.DecompressionBombWarning)
            with PIL.Image.open(path) as image:
                return str(image.info.get('Software', '')).startswith('Matplotlib')
    except (OSError, PIL.Image.DecompressionBombError):
        return False


def are_whole(predictor: Predictor) -> bool:
    """Whether images are taken as one face each because there is no detector, which is said.

    Args:
        predictor: the model.

    Raises:
        FacesError: the model needs one.
    """
    from cafer_tf.recognition import finds_faces

    if finds_faces(predictor):
        return False
    click.echo(
        'note: each image is taken as one face; `pip install "cafer-tf[faces]"` for what finds faces in it', err=True
    )
    return True


def _distinct(names: Iterable[pathlib.PurePath]) -> list[pathlib.PurePath]:
    """The names, of which later ones get a number where they are there already."""
    distinct: dict[pathlib.PurePath, None] = {}
    for name in names:
        numbered, count = name, 1
        while numbered in distinct:
            count += 1
            numbered = name.with_stem(f'{name.stem}-{count}')
        distinct[numbered] = None
    return list(distinct)


def _searched(files: list[pathlib.Path], start: pathlib.Path, written: pathlib.Path | None) -> list[pathlib.Path]:
    """The images among files below a folder, without those of a folder in it that is written to."""
    images = [path for path in files if _is_image(path) and path.is_file()]
    if written is None or start.resolve() not in written.resolve().parents:
        return images
    return [path for path in images if written.resolve() not in path.resolve().parents]


def _is_image(path: pathlib.PurePath) -> bool:
    return path.suffix.lower() in ENDINGS


def _is_hidden(path: pathlib.PurePath) -> bool:
    return any(part.startswith('.') for part in path.parts)
