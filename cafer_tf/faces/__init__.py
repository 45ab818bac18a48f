"""From a photograph to the face that the network sees: detection, alignment, cropping.

`prepare(data, config)` is the way in, at ingestion and at prediction alike, so that a network never meets faces that
were cropped in another way than those it learned from. TensorFlow is imported with the first detection, not before.
"""

from cafer_tf.faces.cropping import EYE_LEVEL, EYE_SIDE, crop, eye_places
from cafer_tf.faces.detection import FacesError, detect, require_detector
from cafer_tf.faces.face import Face, NoFaceError, eyes_of, given_face
from cafer_tf.faces.preparation import at_prediction, decode, face_of, prepare, stored

__all__ = [
    'EYE_LEVEL',
    'EYE_SIDE',
    'Face',
    'FacesError',
    'NoFaceError',
    'at_prediction',
    'crop',
    'decode',
    'detect',
    'eye_places',
    'eyes_of',
    'face_of',
    'given_face',
    'prepare',
    'require_detector',
    'stored',
]
