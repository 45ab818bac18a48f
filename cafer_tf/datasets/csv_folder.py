"""The layout of a user's own data: a folder of images and a `labels.csv`.

    path,valence,arousal[,subject_id][,split][,video_id,frame_index]

Columns are found by name, in any order; other columns are ignored. Paths are relative to the folder.
"""

from __future__ import annotations

import csv
import io
import math
import pathlib
import posixpath
from collections.abc import Iterator
from typing import Protocol

from cafer_tf import features
from cafer_tf.datasets.records import DataError, FaceRecord, Listing
from cafer_tf.datasets.splits import ALIASES

LABELS = 'labels.csv'
REQUIRED = ('path', features.VALENCE, features.AROUSAL)
OPTIONAL = (features.SUBJECT, features.SPLIT, features.VIDEO, features.FRAME)


class _Rows(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def read_csv_folder(root: pathlib.Path) -> Listing:
    """Reads `labels.csv` of a folder.

    Every row is checked before anything is reported, so that one run shows all mistakes.

    Args:
        root: the folder.

    Returns:
        The records, with the splits that the file names, if any.

    Raises:
        DataError: no such file, columns missing, or rows that are wrong.
    """
    file = root / LABELS
    rows = csv.reader(io.StringIO(_text(file), newline=''), strict=True)
    try:
        header = next(rows, None)
        columns = _columns(file, header)
        records, problems = _records(rows, columns, str(file))
    except csv.Error as error:
        raise DataError.at(str(file), rows.line_num, f'not a CSV line ({error})', 'Quote it as CSV asks.') from None
    if problems:
        raise DataError.collected(str(file), problems, 'Correct the label file; no value is clipped or guessed.')
    if not records:
        raise DataError(f'{file}: there are no rows below the header. Add one row for every image.')
    if features.SUBJECT in columns:
        return Listing(tuple(records))
    return Listing(tuple(records), (f'no {features.SUBJECT} column: each image counts as its own subject',))


def _text(file: pathlib.Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(
            f'{file}: cannot be read ({error.strerror}). The layout csv needs a folder with a {LABELS} in it.'
        ) from None
    try:
        return data.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        row = data.count(b'\n', 0, error.start) + 1
        raise DataError.at(str(file), row, 'not UTF-8 text', 'Save the file as UTF-8.') from None


def _columns(file: pathlib.Path, header: list[str] | None) -> dict[str, int]:
    """Where each column that is known stands."""
    if not header:
        raise DataError(f'{file}: the file is empty. Its first line must be a header such as {",".join(REQUIRED)}.')
    names = [name.strip().lower() for name in header]
    repeated = sorted({name for name in names if names.count(name) > 1 and name in (*REQUIRED, *OPTIONAL)})
    if repeated:
        raise DataError.at(str(file), 1, f'column {", ".join(repeated)} appears twice', 'Keep one of each.')
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        hint = ' Separate columns by commas.' if len(names) == 1 and any(mark in names[0] for mark in ';\t') else ''
        raise DataError.at(
            str(file),
            1,
            f'no column {", ".join(missing)}; the header is {", ".join(header)}',
            f'The header must name {", ".join(REQUIRED)}.{hint}',
        )
    return {name: names.index(name) for name in (*REQUIRED, *OPTIONAL) if name in names}


def _records(rows: _Rows, columns: dict[str, int], file: str) -> tuple[list[FaceRecord], list[tuple[int, str]]]:
    records: list[FaceRecord] = []
    problems: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        row = rows.line_num
        try:
            record = _record(cells, columns, file, row)
        except ValueError as error:
            problems.append((row, str(error)))
            continue
        if record.path in seen:
            problems.append((row, f'path {record.path} again, first in row {seen[record.path]}'))
            continue
        seen[record.path] = row
        records.append(record)
    return records, problems


def _record(cells: list[str], columns: dict[str, int], file: str, row: int) -> FaceRecord:
    if len(cells) <= max(columns.values()):
        raise ValueError(f'{len(cells)} columns, too few for the header')
    value = {name: cells[index].strip() for name, index in columns.items()}
    path = _path(value['path'])
    subject, split, frame = value.get(features.SUBJECT), value.get(features.SPLIT), value.get(features.FRAME)
    if subject == '':
        raise ValueError(f'{features.SUBJECT} is empty')
    if split is not None and split.lower() not in ALIASES:
        raise ValueError(f'split {split!r} is not one of {", ".join(ALIASES)}')
    if frame and not frame.isdecimal():
        raise ValueError(f'{features.FRAME} {frame!r} is not a whole number')
    return FaceRecord(
        path=path,
        valence=_label(features.VALENCE, value),
        arousal=_label(features.AROUSAL, value),
        subject_id=path if subject is None else subject,
        split='' if split is None else ALIASES[split.lower()],
        video_id=value.get(features.VIDEO) or None,
        frame_index=int(frame) if frame else None,
        file=file,
        row=row,
    )


def _path(text: str) -> str:
    """The path in one spelling, so that duplicates are found."""
    if not text:
        raise ValueError('path is empty')
    if '\\' in text:
        raise ValueError(f'path {text} has backslashes; write forward slashes')
    path = posixpath.normpath(text)
    if path.startswith('/') or path.split('/')[0] == '..':
        raise ValueError(f'path {text} leaves the folder')
    return path


def _label(name: str, value: dict[str, str]) -> float:
    try:
        number = float(value[name])
    except ValueError:
        raise ValueError(f'{name} {value[name]!r} is not a number') from None
    if math.isnan(number) or not features.LABEL_MIN <= number <= features.LABEL_MAX:
        raise ValueError(f'{name} {value[name]} is outside [{features.LABEL_MIN:g}, {features.LABEL_MAX:g}]')
    return number
