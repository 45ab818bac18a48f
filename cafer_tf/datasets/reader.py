"""The layouts by name, and what every one of them goes through."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from cafer_tf.datasets.afew_va import read_afew_va
from cafer_tf.datasets.aff_wild import read_aff_wild
from cafer_tf.datasets.aff_wild2 import read_aff_wild2
from cafer_tf.datasets.affectnet_csv import read_affectnet_csv
from cafer_tf.datasets.affectnet_npy import read_affectnet_npy
from cafer_tf.datasets.csv_folder import read_csv_folder
from cafer_tf.datasets.records import SHOWN_PROBLEMS, DataError, FaceRecord, LeftOut, Listing
from cafer_tf.datasets.splits import DEFAULT_FRACTIONS, Fold, SplitPlan, plan_splits
from cafer_tf.datasets.tree import Presence

Reader = Callable[[pathlib.Path], Iterator[FaceRecord | LeftOut]]

LAYOUTS: dict[str, Reader] = {
    'aff_wild': read_aff_wild,
    'aff_wild2': read_aff_wild2,
    'affectnet_csv': read_affectnet_csv,
    'affectnet_npy': read_affectnet_npy,
    'afew_va': read_afew_va,
    'csv': read_csv_folder,
}
"""The readers by the name of their layout."""
MISSING = 'missing file'
"""The reason of an image that is not there."""


def stream(layout: str, root: str | pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Reads the labels of a data set one by one; images are not opened.

    Args:
        layout: a name of `LAYOUTS`.
        root: the folder of the data set.

    Yields:
        Every row, label or image once: a record, with the split that the data set names, if any, or what is left out.
        The order is the same each time.

    Raises:
        DataError: an unknown layout, no such folder, or labels that are wrong; the last perhaps after all records.
    """
    present = Presence(pathlib.Path(root))
    for item in _labelled(layout, root):
        if isinstance(item, FaceRecord) and item.path not in present:
            yield LeftOut(item.path, MISSING, item.file, item.row, damaged=True)
        else:
            yield item


def plan(
    layout: str,
    root: str | pathlib.Path,
    seed: int = 0,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    fold: Fold | None = None,
) -> SplitPlan:
    """Finds the split of every record of a data set in one pass, without holding the records.

    Images that are missing count too, so that nobody changes the split because of another's image.

    Args:
        layout: a name of `LAYOUTS`.
        root: the folder of the data set.
        seed: of the draw of people into splits, where the data set names none.
        fractions: of the people, for that draw.
        fold: the part of a cross-validation to test on, where the data set names no splits.

    Raises:
        DataError: an unknown layout, no such folder, labels that are wrong, nothing to use, or people in two splits.
    """
    left_out: list[LeftOut] = []

    def records() -> Iterator[FaceRecord]:
        for item in _labelled(layout, root):
            if isinstance(item, FaceRecord):
                yield item
            elif len(left_out) < SHOWN_PROBLEMS:
                left_out.append(item)

    found = records()
    first = next(found, None)
    if first is None:
        lines = [f'{root}: nothing of the layout {layout} can be used. Give the folder that the layout starts at.']
        lines += [f'  {item.file or item.path}, row {item.row}: {item.reason}' for item in left_out]
        raise DataError('\n'.join(lines))
    return plan_splits(itertools.chain([first], found), seed, fractions, fold)


def read(
    layout: str,
    root: str | pathlib.Path,
    seed: int = 0,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    fold: Fold | None = None,
) -> Listing:
    """Reads the labels of a data set into memory; images are not opened.

    Args and errors are those of `plan`.

    Returns:
        Its records, each with a split, and what is left out.
    """
    assigned = plan(layout, root, seed, fractions, fold)
    records: list[FaceRecord] = []
    left_out: list[LeftOut] = []
    for item in stream(layout, root):
        if isinstance(item, FaceRecord):
            records.append(dataclasses.replace(item, split=assigned.split_of(item)))
        else:
            left_out.append(item)
    return Listing(tuple(records), assigned.notes, tuple(left_out))


def _labelled(layout: str, root: str | pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """What the reader of a layout yields, whether or not the images are there."""
    if layout not in LAYOUTS:
        raise DataError(f'unknown data set layout {layout!r}. The layouts are {", ".join(sorted(LAYOUTS))}.')
    root = pathlib.Path(root)
    try:
        if not root.is_dir():
            raise DataError(f'{root}: there is no such folder. Give the folder that holds the data set.')
        yield from LAYOUTS[layout](root)
    except OSError as error:
        raise DataError.unreadable(error) from None


def fingerprint(items: Iterable[FaceRecord | LeftOut], root: str | pathlib.Path) -> str:
    """A digest that changes with any label, or image file of a data set.

    Images count by size and time of change, so that hundreds of thousands of them take seconds.
    """
    root = pathlib.Path(root)
    digest = hashlib.sha256()
    for item in items:
        try:
            status = (root / item.path).stat()
            state = f'{status.st_size} {status.st_mtime_ns}'
        except OSError:
            state = 'missing'
        digest.update(f'{item!r} {state}\n'.encode(errors='surrogateescape'))
    return digest.hexdigest()
