"""Aff-Wild: a text file of valences and one of arousals for every video, one value a line, and its frames, cropped.

    annotations/train/valence/105.txt
    annotations/train/arousal/105.txt
    train_crop_face/105/1.jpg, 2.jpg, … 10.jpg

The videos themselves are not read. Each counts as one person.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from cafer_tf import features
from cafer_tf.datasets import tree, values
from cafer_tf.datasets.records import DataError, FaceRecord, LeftOut

ANNOTATIONS, FRAMES = 'annotations/train', 'train_crop_face'
LABELS = (features.VALENCE, features.AROUSAL)
TEXT = ('.txt',)
NAME = 'name is not plain text'
"""The reason of a file whose name cannot be written down."""
UNREADABLE = 'label file is not UTF-8 text, or cannot be read'

_NUMBER = re.compile(r'(?<![0-9])([0-9]{1,18})[^0-9]*\Z')
"""The last digits of a name; 18 of them still fit 64 bits."""


class _Frame(NamedTuple):
    """A cropped frame; `plain` says whether its path can be written down."""

    number: int
    path: str
    plain: bool


def read_aff_wild(root: pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Reads the labels video by video, in the order of their names.

    Line i, from 1, belongs to the i-th frame in the order of the frames' numbers: the last digits of their names. No
    split is named. Folders of frames whose video has no label file are not looked at.

    Args:
        root: the folder with `annotations` and `train_crop_face`.

    Yields:
        One item for every line and every frame of a video: a record, or what is left out. By the protocol that is
        whatever one of valences, arousals and frames has more of than the others, at the end.

    Raises:
        DataError: there are no label files.
    """
    folders = [root / ANNOTATIONS / name for name in LABELS]
    videos = sorted({os.path.splitext(name)[0] for folder in folders for name in names_in(folder, TEXT)})
    if not videos:
        raise DataError(
            f'{root / ANNOTATIONS}: there are no label files. The layout needs {ANNOTATIONS}/valence/VIDEO.txt, '
            f'{ANNOTATIONS}/arousal/VIDEO.txt and the frames in {FRAMES}/VIDEO.'
        )
    for video in videos:
        yield from _read(root, video)


def read_lines(file: pathlib.Path) -> list[str]:
    """The lines of a label file, with line ends of any kind, and without blank ones after the last.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    text = tree.read_text(file, 'Copy it again.').rstrip()
    return text.replace('\r\n', '\n').replace('\r', '\n').split('\n') if text else []


def label(name: str, text: str, unlabelled: float | None = None) -> float:
    """A valence or an arousal.

    Args:
        name: of the label, for the message.
        text: as the file has it.
        unlabelled: what stands for no label and is returned as it is; None where nothing does.

    Raises:
        ValueError: it is none; the message holds no values, so that it can be counted as a reason.
    """
    try:
        number = values.finite(name, text)
    except ValueError:
        raise ValueError(f'{name} is not a number') from None
    if number == unlabelled:
        return number
    try:
        return values.label(name, number)
    except ValueError:
        raise ValueError(f'{name} is outside [{features.LABEL_MIN:g}, {features.LABEL_MAX:g}]') from None


def names_in(folder: pathlib.Path, suffixes: tuple[str, ...]) -> list[str]:
    """The names with some suffixes (in any case) in a folder, hidden ones apart; none where there is no such folder.

    Only names: for millions of frames, `tree.files` takes longer than all the rest.

    Raises:
        DataError: the folder cannot be read.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f'{folder}: cannot be read ({error.strerror}).') from None
    return [name for name in names if name.lower().endswith(suffixes) and not name.startswith('.')]


def is_plain(path: str) -> bool:
    """Whether a path of a file that is there can be written down, and stays in the root."""
    try:
        return tree.inside(path) == path
    except ValueError:
        return False


def _read(root: pathlib.Path, video: str) -> Iterator[FaceRecord | LeftOut]:
    """The items of one video."""
    try:
        subject, folder = values.identifier('video', video), tree.inside(f'{FRAMES}/{video}')
    except ValueError:
        yield LeftOut(ascii(video), NAME, damaged=True)
        return
    texts: list[list[str]] = []
    for name in LABELS:
        path = f'{ANNOTATIONS}/{name}/{video}.txt'
        if not (root / path).is_file():
            yield LeftOut(path, f'no {name} file of this video', str(root / path), damaged=True)
            return
        try:
            texts.append(read_lines(root / path))
        except DataError:
            yield LeftOut(path, UNREADABLE, str(root / path), damaged=True)
            return
    frames, unordered = _frames(root, folder)
    yield from unordered
    files = [str(root / ANNOTATIONS / name / f'{video}.txt') for name in LABELS]
    valences, arousals = texts
    for row, (valence, arousal, frame) in enumerate(itertools.zip_longest(valences, arousals, frames), start=1):
        if valence is not None and arousal is not None and frame:
            yield _item(frame, subject, (valence, arousal), files, row)
        else:
            yield from _surplus(folder, frame, valence, arousal, files, row)


def _frames(root: pathlib.Path, folder: str) -> tuple[list[_Frame], list[LeftOut]]:
    """The frames of a video in the order of their numbers, and those that have no place in it."""
    frames: dict[int, _Frame] = {}
    unordered = []
    for name in sorted(names_in(root / folder, tree.IMAGE_SUFFIXES)):
        path = f'{folder}/{name}'
        plain = is_plain(path)
        shown = path if plain else ascii(path)
        found = _NUMBER.search(os.path.splitext(name)[0])
        if not found:
            unordered.append(LeftOut(shown, 'no frame number in the file name', damaged=True))
        elif int(found[1]) in frames:
            unordered.append(LeftOut(shown, 'frame number again', damaged=True))
        else:
            frames[int(found[1])] = _Frame(int(found[1]), shown, plain)
    return [frames[number] for number in sorted(frames)], unordered


def _item(frame: _Frame, subject: str, pair: tuple[str, str], files: list[str], row: int) -> FaceRecord | LeftOut:
    """What becomes of a frame with both labels."""
    if not frame.plain:
        return LeftOut(frame.path, NAME, files[0], row, damaged=True)
    labels = []
    for name, text, file in zip(LABELS, pair, files, strict=True):
        try:
            labels.append(label(name, text))
        except ValueError as error:
            return LeftOut(frame.path, str(error), file, row, damaged=True)
    return FaceRecord(
        path=frame.path,
        valence=labels[0],
        arousal=labels[1],
        subject_id=subject,
        video_id=subject,
        frame_index=frame.number,
        file=files[0],
        row=row,
    )


def _surplus(
    folder: str, frame: _Frame | None, valence: str | None, arousal: str | None, files: list[str], row: int
) -> Iterator[LeftOut]:
    """What is left over where valences, arousals and frames are not equally many."""
    if frame:
        reason = 'frame without a label' if frame.plain else NAME
        yield LeftOut(frame.path, reason, damaged=not frame.plain)
    if valence is not None and arousal is not None:
        yield LeftOut(folder, 'label without a frame', files[0], row)
    elif valence is not None:
        yield LeftOut(folder, 'valence without arousal', files[0], row)
    elif arousal is not None:
        yield LeftOut(folder, 'arousal without valence', files[1], row)
