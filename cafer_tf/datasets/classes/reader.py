"""The layouts of classes by name, and what every one of them goes through."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping

from cafer_tf.datasets.classes.cars196 import read_cars196
from cafer_tf.datasets.classes.class_folders import read_cub200, read_folders, read_omniglot
from cafer_tf.datasets.classes.records import ClassListing
from cafer_tf.datasets.records import SHOWN_PROBLEMS, DataError
from cafer_tf.datasets.splits import TEST, TRAIN

ClassReader = Callable[[pathlib.Path, float], ClassListing]

CLASS_LAYOUTS: Mapping[str, ClassReader] = {
    'cars196': read_cars196,
    'cub200': read_cub200,
    'folders': read_folders,
    'omniglot': read_omniglot,
}
"""The readers by the name of their layout."""


def read_classes(layout: str, root: str | pathlib.Path, train_fraction: float = 0.5) -> ClassListing:
    """Reads which images a data set has in which class; images are not opened.

    Every class is in one split only, so that the test is on classes the model has not seen.

    Args:
        layout: a name of `CLASS_LAYOUTS`.
        root: the folder of the data set.
        train_fraction: of the classes of `folders`, and of the alphabets of `omniglot` where it has no evaluation set.
            The others have a protocol that leaves no choice.

    Returns:
        Its records; both splits have some.

    Raises:
        DataError: an unknown layout, no such folder, a fraction not between 0 and 1, labels that are wrong, or a split
            without images.
    """
    if layout not in CLASS_LAYOUTS:
        raise DataError(f'unknown layout of classes {layout!r}. The layouts are {", ".join(sorted(CLASS_LAYOUTS))}.')
    if not 0 < train_fraction < 1:
        raise DataError(
            f'train_fraction {train_fraction} is not between 0 and 1; give the share of classes to train on.'
        )
    root = pathlib.Path(root)
    try:
        if not root.is_dir():
            raise DataError(f'{root}: there is no such folder. Give the folder that holds the data set.')
        listing = CLASS_LAYOUTS[layout](root, train_fraction)
    except OSError as error:
        raise DataError.unreadable(error) from None
    for split in (TRAIN, TEST):
        if not any(record.split == split for record in listing.records):
            lines = [f'{root}: no image of the layout {layout} is in the split {split}. Add what is missing.']
            lines += [f'  {item.path}: {item.reason}' for item in listing.left_out[:SHOWN_PROBLEMS]]
            raise DataError('\n'.join(lines))
    return listing
