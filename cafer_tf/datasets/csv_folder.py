"""The layout of a user's own data: a folder of images and a `labels.csv`.

    path,valence,arousal[,subject_id][,split][,video_id,frame_index]

Columns are found by name, in any order; every other column is metadata of the face, under its name. Paths are relative
to the folder.
"""

from __future__ import annotations

import csv
import io
import pathlib
from collections.abc import Iterator
from typing import Protocol

from cafer_tf import features
from cafer_tf.datasets import tree, values
from cafer_tf.datasets.records import DataError, FaceRecord
from cafer_tf.datasets.splits import ALIASES

LABELS = 'labels.csv'
REQUIRED = ('path', features.VALENCE, features.AROUSAL)
OPTIONAL = (features.SUBJECT, features.SPLIT, features.VIDEO, features.FRAME)

LONGEST_METADATA = 100
"""Characters of the name of a further column, and of a value in it."""

_LONGEST_NUMBER = 18
"""Digits; a number of a frame with as many still fits 64 bits."""
_SHOWN = 300
"""Characters of a header that an error repeats: the first line of what is no CSV can be the whole file."""


class _Rows(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def read_csv_folder(root: pathlib.Path) -> Iterator[FaceRecord]:
    """Reads `labels.csv` of a folder.

    Every row is checked before anything is reported, so that one run shows all mistakes.

    Args:
        root: the folder.

    Yields:
        The records, with the splits that the file names, if any.

    Raises:
        DataError: no such file, columns missing, or rows that are wrong; the last after all rows.
    """
    file = root / LABELS
    text = tree.read_text(file, f'The layout csv needs a folder with a {LABELS} in it.')
    rows = csv.reader(io.StringIO(text, newline=''), strict=True)
    problems: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    try:
        header = next(rows, None)
        columns = _columns(file, header)
        further = _further(file, header or [])
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                record = _record(cells, columns, further, str(file), rows.line_num)
                if record.path in seen:
                    raise ValueError(f'path {record.path} again, first in row {seen[record.path]}')
            except ValueError as error:
                problems.append((rows.line_num, str(error)))
                continue
            seen[record.path] = record.row
            yield record
    except csv.Error as error:
        raise DataError.at(str(file), rows.line_num, f'not a CSV line ({error})', 'Quote it as CSV asks.') from None
    if problems:
        raise DataError.collected(str(file), problems, 'Correct the label file; no value is clipped or guessed.')
    if not seen:
        raise DataError(f'{file}: there are no rows below the header. Add one row for every image.')


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
        shown = ', '.join(header)[:_SHOWN]
        raise DataError.at(
            str(file),
            1,
            f'no column {", ".join(missing)}; the header is {shown if shown.isprintable() else ascii(shown)}',
            f'The header must name {", ".join(REQUIRED)}.{hint}',
        )
    return {name: names.index(name) for name in (*REQUIRED, *OPTIONAL) if name in names}


def _further(file: pathlib.Path, header: list[str]) -> dict[str, int]:
    """Where each column of metadata stands, sorted by name; a column without a name has none."""
    known = {*REQUIRED, *OPTIONAL}
    names = [name.strip() for name in header]
    further = {name: names.index(name) for name in sorted(names) if name and name.lower() not in known}
    for name in further:
        fault = _fault(name, names)
        if fault:
            raise DataError.at(str(file), 1, f'column {name[:LONGEST_METADATA]!r} {fault}', 'Rename or remove it.')
    return further


def _fault(name: str, names: list[str]) -> str:
    """Why the name of a column can be no key of metadata; empty if it can."""
    if '=' in name:
        return 'has a = in its name'
    if len(name) > LONGEST_METADATA:
        return f'has a name of more than {LONGEST_METADATA} characters'
    if not name.isprintable():
        return 'has unprintable characters in its name'
    return 'appears twice' if names.count(name) > 1 else ''


def _metadata(cells: list[str], further: dict[str, int]) -> tuple[tuple[str, str], ...]:
    found = {name: cells[index].strip() for name, index in further.items() if index < len(cells)}
    for name, value in found.items():
        if len(value) > LONGEST_METADATA:
            raise ValueError(f'{name} has {len(value)} characters, more than {LONGEST_METADATA}')
    return tuple((name, values.identifier(name, value)) for name, value in found.items() if value)


def _record(cells: list[str], columns: dict[str, int], further: dict[str, int], file: str, row: int) -> FaceRecord:
    if len(cells) <= max(columns.values()):
        raise ValueError(f'{len(cells)} columns, too few for the header')
    value = {name: cells[index].strip() for name, index in columns.items()}
    path = tree.inside(value['path'])
    subject, split = value.get(features.SUBJECT), value.get(features.SPLIT)
    video, frame = value.get(features.VIDEO), value.get(features.FRAME)
    if split is not None and split.lower() not in ALIASES:
        raise ValueError(f'split {split!r} is not one of {", ".join(ALIASES)}')
    if frame and not (frame.isascii() and frame.isdecimal() and len(frame) <= _LONGEST_NUMBER):
        raise ValueError(f'{features.FRAME} {frame!r} is not a whole number of at most {_LONGEST_NUMBER} digits')
    return FaceRecord(
        path=path,
        valence=values.label(features.VALENCE, value[features.VALENCE]),
        arousal=values.label(features.AROUSAL, value[features.AROUSAL]),
        subject_id=path if subject is None else values.identifier(features.SUBJECT, subject),
        split='' if split is None else ALIASES[split.lower()],
        video_id=values.identifier(features.VIDEO, video) if video else None,
        frame_index=int(frame) if frame else None,
        file=file,
        row=row,
        metadata=_metadata(cells, further),
    )
