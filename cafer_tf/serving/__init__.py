"""The servable: a SavedModel that answers for encoded images, and its reader."""

from cafer_tf.serving.exporting import EXAMPLES_SIGNATURE, IMAGE_BYTES_SIGNATURE, IMAGES_SIGNATURE, export
from cafer_tf.serving.predictor import Embedded, ModelError, Prediction, Predictor
from cafer_tf.serving.servable import EMBEDDING, Servable
from cafer_tf.serving.statuses import STATUS, STATUSES, Status

__all__ = [
    'EMBEDDING',
    'EXAMPLES_SIGNATURE',
    'IMAGES_SIGNATURE',
    'IMAGE_BYTES_SIGNATURE',
    'STATUS',
    'STATUSES',
    'Embedded',
    'ModelError',
    'Prediction',
    'Predictor',
    'Servable',
    'Status',
    'export',
]
