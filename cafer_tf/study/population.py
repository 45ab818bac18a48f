"""The people of the study, as TFRecords of a person each, and which of them a fold learns from and tests."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

import joblib
import tensorflow as tf
from tqdm import tqdm

from cafer_tf.config import ConfigError
from cafer_tf.datasets import FaceRecord
from cafer_tf.examples import to_example
from cafer_tf.files import write_json
from cafer_tf.synthesis import FaceSet, make_person
from cafer_tf.synthesis.population import render_sample, subject_id

_LAYOUT, _PARAMETERS = 'rendered', 'population.json'
_TRAIN_PARTS, _EVAL_PARTS = 2, 1


@dataclasses.dataclass(frozen=True)
class Population:
    """Rendered people, and how many images of each.

    Attributes:
        people: number of persons, a multiple of `folds`.
        images: of each person, to learn from or to be tested on.
        new_images: more images of each person, by which a network is judged that has learned from the others.
        image_size: side in pixels.
        folds: number of parts that the people are divided into, at least 4. Fold k learns from the parts k and k + 1,
            chooses the epoch on part k + 2 and is tested on all others.
        seed: of the faces.
    """

    people: int = 50
    images: int = 100
    new_images: int = 20
    image_size: int = 34
    folds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds <= _TRAIN_PARTS + _EVAL_PARTS or self.people % self.folds:
            raise ConfigError(
                f'people ({self.people}) must be a multiple of folds ({self.folds}), which must be at least 4'
            )


@dataclasses.dataclass(frozen=True)
class Fold:
    """The TFRecords of a fold, one file a person; `seen` are new images of the people of `train`."""

    train: tuple[str, ...]
    eval: tuple[str, ...]
    test: tuple[str, ...]
    seen: tuple[str, ...]


def fold_of(population: Population, directory: pathlib.Path, fold: int) -> Fold:
    """The files of a fold.

    Args:
        population: who there is.
        directory: that `render` wrote.
        fold: from 0 to `population.folds - 1`.
    """
    size = population.people // population.folds
    people = [(fold * size + place) % population.people for place in range(population.people)]
    learned, chosen = _TRAIN_PARTS * size, (_TRAIN_PARTS + _EVAL_PARTS) * size
    files = [str(_file(directory, person)) for person in people]
    return Fold(
        train=tuple(files[:learned]),
        eval=tuple(files[learned:chosen]),
        test=tuple(files[chosen:]),
        seen=tuple(str(_file(directory, person, new=True)) for person in people[:learned]),
    )


def render(population: Population, idiosyncrasy: float, directory: pathlib.Path, workers: int) -> None:
    """Renders every person that is not there yet; a file appears when it is complete.

    Args:
        population: who.
        idiosyncrasy: how differently they express an emotion, in [0, 1].
        directory: of this population and idiosyncrasy alone.
        workers: processes.

    Raises:
        ConfigError: the directory holds other people.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _claim(directory / _PARAMETERS, {**dataclasses.asdict(population), 'idiosyncrasy': idiosyncrasy})
    missing = [
        person
        for person in range(population.people)
        if not (_file(directory, person).exists() and _file(directory, person, new=True).exists())
    ]
    parallel = joblib.Parallel(n_jobs=workers, backend='loky', return_as='generator_unordered')
    jobs = (joblib.delayed(_render_person)(population, idiosyncrasy, directory, person) for person in missing)
    title = f'faces, idiosyncrasy {idiosyncrasy:g}'
    for _ in tqdm(parallel(jobs), total=len(missing), unit='person', desc=title, disable=None if missing else True):
        pass


def _claim(path: pathlib.Path, parameters: dict[str, Any]) -> None:
    if not path.exists():
        write_json(parameters, path)
    elif json.loads(path.read_text(encoding='utf-8')) != parameters:
        raise ConfigError(f'{path.parent} holds people of another study; remove it, or choose another folder')


def _render_person(population: Population, idiosyncrasy: float, directory: pathlib.Path, index: int) -> None:
    face_set = FaceSet(
        people=population.people,
        images_per_person=population.images,
        image_size=population.image_size,
        idiosyncrasy=idiosyncrasy,
        seed=population.seed,
    )
    person = make_person(face_set.seed, index)
    for new, numbers in (
        (False, range(population.images)),
        (True, range(population.images, population.images + population.new_images)),
    ):
        path = _file(directory, index, new)
        aside = path.with_suffix('.part')
        with tf.io.TFRecordWriter(str(aside)) as writer:
            for image in numbers:
                encoded, blend = render_sample(face_set, person, index, image)
                record = FaceRecord(
                    path=f'{subject_id(index)}/{image:04d}.jpg',
                    valence=blend.valence,
                    arousal=blend.arousal,
                    subject_id=subject_id(index),
                )
                writer.write(to_example(record, _LAYOUT, encoded, 'jpeg').SerializeToString(deterministic=True))
        aside.replace(path)


def _file(directory: pathlib.Path, person: int, new: bool = False) -> pathlib.Path:
    return directory / f'{subject_id(person)}{"-new" if new else ""}.tfrecord'
