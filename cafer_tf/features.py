"""The one owner of feature names, label ranges and group names.

Every stage (reader, TFRecord, schema, grouping, training, evaluation, serving) refers to these names, so that a feature
is spelled in one place. This module needs nothing but Python.
"""

IMAGE = 'image/encoded'
"""JPEG or PNG bytes of one face."""
IMAGE_FORMAT = 'image/format'
"""`jpeg` or `png`."""
MAX_PIXELS = 2**25
"""The largest image that is read, ingested or served: 33.6 million pixels, which take half a gigabyte to decode."""
MAX_BYTES = 2**25
"""The largest file of an image, 32 MiB."""
MAX_SCANS = 64
"""Passes over the pixels of a progressive JPEG. Encoders make about ten; each costs time, however few bytes it has."""
START_OF_SCAN = b'\xff\xda\x00'
"""A JPEG's marker of a pass, with the upper half of its length, which is at most 14."""
VALENCE = 'valence'
"""How pleasant the person feels, in [-1, 1]."""
AROUSAL = 'arousal'
"""How activated the person feels, in [-1, 1]."""
SUBJECT = 'subject_id'
"""Who is shown; splits never share a subject."""
DATASET = 'dataset'
SPLIT = 'split'
SOURCE = 'source_path'
"""Path of the image, relative to the root of its data set."""
VIDEO = 'video_id'
FRAME = 'frame_index'
FACE_BOX = 'face_box'
LANDMARKS = 'landmarks'
METADATA = 'metadata'
"""What else a data set says of a face: texts `key=value`, sorted by key, none where there is nothing."""
MOST_VALUES = 50
"""A column of metadata with more values than this describes faces one by one; evaluation is not sliced by it."""

INTENSITY = 'intensity'
"""Emotional intensity, the distance of (valence, arousal) from the neutral origin, in [0, sqrt(2)]."""
GROUP = 'emotion_group'
"""1 for strong emotion (intensity above the Otsu threshold), 0 for weak."""
GROUP_NAME = 'emotion_group_name'
"""`strong` or `weak`: the readable twin of `GROUP`, by which evaluation is sliced."""

QUADRANT = 'quadrant'
"""The part of the circumplex that the label lies in, one of `QUADRANTS`; evaluation is sliced by it."""
SLICED_METADATA = 'sliced_metadata'
"""The texts of `METADATA` that evaluation is sliced by: those of columns with at most `MOST_VALUES` values."""

OUTPUTS = (VALENCE, AROUSAL)
"""The order of the two columns of every `labels` and `predictions` tensor of shape `[n, 2]`."""
LABELS, PEOPLE, BOXES = 'labels', 'people', 'boxes'
"""The targets of training where the model needs more than labels.

`labels`; `people` `[n]`, a number for each person, where it compares people; and `boxes` `[n, 3]`, x and y of the
middle and the side of each face as fractions of its image's side, where it finds faces.
"""
LABEL_MIN, LABEL_MAX = -1.0, 1.0
MAX_INTENSITY = 2.0**0.5

WEAK, STRONG = 0, 1
GROUP_NAMES = ('weak', 'strong')
"""`GROUP_NAMES[group]` is the name of a group."""

QUADRANTS = (
    'positive valence, positive arousal',
    'positive valence, negative arousal',
    'negative valence, positive arousal',
    'negative valence, negative arousal',
)

SPLITS = ('train', 'eval', 'test')
"""`train` is learned from, `eval` selects the epoch, `test` judges: its people are never seen before."""


def quadrant_of(valence: float, arousal: float) -> str:
    """The quadrant of a label; zero counts as positive.

    Args:
        valence: in [-1, 1].
        arousal: in [-1, 1].

    Returns:
        One of `QUADRANTS`.

    Example:
        >>> quadrant_of(0.5, -0.1)
        'positive valence, negative arousal'
    """
    return QUADRANTS[2 * (valence < 0) + (arousal < 0)]


RANGES = {
    VALENCE: (LABEL_MIN, LABEL_MAX),
    AROUSAL: (LABEL_MIN, LABEL_MAX),
    INTENSITY: (0.0, MAX_INTENSITY),
}
"""Where each number that a served model answers must lie."""
ROUNDING = 1e-5
"""By which a float32 may lie beyond a range, or apart from the same answer given in another way."""
