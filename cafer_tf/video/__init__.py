"""Faces of a video: read with PyAV, followed from frame to frame, smoothed, and written again with what was found.

Nothing here holds more than a few frames, so a video may be as long as it likes.
"""

from cafer_tf.video.reading import Frame, Video, VideoError
from cafer_tf.video.recognition import TrackedFace, recognise
from cafer_tf.video.smoothing import OneEuro, Smoothing, Unsmoothed, WindowMean
from cafer_tf.video.tracking import Tracker
from cafer_tf.video.writing import Film, Table

__all__ = [
    'Film',
    'Frame',
    'OneEuro',
    'Smoothing',
    'Table',
    'TrackedFace',
    'Tracker',
    'Unsmoothed',
    'Video',
    'VideoError',
    'WindowMean',
    'recognise',
]
