"""Labelled faces on disk: one reader per layout, every one to the same records.

`read(layout, root)` is the way in. No TensorFlow and no Beam here: the pipeline, notebooks and other tools read the
same records.
"""

from cafer_tf.datasets.images import UnusableImage, check_image, load_image
from cafer_tf.datasets.reader import LAYOUTS, fingerprint, read
from cafer_tf.datasets.records import DataError, FaceRecord, Listing
from cafer_tf.datasets.splits import DEFAULT_FRACTIONS, assign_splits

__all__ = [
    'DEFAULT_FRACTIONS',
    'LAYOUTS',
    'DataError',
    'FaceRecord',
    'Listing',
    'UnusableImage',
    'assign_splits',
    'check_image',
    'fingerprint',
    'load_image',
    'read',
]
