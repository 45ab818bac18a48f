"""In place of the AV head, what `face_ssd` says of the face that it finds."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.cells import CELL_SIZE, cells_of
from cafer_tf.networks.face_ssd import default_boxes


def build_face_reader(image_size: int) -> tf.keras.Model:
    """Valence and arousal of the cell that most likely shows a face; it has no weights.

    Args:
        image_size: side of the images that `face_ssd` sees, in pixels.

    Returns:
        A network from `[n, cells * 7]` to `[n, 2]`, valence first, linear, float32 under every precision policy.
    """
    feature_size = len(default_boxes(image_size)) * CELL_SIZE
    return tf.keras.Sequential(
        [tf.keras.Input([feature_size], name='features'), FaceReader(dtype='float32', name='valence_arousal')],
        name='head',
    )


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class FaceReader(tf.keras.layers.Layer):
    """Valence and arousal `[n, 2]` at the cell with the highest faceness, of outputs `[n, cells * 7]`."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The two numbers; of cells that are alike, those of the first."""
        cells = cells_of(inputs)
        return tf.gather(cells.emotions, tf.argmax(cells.faceness, axis=1), axis=1, batch_dims=1)
