"""Writes a face set as a folder of images and a `labels.csv`."""

from __future__ import annotations

import csv
import dataclasses
import os
import pathlib
from collections.abc import Collection

import joblib
from tqdm.auto import tqdm

from cafer_tf.features import SPLITS
from cafer_tf.synthesis.folder import Kind, write_whole
from cafer_tf.synthesis.identity import make_person
from cafer_tf.synthesis.population import FaceSet, render_sample, subject_id
from cafer_tf.synthesis.processes import unordered

HEADER = ('path', 'valence', 'arousal', 'subject_id', 'split', 'expression')
LABELS, PARAMETERS = 'labels.csv', 'face_set.json'
KIND = Kind('face set', PARAMETERS, LABELS)
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
    count = workers or joblib.cpu_count()

    def write(folder: pathlib.Path) -> None:
        rows = _render(folder, face_set, count, progress, first_image, splits)
        with (folder / LABELS).open('w', newline='', encoding='utf-8') as file:
            writer = csv.writer(file, lineterminator='\n')
            writer.writerow(HEADER)
            writer.writerows(rows)

    return write_whole(directory, KIND, parameters, write, replace)


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
    arguments = [(folder, face_set, index, split, first_image) for index, split in people]
    rows: list[Row] = []
    with tqdm(total=len(people) * face_set.images_per_person, unit='image', desc='faces', disable=not progress) as bar:
        for person_rows in unordered(_render_person, arguments, workers):
            rows += person_rows
            bar.update(len(person_rows))
    return sorted(rows)


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
