"""Cars196 (Stanford Cars): one MATLAB file that names the class of every image.

cars_annos.mat
car_ims/000001.jpg
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

from cafer_tf.datasets import tree, values
from cafer_tf.datasets.classes.records import ClassListing, ClassRecord
from cafer_tf.datasets.reader import MISSING
from cafer_tf.datasets.records import DataError, LeftOut
from cafer_tf.datasets.splits import TEST, TRAIN

LABELS = 'cars_annos.mat'
CLASSES, TRAIN_CLASSES = 196, 98

_PROGRAM = pathlib.Path(__file__).with_name('mat_entries.py')
_SECONDS = 300
"""The 16,185 entries of the data set take less than one."""


def read_cars196(root: pathlib.Path, train_fraction: float) -> ClassListing:
    """Reads `cars_annos.mat`: classes 1 to 98 train, 99 to 196 are the test; a label is the number of its class.

    Args:
        root: the folder with `cars_annos.mat`, which its paths start at.
        train_fraction: unused; the protocol says which classes train.

    Raises:
        DataError: no such file, or one that is not what the data set has.
    """
    file = root / LABELS
    present = tree.Presence(root)
    records: dict[str, ClassRecord] = {}
    left_out = []
    for row, (name, value) in enumerate(_entries(file), start=1):
        text = name if isinstance(name, str) else ''
        try:
            path = tree.inside(text)
        except ValueError:
            reason = 'path is empty, not plain text, or leaves the folder'
            left_out.append(LeftOut(ascii(text), reason, str(file), row, damaged=True))
            continue
        number = _class(value)
        if number is None:
            reason = f'class is not a number from 1 to {CLASSES}'
        elif path in records:
            reason = 'image listed again'
        elif path not in present:
            reason = MISSING
        else:
            records[path] = ClassRecord(path, str(number), TRAIN if number <= TRAIN_CLASSES else TEST)
            continue
        left_out.append(LeftOut(path, reason, str(file), row, damaged=True))
    ordered = sorted(records.values(), key=lambda record: int(record.label))
    count = len({record.label for record in ordered})
    note = f'{CLASSES - count} of {CLASSES} classes have no images: figures do not compare with those of others'
    return ClassListing(tuple(ordered), (note,) if count < CLASSES else (), tuple(left_out))


def _entries(file: pathlib.Path) -> list[tuple[object, object]]:
    """The path and the class of every image, as the file has them."""
    if not file.is_file():
        raise DataError(f'{file}: there is no such file. The layout cars196 needs {LABELS} and the images it names.')
    command = [sys.executable, str(_PROGRAM), str(file.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise DataError(f'{file}: not read within {_SECONDS} s. Download it again.') from None
    if done.returncode:
        last = done.stderr.decode(errors='replace').strip().rpartition('\n')[2] or f'exit status {done.returncode}'
        raise DataError(f'{file}: not a MATLAB file that can be read ({last}). Download it again.')
    found = json.loads(done.stdout)
    if found is None:
        raise DataError(
            f'{file}: no annotations with a path in their first field and a class in their sixth. Take the {LABELS} of '
            'the whole data set; the files of its halves have other fields.'
        )
    return found


def _class(value: object) -> int | None:
    """The number of a class, or None if it is none."""
    try:
        number = values.finite('class', value)  # type: ignore[arg-type]  # it refuses what is no number
    except ValueError:
        return None
    return int(number) if number.is_integer() and 1 <= number <= CLASSES else None
