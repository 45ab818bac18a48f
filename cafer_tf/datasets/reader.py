"""The layouts by name."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable, Iterable, Mapping

from cafer_tf.datasets.csv_folder import read_csv_folder
from cafer_tf.datasets.records import DataError, FaceRecord, Listing
from cafer_tf.datasets.splits import DEFAULT_FRACTIONS, assign_splits

LAYOUTS: dict[str, Callable[[pathlib.Path], Listing]] = {'csv': read_csv_folder}
"""The readers by the name of their layout."""


def read(
    layout: str,
    root: str | pathlib.Path,
    seed: int = 0,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
) -> Listing:
    """Reads the labels of a data set; images are not opened.

    Args:
        layout: a name of `LAYOUTS`.
        root: the folder of the data set.
        seed: of the draw of people into splits, where the data set names none.
        fractions: of the people, for that draw.

    Returns:
        Its records, each with a split; every split has some.

    Raises:
        DataError: an unknown layout, no such folder, labels that are wrong, or people in two splits.
    """
    if layout not in LAYOUTS:
        raise DataError(f'unknown data set layout {layout!r}. The layouts are {", ".join(sorted(LAYOUTS))}.')
    root = pathlib.Path(root)
    if not root.is_dir():
        raise DataError(f'{root}: there is no such folder. Give the folder that holds the data set.')
    listing = LAYOUTS[layout](root)
    records, notes = assign_splits(listing.records, seed, fractions)
    return Listing(records, listing.notes + notes)


def fingerprint(records: Iterable[FaceRecord], root: str | pathlib.Path) -> str:
    """A digest that changes with any label, split, or image file of a data set.

    Images count by size and time of change, so that hundreds of thousands of them take seconds.
    """
    root = pathlib.Path(root)
    digest = hashlib.sha256()
    for record in records:
        try:
            status = (root / record.path).stat()
            state = f'{status.st_size} {status.st_mtime_ns}'
        except OSError:
            state = 'missing'
        digest.update(f'{record!r} {state}\n'.encode())
    return digest.hexdigest()
