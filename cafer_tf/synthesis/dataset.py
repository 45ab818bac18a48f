"""Writes a face set as a folder of images and a `labels.csv`."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Collection, Iterator
from typing import Any

import joblib
from tqdm.auto import tqdm

from cafer_tf.features import SPLITS
from cafer_tf.synthesis.identity import make_person
from cafer_tf.synthesis.population import FaceSet, render_sample, subject_id

HEADER = ('path', 'valence', 'arousal', 'subject_id', 'split', 'expression')
LABELS, PARAMETERS = 'labels.csv', 'face_set.json'
GENERATOR = 1
"""Raised when the same parameters come to give other images, so that old sets are not taken for new ones."""

Row = tuple[str, str, str, str, str, str]

__all__ = ['FaceSet', 'write_face_set']


def write_face_set(
    directory: str | os.PathLike[str],
    face_set: FaceSet,
    workers: int | None = None,
    progress: bool = True,
    first_image: int = 0,
    splits: Collection[str] = SPLITS,
    replace: bool = False,
) -> pathlib.Path:
    """Renders a face set to `directory`, or keeps the complete one that is already there.

    The folder holds `images/<subject_id>/<image>.jpg`, `labels.csv` (see `HEADER`; paths are relative to the folder)
    and `face_set.json` with the parameters. It appears only when it is complete: the images are written to a
    temporary folder beside it, which is renamed at the end. The bytes do not depend on the number of workers.

    Args:
        directory: where the set shall be; it must not exist, be empty, or hold a set of the same parameters.
        face_set: what to render.
        workers: processes; by default one for each processor that this process may use.
        progress: show a progress bar.
        first_image: number of each person's first image. The images of a person are an endless series: with
            `first_image=face_set.images_per_person` one gets new images of the people of the first set.
        splits: render only the people of these splits.
        replace: take the place of a set with other parameters; for folders that belong to the caller.

    Returns:
        The directory.

    Raises:
        ValueError: an argument out of range.
        FileExistsError: the directory holds something else.
    """
    directory = pathlib.Path(directory)
    unknown = sorted(set(splits) - set(SPLITS))
    if unknown or not splits:
        raise ValueError(f'splits must be some of {", ".join(SPLITS)}; unknown: {", ".join(unknown) or "none given"}')
    if first_image < 0:
        raise ValueError(f'first_image must not be negative; it is {first_image}')
    if workers is not None and workers < 1:
        raise ValueError(f'workers must be at least 1; it is {workers}')
    parameters = {
        'generator': GENERATOR,
        **dataclasses.asdict(face_set),
        'first_image': first_image,
        'splits': [split for split in SPLITS if split in splits],
    }
    if _is_complete(directory, parameters, replace):
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    aside = pathlib.Path(tempfile.mkdtemp(prefix=f'.{directory.name}-', suffix='-unfinished', dir=directory.parent))
    replaced = aside.with_name(f'{aside.name}-replaced')
    try:
        rows = _render(aside, face_set, workers or _processors(), progress, first_image, splits)
        with (aside / LABELS).open('w', newline='', encoding='utf-8') as file:
            writer = csv.writer(file, lineterminator='\n')
            writer.writerow(HEADER)
            writer.writerows(rows)
        (aside / PARAMETERS).write_text(json.dumps(parameters, indent=2) + '\n', encoding='utf-8')
        aside.chmod(0o755)  # mkdtemp makes it private
        if not _is_complete(directory, parameters, replace):  # another process may have written the set meanwhile
            if directory.exists() and any(directory.iterdir()):
                directory.rename(replaced)  # whole, so that the folder never holds a part of a set
            elif directory.exists():
                directory.rmdir()
            aside.rename(directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return directory


def _is_complete(directory: pathlib.Path, parameters: dict[str, Any], replace: bool) -> bool:
    """Whether the directory is a set with these parameters; an error if it is anything but absent or empty.

    Where it may be replaced, a set with other parameters is none either.
    """
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return False
    found = _parameters(directory)
    if found is None:
        raise FileExistsError(f'{directory} exists and is no face set; choose another directory or remove it')
    differing = [name for name in {**found, **parameters} if found.get(name) != parameters.get(name)]
    if differing and not replace:
        described = ', '.join(f'{name} is {found.get(name)!r}, not {parameters.get(name)!r}' for name in differing)
        raise FileExistsError(
            f'{directory} holds a face set with other parameters ({described}); choose another directory, remove this '
            'one, or ask for the parameters it has'
        )
    return not differing


def _parameters(directory: pathlib.Path) -> dict[str, Any] | None:
    """The parameters of a face set; None where the directory is no such set."""
    if not (directory / PARAMETERS).is_file() or not (directory / LABELS).is_file():
        return None
    try:
        found = json.loads((directory / PARAMETERS).read_text(encoding='utf-8'))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _render(
    folder: pathlib.Path,
    face_set: FaceSet,
    workers: int,
    progress: bool,
    first_image: int,
    splits: Collection[str],
) -> list[Row]:
    """Renders all images; the rows are sorted by path."""
    people = [(index, split) for index, split in enumerate(face_set.splits()) if split in splits]
    workers = min(workers, len(people))
    arguments = [(folder, face_set, index, split, first_image) for index, split in people]
    rows: list[Row] = []
    with tqdm(total=len(people) * face_set.images_per_person, unit='image', desc='faces', disable=not progress) as bar:
        for person_rows in _map(arguments, workers):
            rows += person_rows
            bar.update(len(person_rows))
    return sorted(rows)


def _map(arguments: list[tuple[pathlib.Path, FaceSet, int, str, int]], workers: int) -> Iterator[list[Row]]:
    if workers == 1:
        yield from (_render_person(*values) for values in arguments)
    else:
        parallel = joblib.Parallel(n_jobs=workers, backend='loky', return_as='generator_unordered')
        yield from parallel(joblib.delayed(_render_person)(*values) for values in arguments)


def _render_person(folder: pathlib.Path, face_set: FaceSet, index: int, split: str, first_image: int) -> list[Row]:
    """Renders the images of one person and returns their rows."""
    person, subject = make_person(face_set.seed, index), subject_id(index)
    (folder / 'images' / subject).mkdir(parents=True)
    rows: list[Row] = []
    for image in range(first_image, first_image + face_set.images_per_person):
        encoded, blend = render_sample(face_set, person, index, image)
        path = f'images/{subject}/{image:04d}.jpg'
        (folder / path).write_bytes(encoded)
        rows.append((path, f'{blend.valence:.4f}', f'{blend.arousal:.4f}', subject, split, blend.name))
    return rows


def _processors() -> int:
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
