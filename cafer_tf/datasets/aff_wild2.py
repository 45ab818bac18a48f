"""Aff-Wild2, the challenge of estimating valence and arousal: one text file for every video, and its faces, cropped.

    VA_Estimation_Challenge/Train_Set/12-24-1920x1080_left.txt
    VA_Estimation_Challenge/Validation_Set/…
    cropped_aligned/12-24-1920x1080_left/00001.jpg

A file's first line names its columns, `valence,arousal`; line i below it belongs to frame i. Where a video shows two
people, each has a file, and their names end in `_left` and `_right`.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

from cafer_tf import features
from cafer_tf.datasets import tree, values
from cafer_tf.datasets.aff_wild import LABELS, NAME, TEXT, UNREADABLE, is_plain, label, names_in, read_lines
from cafer_tf.datasets.records import DataError, FaceRecord, LeftOut
from cafer_tf.datasets.splits import EVAL, TRAIN

CHALLENGE, CROPS = 'VA_Estimation_Challenge', 'cropped_aligned'
SETS = {'Train_Set': TRAIN, 'Validation_Set': EVAL}
"""The folders of label files and their splits."""
UNLABELLED = -5
"""What stands for no label."""


def read_aff_wild2(root: pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Reads the labels video by video: first `Train_Set`, then `Validation_Set`, each in the order of the names.

    The name of the file is the person and the clip. Crops of a video without a label file are not looked at: those of
    the challenge's test set, and of its other tasks.

    Args:
        root: the folder with `VA_Estimation_Challenge` and `cropped_aligned`.

    Yields:
        One item for every line, and one for every crop beyond them: a record, or what is left out. By the protocol that
        is a label of -5, a frame that has no crop, or a crop that has no line.

    Raises:
        DataError: there are no label files.
    """
    found = False
    for name, split in SETS.items():
        for video in sorted({os.path.splitext(file)[0] for file in names_in(root / CHALLENGE / name, TEXT)}):
            found = True
            yield from _read(root, f'{CHALLENGE}/{name}', video, split)
    if not found:
        raise DataError(
            f'{root / CHALLENGE}: there are no label files. The layout needs {CHALLENGE}/Train_Set/VIDEO.txt, '
            f'{CHALLENGE}/Validation_Set/VIDEO.txt and the crops in {CROPS}/VIDEO.'
        )


def _read(root: pathlib.Path, labels: str, video: str, split: str) -> Iterator[FaceRecord | LeftOut]:
    """The items of one video."""
    try:
        subject, folder = values.identifier('video', video), tree.inside(f'{CROPS}/{video}')
    except ValueError:
        yield LeftOut(ascii(f'{labels}/{video}'), NAME, damaged=True)
        return
    path = f'{labels}/{video}.txt'
    file = str(root / path)
    try:
        lines = read_lines(root / path)
    except DataError:
        yield LeftOut(path, UNREADABLE, file, damaged=True)
        return
    header = [name.strip().lower() for name in lines[0].split(',')] if lines else []
    if any(header.count(name) != 1 for name in LABELS):
        yield LeftOut(path, 'label file without a header of valence and arousal', file, damaged=True)
        return
    if len(lines) == 1:
        yield LeftOut(path, 'label file without labels', file, damaged=True)
        return
    first, second = map(header.index, LABELS)
    crops = set(names_in(root / folder, tree.IMAGE_SUFFIXES))
    for index, line in enumerate(lines[1:], start=1):
        name = f'{index:05d}.jpg'
        present = name in crops
        crops.discard(name)
        cells = line.split(',')
        if len(cells) == len(header):
            yield _item(f'{folder}/{name}', subject, split, (cells[first], cells[second]), present, index, file)
        else:
            reason = 'not as many values as columns in the header'
            yield LeftOut(f'{folder}/{name}', reason, file, index + 1, damaged=True)
    yield from (_surplus(f'{folder}/{name}') for name in sorted(crops))


def _item(
    path: str, subject: str, split: str, pair: tuple[str, str], present: bool, index: int, file: str
) -> FaceRecord | LeftOut:
    """What becomes of one line; the header is the first line of its file."""
    row = index + 1
    try:
        valence = label(features.VALENCE, pair[0], UNLABELLED)
        arousal = label(features.AROUSAL, pair[1], UNLABELLED)
    except ValueError as error:
        return LeftOut(path, str(error), file, row, damaged=True)
    if UNLABELLED in (valence, arousal):
        return LeftOut(path, f'valence or arousal is {UNLABELLED}', file, row)
    if not present:
        return LeftOut(path, 'no crop of this frame', file, row)
    return FaceRecord(
        path=path,
        valence=valence,
        arousal=arousal,
        subject_id=subject,
        split=split,
        video_id=subject,
        frame_index=index,
        file=file,
        row=row,
    )


def _surplus(path: str) -> LeftOut:
    """A crop that belongs to no line."""
    if is_plain(path):
        return LeftOut(path, 'crop without a label')
    return LeftOut(ascii(path), NAME, damaged=True)
