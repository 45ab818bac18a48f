"""AffectNet as its later release has it: one small npy file for every label of every image.

    train_set/images/17.jpg
    train_set/annotations/17_exp.npy, 17_val.npy, 17_aro.npy, 17_lnd.npy
    val_set/…

Nobody is named: each image counts as its own person.
"""

from __future__ import annotations

import functools
import os
import pathlib
import re
from collections.abc import Iterator

import numpy as np

from cafer_tf.datasets import tree
from cafer_tf.datasets.affectnet_csv import EXPRESSION, Unusable, affect, points
from cafer_tf.datasets.records import DataError, FaceRecord, LeftOut
from cafer_tf.datasets.splits import EVAL, TRAIN

TRAIN_SET, VALIDATION_SET = 'train_set', 'val_set'
IMAGES, ANNOTATIONS = 'images', 'annotations'
KINDS = {'exp': 'expression', 'val': 'valence', 'aro': 'arousal', 'lnd': 'landmarks'}
"""What the files hold, by the end of their names."""

_LARGEST = 1 << 16
"""Bytes; the largest of these files, the landmarks as text, has a tenth of it."""
_MAGIC = re.compile(rb'\x93NUMPY[\x01-\x03]\x00', re.DOTALL)
_HEADER = re.compile(
    r"\{'descr': '([<>|=]?(?:f[248]|[iu][1248]|[SU]\d{1,4}))', 'fortran_order': (?:True|False), "
    r"'shape': \((\d{0,9}),?\),? *\}\s*"
)
"""No objects, at most one dimension: what these files hold. Evaluating the header, as NumPy does, is not needed."""
_ANNOTATION = re.compile(rf'(.+)_(?:{"|".join(KINDS)})\.npy', re.DOTALL)


def read_affectnet_npy(root: pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Reads the labels image by image, in the order of their numbers.

    The images of `val_set` are `eval`. Without that folder no split is named, so that people can be drawn into all.

    Args:
        root: the folder with `train_set`.

    Yields:
        One item for every image, and one for every annotated image that is not there: a record, or what is left out. By
        the protocol that is expression 9 or 10, and labels of -2, which most copies do not have.

    Raises:
        DataError: a set lacks its images or annotations.
    """
    has_validation = os.path.lexists(root / VALIDATION_SET)  # a link to nowhere must not change the split
    yield from _read(root, TRAIN_SET, TRAIN if has_validation else '')
    if has_validation:
        yield from _read(root, VALIDATION_SET, EVAL)


def _read(root: pathlib.Path, name: str, split: str) -> Iterator[FaceRecord | LeftOut]:
    """The items of one set."""
    images, annotations = root / name / IMAGES, root / name / ANNOTATIONS
    for folder in (images, annotations):
        if not folder.is_dir():
            raise DataError(
                f'{folder}: there is no such folder. The layout needs {name}/{IMAGES} and {name}/{ANNOTATIONS}.'
            )
    names = [entry for entry in _names(images) if entry.lower().endswith(tree.IMAGE_SUFFIXES)]
    names.sort(key=_order)
    known: set[str] = set()
    for image in names:
        key = os.path.splitext(image)[0]
        path = f'{name}/{IMAGES}/{image}'
        start = os.path.join(annotations, key)
        try:
            if tree.inside(path) != path:
                raise ValueError
            if key in known:
                raise Unusable('image beside another of the same number')
            yield _record(path, start, split)
        except Unusable as error:
            yield LeftOut(path, error.reason, f'{start}_val.npy', damaged=error.damaged)
        except ValueError:
            yield _unnamable(path)
        known.add(key)
    orphans = {found[1] for found in map(_ANNOTATION.fullmatch, _names(annotations)) if found and found[1] not in known}
    for key in sorted(orphans, key=_order):
        path = f'{name}/{IMAGES}/{key}.jpg'
        if path.isprintable():
            yield LeftOut(
                path, 'annotation without an image', os.path.join(annotations, f'{key}_val.npy'), damaged=True
            )
        else:
            yield _unnamable(path)


def _names(folder: pathlib.Path) -> Iterator[str]:
    """What is in a folder, hidden files apart: one name after the other, for there can be a million."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if not entry.name.startswith('.'))
    except OSError as error:
        raise DataError(f'{folder}: cannot be read ({error.strerror}).') from None


def _order(name: str) -> tuple[bool, int, str]:
    """Numbers by their value, and before names."""
    stem = os.path.splitext(name)[0]
    number = stem.isascii() and stem.isdecimal()
    return not number, int(stem) if number else 0, name


def _unnamable(path: str) -> LeftOut:
    return LeftOut(ascii(path), 'name is not plain text', damaged=True)


def _record(path: str, start: str, split: str) -> FaceRecord:
    """One image with its annotations, whose names begin with `start`."""
    labels = []
    for kind in ('exp', 'val', 'aro'):
        found = _numbers(f'{start}_{kind}.npy', KINDS[kind])
        if found is None:
            raise Unusable(f'no {KINDS[kind]} annotation')
        if len(found) != 1:
            raise Unusable(f'{KINDS[kind]} annotation is not one value')
        labels.append(found[0])
    valence, arousal, expression = affect(*labels)
    landmarks = _numbers(f'{start}_lnd.npy', KINDS['lnd'])
    return FaceRecord(
        path=path,
        valence=valence,
        arousal=arousal,
        subject_id=path,
        split=split,
        file=f'{start}_val.npy',
        landmarks=None if landmarks is None else points(landmarks),
        metadata=((EXPRESSION, expression),),
    )


def _numbers(file: str, name: str) -> list[float | str] | None:
    """The values of an npy file; None where there is no such file.

    Raises:
        Unusable: it cannot be read, or is not an npy file of numbers or text.
    """
    try:
        data = tree.read_bytes(file, _LARGEST)
    except FileNotFoundError:
        return None
    except OSError:
        raise Unusable(f'{name} annotation cannot be read') from None
    wide = 10 if data[6:7] == b'\x01' else 12
    start = wide + int.from_bytes(data[8:wide], 'little')
    found = _layout(data[:8], data[wide:start])
    if found is None or found[1] * found[0].itemsize != len(data) - start:
        raise Unusable(f'{name} annotation is not an npy file of numbers or text')
    try:
        return _unpack(data, found[0], start)
    except ValueError:  # text that is none, or nothing behind the header
        raise Unusable(f'{name} annotation is not an npy file of numbers or text') from None


def _unpack(data: bytes, form: np.dtype, start: int) -> list[float | str]:
    """The values behind a header."""
    if form.kind != 'U':
        return np.frombuffer(data, form, offset=start).tolist()
    # NumPy makes text of any number that is no character at all, which Python then stumbles over.
    encoding = 'utf-32-le' if form.str.startswith('<') else 'utf-32-be'
    ends = range(start + form.itemsize, len(data) + 1, form.itemsize)
    return [data[end - form.itemsize : end].decode(encoding).rstrip('\0') for end in ends]


@functools.lru_cache(maxsize=256)
def _layout(magic: bytes, header: bytes) -> tuple[np.dtype, int] | None:
    """The type and the number of the values of an npy file; None if it is none that is read here."""
    found = _HEADER.fullmatch(header.decode('latin-1'))
    if not _MAGIC.fullmatch(magic) or not found:
        return None
    return np.dtype(found[1]), int(found[2] or 1)
