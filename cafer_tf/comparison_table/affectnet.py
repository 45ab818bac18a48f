"""Over which faces of AffectNet's validation set a figure is: the counts that published figures do not always give."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cafer_tf import features
from cafer_tf.datasets import FaceRecord, LeftOut
from cafer_tf.datasets.affectnet_csv import EXPRESSION, VALIDATION
from cafer_tf.datasets.affectnet_npy import VALIDATION_SET
from cafer_tf.input import records

LAYOUTS = ('affectnet_csv', 'affectnet_npy')
NONE = 'none'
"""The expression of code 8: a face with none of the others, which has a valence and an arousal all the same."""
_TEXT = f'{EXPRESSION}={NONE}'
_AT_ONCE = 256


@dataclasses.dataclass
class Counts:
    """How many faces of the validation set there are, by three filters.

    In the first release these are at most 5,500, 4,500 and 4,000: 500 of each of the codes 0 to 10.

    Attributes:
        listed: all rows, or all images where labels are files of their own.
        kept: those that are judged, without the codes 9 (uncertain) and 10 (no face), labels of -2, and rows without a
            face box.
        without_none: those of them that show an expression, so without code 8, too.
    """

    listed: int = 0
    kept: int = 0
    without_none: int = 0

    def add(self, used: FaceRecord | LeftOut, item: FaceRecord | LeftOut) -> None:
        """Counts one item, if it is of the validation set.

        Args:
            used: the face that was written, or why none was.
            item: what was read.
        """
        if not _validates(item):
            return
        self.listed += 1
        if isinstance(used, FaceRecord):
            self.kept += 1
            self.without_none += (EXPRESSION, NONE) not in used.metadata


def _validates(item: FaceRecord | LeftOut) -> bool:
    return pathlib.PurePath(item.file).name == VALIDATION or item.path.startswith(f'{VALIDATION_SET}/')


def has_expression(files: Sequence[str]) -> np.ndarray:
    """Whether each example of TFRecords shows an expression, `[n]` booleans in the order of `input.read_labels`.

    Args:
        files: paths of TFRecords of AffectNet.
    """
    spec = {features.METADATA: tf.io.RaggedFeature(tf.string)}
    batches = records.read(records.find(files)).batch(_AT_ONCE).map(lambda batch: tf.io.parse_example(batch, spec))
    return np.array(
        [_TEXT.encode() not in texts for batch in batches for texts in batch[features.METADATA].to_list()], bool
    )
