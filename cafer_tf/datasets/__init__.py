"""Labelled faces on disk: one reader per layout, every one to the same records.

`read(layout, root)` is the way in, and `stream(layout, root)` where there are too many records for memory. There is no
TensorFlow and no Beam here: the pipeline, notebooks and other tools read the same records.
"""

from cafer_tf.datasets.classes import CLASS_LAYOUTS, ClassListing, ClassRecord, read_classes
from cafer_tf.datasets.images import UnusableImage, check_image, check_stored, load_image
from cafer_tf.datasets.reader import LAYOUTS, MISSING, fingerprint, plan, read, stream
from cafer_tf.datasets.records import DataError, FaceRecord, LeftOut, Listing
from cafer_tf.datasets.splits import DEFAULT_FRACTIONS, Fold, SplitPlan, plan_splits
from cafer_tf.datasets.summary import Summary, summarise, verified

__all__ = [
    'CLASS_LAYOUTS',
    'DEFAULT_FRACTIONS',
    'LAYOUTS',
    'MISSING',
    'ClassListing',
    'ClassRecord',
    'DataError',
    'FaceRecord',
    'Fold',
    'LeftOut',
    'Listing',
    'SplitPlan',
    'Summary',
    'UnusableImage',
    'check_image',
    'check_stored',
    'fingerprint',
    'load_image',
    'plan',
    'plan_splits',
    'read',
    'read_classes',
    'stream',
    'summarise',
    'verified',
]
