"""Data sets that keep the images of each class in a folder of its own."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cafer_tf.datasets import tree, values
from cafer_tf.datasets.classes.records import ClassListing, ClassRecord
from cafer_tf.datasets.records import SHOWN_PROBLEMS, DataError, LeftOut
from cafer_tf.datasets.splits import TEST, TRAIN

CUB, CUB_IMAGES = 'CUB_200_2011', 'images'
CUB_CLASSES, CUB_TRAIN = 200, 100
OMNIGLOT_PAIRS = (('images_background', 'images_evaluation'), ('images_background_small1', 'images_background_small2'))
"""The folders of Omniglot that belong together: the alphabets of the first train, those of the second are the test."""
NAME = 'name is not plain text'
"""The reason of a file or folder whose name cannot be written down."""


class _Class(NamedTuple):
    """A class and where its images are."""

    label: str
    folder: pathlib.Path
    split: str


def read_cub200(root: pathlib.Path, train_fraction: float) -> ClassListing:
    """Reads CUB-200-2011, `CUB_200_2011/images/<class>/*.jpg`: in the order of names, the first 100 classes train.

    Args:
        root: the folder with `CUB_200_2011`, or that folder itself.
        train_fraction: unused; the protocol says which classes train.

    Raises:
        DataError: no such folders, or no more than 100 classes.
    """
    images = next((found for found in (root / CUB / CUB_IMAGES, root / CUB_IMAGES) if found.is_dir()), None)
    if images is None:
        raise DataError(f'{root}: there is no {CUB}/{CUB_IMAGES}. Give the folder that CUB-200-2011 was unpacked into.')
    folders = tree.folders(images)
    if len(folders) <= CUB_TRAIN:
        raise DataError(
            f'{images}: {len(folders)} classes, where the first {CUB_TRAIN} train and the others are the test. '
            'Complete them, or read them with the layout folders.'
        )
    listing = _collect(root, _halves(folders, CUB_TRAIN), strays=[images])
    if len(folders) == CUB_CLASSES:
        return listing
    note = f'{len(folders)} classes instead of {CUB_CLASSES}: figures do not compare with those of others'
    return ClassListing(listing.records, (note, *listing.notes), listing.left_out)


def read_folders(root: pathlib.Path, train_fraction: float) -> ClassListing:
    """Reads `<class>/**/<image>`: in the order of names, the first classes train.

    Args:
        root: the folder with one folder for each class.
        train_fraction: of the classes; the count is rounded, and neither split is left without a class.

    Raises:
        DataError: fewer than two classes.
    """
    folders = tree.folders(root)
    return _collect(root, _halves(folders, _first(root, 'class folders', folders, train_fraction)), strays=[root])


def read_omniglot(root: pathlib.Path, train_fraction: float) -> ClassListing:
    """Reads Omniglot, `images_background/<alphabet>/<character>/*.png`; a class is an alphabet's character.

    Of `images_background` and `images_evaluation`, the first is `train` and the second `test`; else of
    `images_background_small1` and `images_background_small2`. An alphabet that is in both (the small ones share Greek
    and Latin, drawing by drawing) is `train`, and what the second has of it is left out. Where only one of the four is
    there, its alphabets are parted: in the order of names, the first train.

    Args:
        root: the folder with those folders.
        train_fraction: of the alphabets, where they are parted; the count is rounded, and neither split is left without
            one.

    Raises:
        DataError: none of the folders, or fewer than two alphabets.
    """
    there = [[name for name in pair if (root / name).is_dir()] for pair in OMNIGLOT_PAIRS]
    sets = max(there, key=len)
    if not sets:
        names = [name for pair in OMNIGLOT_PAIRS for name in pair]
        raise DataError(f'{root}: there is no {", ".join(names[:-1])} or {names[-1]}. Unpack Omniglot there.')
    alphabets: dict[str, pathlib.Path] = {}
    again = []
    for folder in (folder for name in sets for folder in tree.folders(root / name)):
        if folder.name in alphabets:
            again.append(LeftOut(_shown(root, folder), 'alphabet is in another folder already'))
        else:
            alphabets[folder.name] = folder
    if len(sets) == 2:
        split = {name: TRAIN if folder.parent.name == sets[0] else TEST for name, folder in alphabets.items()}
    else:
        names = sorted(alphabets)
        first = _first(root, 'alphabets', names, train_fraction)
        split = {name: TRAIN if index < first else TEST for index, name in enumerate(names)}
    classes = [
        _Class(f'{name}/{character.name}', character, split[name])
        for name in sorted(alphabets)
        for character in tree.folders(alphabets[name])
    ]
    listing = _collect(root, classes, strays=[*(root / name for name in sets), *alphabets.values()])
    return ClassListing(listing.records, listing.notes, (*listing.left_out, *again))


def _first(root: pathlib.Path, what: str, found: Sequence[object], fraction: float) -> int:
    """How many of them train."""
    if len(found) < 2:
        raise DataError(
            f'{root}: {len(found)} {what}, too few for classes to train on and others to test on. Add some.'
        )
    return min(max(int(len(found) * fraction + 0.5), 1), len(found) - 1)


def _halves(folders: Sequence[pathlib.Path], first: int) -> list[_Class]:
    """One class for each folder; the first of them train."""
    return [_Class(folder.name, folder, TRAIN if index < first else TEST) for index, folder in enumerate(folders)]


def _collect(root: pathlib.Path, classes: Sequence[_Class], strays: Sequence[pathlib.Path]) -> ClassListing:
    """The images of classes; those directly in `strays`, the folders above them, are in no class and are left out."""
    _check_apart(classes)
    records: list[ClassRecord] = []
    left_out = [
        LeftOut(_shown(root, image), 'image in no class folder', damaged=True)
        for folder in strays
        for image in tree.files(folder, tree.IMAGE_SUFFIXES)
    ]
    empty = []
    for each in classes:
        count = len(records) + len(left_out)
        for item in _images(root, each):
            if isinstance(item, ClassRecord):
                records.append(item)
            else:
                left_out.append(item)
        if len(records) + len(left_out) == count:
            empty.append(each.label)
    more = ' and others' if len(empty) > SHOWN_PROBLEMS else ''
    names = ', '.join(empty[:SHOWN_PROBLEMS])
    notes = (f'{len(empty)} of {len(classes)} classes have no images: {names}{more}',) if empty else ()
    return ClassListing(tuple(records), notes, tuple(left_out))


def _images(root: pathlib.Path, each: _Class) -> Iterator[ClassRecord | LeftOut]:
    """The images in the folder of a class and in those below it."""
    try:
        for part in each.label.split('/'):
            values.identifier('class', part)
    except ValueError:
        yield LeftOut(ascii(each.label), NAME, damaged=True)
        return
    waiting = [each.folder]
    while waiting:
        folder = waiting.pop()
        for image in tree.files(folder, tree.IMAGE_SUFFIXES):
            path = image.relative_to(root).as_posix()
            try:
                yield ClassRecord(tree.inside(path), each.label, each.split)
            except ValueError:
                yield LeftOut(ascii(path), NAME, damaged=True)
        below = tree.folders(folder)
        # A link may lead to another class, or in circles.
        yield from (
            LeftOut(_shown(root, link), 'linked folder in a class', damaged=True) for link in below if link.is_symlink()
        )
        waiting += [part for part in reversed(below) if not part.is_symlink()]


def _check_apart(classes: Sequence[_Class]) -> None:
    """Raises where links make one folder of two classes, for they could be in both splits."""
    owners: dict[str, _Class] = {}
    for each in classes:
        other = owners.setdefault(os.path.realpath(each.folder), each)
        if other is not each:
            raise DataError(f'{each.folder}: the same folder as {other.folder}. Remove one of the links.')
    for real, each in owners.items():
        for above in map(str, pathlib.PurePath(real).parents):
            if above in owners:
                raise DataError(f'{each.folder}: it is inside {owners[above].folder}, another class. Remove the link.')


def _shown(root: pathlib.Path, path: pathlib.Path) -> str:
    """A path below the root as text that can be written down."""
    text = path.relative_to(root).as_posix()
    return text if text.isprintable() else ascii(text)
