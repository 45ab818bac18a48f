"""What the readers of classes return."""

from __future__ import annotations

import dataclasses

from cafer_tf.datasets.records import LeftOut


@dataclasses.dataclass(frozen=True)
class ClassRecord:
    """One image of a class.

    Attributes:
        path: of the image, relative to the root of its data set, with forward slashes.
        label: the name of the class.
        split: `train` or `test`; the same for all images of a class.
    """

    path: str
    label: str
    split: str


@dataclasses.dataclass(frozen=True)
class ClassListing:
    """The images of a data set.

    Attributes:
        records: in the order of their classes.
        notes: what a user should know about how the data set was read, a sentence each.
        left_out: what became no record.
    """

    records: tuple[ClassRecord, ...]
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
