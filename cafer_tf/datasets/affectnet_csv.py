"""AffectNet as its first release has it: images in numbered folders, and two large label files.

    Manually_Annotated_Images/689/737db2….jpg
    training.csv, validation.csv

The columns `subDirectory_filePath, face_x, face_y, face_width, face_height, facial_landmarks, expression, valence,
arousal` are found by name, in any order. Nobody is named: each image counts as its own person.
"""

from __future__ import annotations

import csv
import math
import operator
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

from cafer_tf import features
from cafer_tf.datasets import tree, values
from cafer_tf.datasets.records import DataError, FaceRecord, LeftOut
from cafer_tf.datasets.splits import EVAL, TRAIN

IMAGES, TRAINING, VALIDATION = 'Manually_Annotated_Images', 'training.csv', 'validation.csv'
COLUMNS = (
    'subDirectory_filePath',
    'face_x',
    'face_y',
    'face_width',
    'face_height',
    'facial_landmarks',
    'expression',
    'valence',
    'arousal',
)
EXPRESSION = 'expression'
"""The key of the metadata of a face that is the name of its expression."""
POINTS = 68
"""How many landmarks a face has."""
AGAIN = 'image listed again'
"""The reason of an image that has its labels already."""

EXPRESSIONS = ('neutral', 'happy', 'sad', 'surprise', 'fear', 'disgust', 'anger', 'contempt', 'none')
"""What the codes of expressions mean, of those that the protocol keeps."""

_EXCLUDED = {9: 'expression 9, uncertain', 10: 'expression 10, no face'}
_UNLABELLED = -2


class Unusable(ValueError):
    """Why a face becomes no example.

    Args:
        reason: the same words for the same reason.
        damaged: whether something is wrong with it; else the protocol leaves it out.
    """

    def __init__(self, reason: str, damaged: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.damaged = damaged


def read_affectnet_csv(root: pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Reads the label files row by row.

    The validation rows are `eval`. Without a `validation.csv` no split is named, so that people can be drawn into all.

    Args:
        root: the folder with `training.csv` and `Manually_Annotated_Images`.

    Yields:
        One item for every row: a record, or what is left out. By the protocol that is uncertain or no face
        (expression 9 or 10), labels of -2, and rows without a face box.

    Raises:
        DataError: no `training.csv`, or a file that is no CSV of this layout.
    """
    seen: set[str] = set()
    has_validation = os.path.lexists(root / VALIDATION)  # a link to nowhere must not change the split
    yield from _read(root / TRAINING, TRAIN if has_validation else '', seen)
    if has_validation:
        yield from _read(root / VALIDATION, EVAL, seen)


def affect(expression: object, valence: object, arousal: object) -> tuple[float, float, str]:
    """The valence, arousal and expression of a face, as AffectNet labels it.

    Args:
        expression: a code from 0 to 10.
        valence: in [-1, 1], or -2 where there is none.
        arousal: the same.

    Returns:
        Both in [-1, 1], and a name of `EXPRESSIONS`.

    Raises:
        Unusable: the protocol leaves the face out, or a value is wrong.
    """
    code = _number('expression', expression)
    if code in _EXCLUDED:
        raise Unusable(_EXCLUDED[int(code)], damaged=False)
    if code not in range(len(EXPRESSIONS)):
        raise Unusable('expression is not a code from 0 to 10')
    pair = _number(features.VALENCE, valence), _number(features.AROUSAL, arousal)
    if _UNLABELLED in pair:
        raise Unusable('valence or arousal is -2', damaged=False)
    return _in_range(features.VALENCE, pair[0]), _in_range(features.AROUSAL, pair[1]), EXPRESSIONS[int(code)]


def points(numbers: Iterable[str | float]) -> tuple[float, ...]:
    """The landmarks of a face: x and y of 68 points.

    Raises:
        Unusable: not as many, or not all of them finite numbers.
    """
    try:
        landmarks = tuple(map(float, numbers))
    except (TypeError, ValueError, OverflowError):
        raise Unusable('landmarks are not numbers') from None
    if len(landmarks) != 2 * POINTS:
        raise Unusable(f'landmarks are not {POINTS} points')
    if not all(map(math.isfinite, landmarks)):
        raise Unusable('landmarks are not numbers')
    return landmarks


def _read(file: pathlib.Path, split: str, seen: set[str]) -> Iterator[FaceRecord | LeftOut]:
    """The rows of one file; `seen` holds the images that are listed already."""
    if not os.path.isfile(file):
        raise DataError(
            f'{file}: there is no such file. The layout needs {TRAINING} and the folder {IMAGES} beside it.'
        )
    where, row, empty = str(file), 0, True
    try:
        with file.open('rb') as opened:
            rows = csv.reader(_lines(opened), strict=True)
            header = next(rows, [])
            pick = _picker(where, header)
            row = rows.line_num
            for cells in rows:
                row = rows.line_num
                if not any(cells):
                    continue
                empty, path = False, file.name
                try:
                    if len(cells) != len(header):
                        raise Unusable('not as many columns as the header has')
                    picked = pick(cells)
                    path = _path(picked[0])
                    if path in seen:
                        raise Unusable(AGAIN)
                    seen.add(path)
                    yield _record(path, picked, split, where, row)
                except Unusable as error:
                    yield LeftOut(path, error.reason, where, row, error.damaged)
    except csv.Error as error:
        raise DataError.at(where, row + 1, f'not a CSV line ({error})', 'Fetch the file again.') from None
    except UnicodeDecodeError:
        raise DataError.at(where, row + 1, 'not UTF-8 text', 'Save the file as UTF-8, or fetch it again.') from None
    except OSError as error:
        raise DataError(f'{where}: cannot be read ({error.strerror}).') from None
    if empty:
        raise DataError(f'{where}: there are no rows below the header. Fetch the file again.')


def _lines(opened: BinaryIO) -> Iterator[str]:
    """Text, decoded line by line, so that an error has its row; a byte order mark is left out."""
    yield next(opened, b'').decode('utf-8-sig')
    for line in opened:
        yield line.decode()


def _picker(file: str, header: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Takes the cells of `COLUMNS` out of a row, in that order."""
    names = [name.strip().lower() for name in header]
    wrong = [name for name in COLUMNS if names.count(name.lower()) != 1]
    if wrong:
        raise DataError.at(
            file, 1, f'the header does not name {", ".join(wrong)} once', f'The first line must be {",".join(COLUMNS)}.'
        )
    return operator.itemgetter(*(names.index(name.lower()) for name in COLUMNS))


def _path(text: str) -> str:
    try:
        return f'{IMAGES}/{tree.inside(text.strip())}'
    except ValueError:
        raise Unusable('path is empty, not plain text, or leaves the folder') from None


def _record(path: str, cells: Sequence[str], split: str, file: str, row: int) -> FaceRecord:
    _, left, top, width, height, landmarks, code, *labels = cells
    valence, arousal, expression = affect(code, *labels)
    if _number('face_width', width) <= 0:
        raise Unusable('no face box', damaged=False)
    box = tuple(map(_number, COLUMNS[1:5], (left, top, width, height)))
    return FaceRecord(
        path=path,
        valence=valence,
        arousal=arousal,
        subject_id=path,
        split=split,
        file=file,
        row=row,
        face_box=box,
        landmarks=points(landmarks.split(';')) if landmarks.strip() else None,
        metadata=((EXPRESSION, expression),),
    )


def _number(name: str, value: object) -> float:
    try:
        return values.finite(name, value)  # type: ignore[arg-type]  # it refuses what is no number
    except ValueError:
        raise Unusable(f'{name} is not a number') from None


def _in_range(name: str, number: float) -> float:
    try:
        return values.label(name, number)
    except ValueError:
        raise Unusable(f'{name} is outside [-1, 1]') from None
