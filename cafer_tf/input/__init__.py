"""From TFRecords to batches: decode, crop, augment, and balance strong against weak emotion.

Both `training_dataset` and `evaluation_dataset` yield `(images, labels)`: images `[n, size, size, 3]` float32, RGB in
[0, 1]; labels `[n, 2]` float32, valence first. Where the model compares people (`adversarial.pairs`, `matching`) or
finds faces (`network.encoder`), it is `(images, {'labels': labels, ...})` with `people`, `[n]` int64, or `boxes`,
`[n, 3]` float32, as `cafer_tf.features` says. The same seed gives the same batches.
"""

from cafer_tf.input.images import decode, fit, fitted_face_box, preprocess, resize, resized_side
from cafer_tf.input.records import InputError, count_examples, read_images, read_labels, read_texts, require_people
from cafer_tf.input.streams import evaluation_dataset, training_dataset

__all__ = [
    'InputError',
    'count_examples',
    'decode',
    'evaluation_dataset',
    'fit',
    'fitted_face_box',
    'preprocess',
    'read_images',
    'read_labels',
    'read_texts',
    'require_people',
    'resize',
    'resized_side',
    'training_dataset',
]
