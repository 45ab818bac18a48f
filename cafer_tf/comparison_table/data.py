"""A data set as TFRecords that all rows are trained on, written once."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import hashlib
import json
import pathlib
import shutil
from typing import Any

import tensorflow as tf
from tqdm import tqdm

from cafer_tf import datasets, features
from cafer_tf.comparison_table import affectnet
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import DataError, FaceRecord, Fold, LeftOut
from cafer_tf.datasets.records import SHOWN_PROBLEMS
from cafer_tf.examples import load_example

MAX_BAD_FRACTION = 0.01
"""The largest share of damaged images, as in a run of the pipeline."""
_FACTS = 'examples.json'
_FORMAT = 2


@dataclasses.dataclass(frozen=True)
class Examples:
    """The TFRecords of a data set, and how they came about.

    Attributes:
        files: of each split.
        identity: what they are, as JSON keeps it: `dataset`, `examples` (a digest of all of them), `fold` and `faces`.
            The same faces have the same identity wherever and whenever they were written.
        notes: what a user should know about the splits, a sentence each.
        subjects_known: whether the data set says who is shown.
        splits: how many examples each split has.
        left_out: how many rows or images became no example, by reason.
        counts: of the validation set of AffectNet (see `affectnet.Counts`); None for other data sets.
    """

    files: dict[str, str]
    identity: dict[str, Any]
    notes: tuple[str, ...]
    subjects_known: bool
    splits: dict[str, int]
    left_out: dict[str, int]
    counts: dict[str, int] | None


def prepare(
    layout: str, root: pathlib.Path, directory: pathlib.Path, config: FacesConfig, fold: Fold | None = None
) -> Examples:
    """Writes a data set as TFRecords, or finds those that are there.

    Args:
        layout: of the data set, a name of `cafer_tf.datasets.LAYOUTS`.
        root: its folder.
        directory: of the TFRecords. What lies there is kept where labels, images, crop and fold are the same, and
            replaced otherwise; it changes at the end, all at once.
        config: which part of each image is the face.
        fold: the part of a cross-validation to test on.

    Raises:
        DataError: labels that are wrong, a split without a face, or more than 1 % of the images damaged.
    """
    root = root.absolute()
    items = tqdm(datasets.stream(layout, root), unit='face', desc='labels', disable=None, leave=False)
    asked = _asked(layout, config, fold)
    source = {**asked, 'fingerprint': datasets.fingerprint(items, root)}
    facts = _facts(directory)
    complete = all((directory / f'{split}.gz').is_file() for split in features.SPLITS)
    if facts.get('source') != source or not complete:
        aside = directory.with_name(f'{directory.name}.part')
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        digest, found = _write(layout, root, aside, config, fold)
        facts = {'source': source, 'identity': {**asked, 'examples': digest}, **found}
        (aside / _FACTS).write_text(json.dumps(facts, indent=2) + '\n', encoding='utf-8')
        shutil.rmtree(directory, ignore_errors=True)
        aside.replace(directory)
    return _examples(directory, facts)


def find(layout: str, directory: pathlib.Path, config: FacesConfig, fold: Fold | None = None) -> Examples | None:
    """What is said of the TFRecords that a folder holds or held; None where these are others, or nothing is said.

    Args are those of `prepare`.
    """
    facts = _facts(directory)
    asked = _asked(layout, config, fold).items()
    return _examples(directory, facts) if asked <= facts.get('source', {}).items() else None


def _asked(layout: str, config: FacesConfig, fold: Fold | None) -> dict[str, Any]:
    return {
        'format': _FORMAT,
        'dataset': layout,
        'fold': None if fold is None else str(fold),
        'faces': dataclasses.asdict(config),
    }


def _examples(directory: pathlib.Path, facts: dict[str, Any]) -> Examples:
    files = {split: str(directory / f'{split}.gz') for split in features.SPLITS}
    found = {name: value for name, value in facts.items() if name != 'source'}
    return Examples(files=files, **{**found, 'notes': tuple(found['notes'])})


def _facts(directory: pathlib.Path) -> dict[str, Any]:
    """What a folder says of its TFRecords; nothing where it does not."""
    try:
        found = json.loads((directory / _FACTS).read_text(encoding='utf-8'))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class _Split:
    """The file of a split that is being written, how many examples it has, and a digest of them."""

    def __init__(self, path: pathlib.Path) -> None:
        self.file = tf.io.TFRecordWriter(str(path), 'GZIP')
        self.count = 0
        self._digest = hashlib.sha256()

    def write(self, example: bytes) -> None:
        self.file.write(example)
        self.count += 1
        self._digest.update(len(example).to_bytes(8, 'big') + example)  # with its length: no two lists look alike

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def _write(
    layout: str, root: pathlib.Path, directory: pathlib.Path, config: FacesConfig, fold: Fold | None
) -> tuple[str, dict[str, Any]]:
    """Writes the file of each split; returns a digest of all examples, and the facts but for what they are of."""
    plan = datasets.plan(layout, root, fold=fold)
    left_out = collections.Counter[str]()
    damaged: list[LeftOut] = []
    counts = affectnet.Counts() if layout in affectnet.LAYOUTS else None
    with contextlib.ExitStack() as stack:
        writers = {split: _Split(directory / f'{split}.gz') for split in features.SPLITS}
        for writer in writers.values():
            stack.enter_context(writer.file)
        for item in tqdm(datasets.stream(layout, root), unit='face', desc='examples', disable=None):
            if isinstance(item, FaceRecord):
                record = dataclasses.replace(item, split=plan.split_of(item))
                used = _use(record, layout, root, config, writers[record.split])
            else:
                used = item
            if counts is not None:
                counts.add(used, item)
            if isinstance(used, LeftOut):
                left_out[used.reason] += 1
                if used.damaged:
                    damaged.append(used)
    splits = {split: writer.count for split, writer in writers.items()}
    _check(root, splits, damaged)
    digest = hashlib.sha256(''.join(writer.digest for writer in writers.values()).encode()).hexdigest()
    return digest, {
        'notes': plan.notes,
        'subjects_known': plan.subjects_known,
        'splits': splits,
        'left_out': dict(left_out.most_common()),
        'counts': None if counts is None else dataclasses.asdict(counts),
    }


def _use(
    record: FaceRecord, layout: str, root: pathlib.Path, config: FacesConfig, writer: _Split
) -> FaceRecord | LeftOut:
    """Writes the example of a face; returns why not where that cannot be."""
    try:
        example = load_example(record, layout, root, config)
    except datasets.UnusableImage as error:
        return LeftOut(record.path, str(error), record.file, record.row, damaged=True)
    writer.write(example.SerializeToString(deterministic=True))
    return record


def _check(root: pathlib.Path, splits: dict[str, int], damaged: list[LeftOut]) -> None:
    """Raises where too much is damaged, or a split is empty."""
    total = sum(splits.values()) + len(damaged)
    if len(damaged) > MAX_BAD_FRACTION * total:
        lines = [
            f'{root}: {len(damaged)} of {total} images or labels are damaged, more than {MAX_BAD_FRACTION:.0%}. Mend '
            'them or remove their rows.'
        ]
        lines += [f'  {item.file or item.path}, row {item.row}: {item.reason}' for item in damaged[:SHOWN_PROBLEMS]]
        raise DataError('\n'.join(lines))
    for split, count in splits.items():
        if not count:
            raise DataError(f'{root}: no face of the split {split} can be used. Add some, or draw the splits anew.')
