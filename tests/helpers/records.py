"""Real TFRecords of small, learnable images, for tests below the pipeline."""

import io
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from cafer_tf import features


def image_of(valence: float, arousal: float, side: int = 40, noise: float = 6.0, seed: int = 0) -> np.ndarray:
    """An image whose colours say valence and arousal, `[side, side, 3]` uint8."""
    colour = np.array([(valence + 1) * 120, (arousal + 1) * 120, 90.0])
    pixels = colour + np.random.default_rng(seed).normal(0, noise, (side, side, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def encode(image: np.ndarray, form: str = 'JPEG') -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, form)
    return buffer.getvalue()


def write(
    path: pathlib.Path, labels: Sequence[Sequence[float]], form: str = 'JPEG', subjects: Sequence[str] = ()
) -> pathlib.Path:
    """Writes one example a label, with who is shown where that is given; compressed if the name ends in .gz."""
    options = tf.io.TFRecordOptions(compression_type='GZIP' if path.suffix == '.gz' else '')
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for index, (valence, arousal) in enumerate(labels):
            feature = {
                features.IMAGE: tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[encode(image_of(valence, arousal, seed=index), form)])
                ),
                features.VALENCE: tf.train.Feature(float_list=tf.train.FloatList(value=[valence])),
                features.AROUSAL: tf.train.Feature(float_list=tf.train.FloatList(value=[arousal])),
            }
            if subjects:
                person = tf.train.BytesList(value=[subjects[index].encode()])
                feature[features.SUBJECT] = tf.train.Feature(bytes_list=person)
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return path
