"""The functions behind the signatures."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf import features, grouping
from cafer_tf.model import Cafer
from cafer_tf.serving import decoding, orientation
from cafer_tf.serving.statuses import STATUS, Status

EMBEDDING = 'embedding'
"""The output of `images` and `examples` that holds the encoder's features."""


class Servable(tf.Module):
    """What an exported model can be asked.

    Each function answers `valence` and `arousal` in [-1, 1], `intensity`, all `[n, 1]` float32, and `status`, `[n, 1]`
    int32 (`Status`). Where the status is not 0, the numbers are NaN; the other images of the request are answered.

    Args:
        model: the trained model.
    """

    def __init__(self, model: Cafer) -> None:
        super().__init__(name='servable')
        self._input = model.config.input
        self.encoder = model.encoder
        self.head = model.head
        size = self._input.image_size
        self.images = tf.function(
            self._images, input_signature=[tf.TensorSpec([None, size, size, 3], tf.float32, name='images')]
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='image_bytes')])
    def image_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answers for `[n]` encoded images: JPEG or PNG, turned upright, and a status for everything else."""
        decoded = decoding.decode(image_bytes, self._input)
        answers = self._answer(orientation.turn_upright(decoded.pixels, image_bytes), decoded.status)
        del answers[EMBEDDING]
        return answers

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='examples')])
    def examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same for serialised `tf.Example`s, `[n]`, of which only the image is read, with the features too.

        They are answered as training and evaluation see them: no image is turned.
        """
        parsed = tf.io.parse_example(examples, {features.IMAGE: tf.io.FixedLenFeature([], tf.string, b'')})
        decoded = decoding.decode(parsed[features.IMAGE], self._input)
        return self._answer(decoded.pixels, decoded.status)

    def _images(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answers for pixels `[n, size, size, 3]`, RGB in [0, 1], with the encoder's features `[n, d]`.

        Pixels that are not finite are no image.
        """
        finite = tf.reduce_all(tf.math.is_finite(images), axis=[1, 2, 3])
        return self._answer(images, tf.where(finite, int(Status.OK), int(Status.NOT_AN_IMAGE)))

    def _answer(self, images: tf.Tensor, status: tf.Tensor) -> dict[str, tf.Tensor]:
        embeddings = self.encoder(images, training=False)
        predictions = self.head(embeddings, training=False)
        predictions = tf.clip_by_value(predictions, features.LABEL_MIN, features.LABEL_MAX)
        status = status[:, tf.newaxis]
        numbers = {
            features.VALENCE: predictions[:, :1],
            features.AROUSAL: predictions[:, 1:],
            features.INTENSITY: grouping.intensity(predictions)[:, tf.newaxis],
            EMBEDDING: tf.cast(embeddings, tf.float32),
        }
        known = {name: tf.where(status == int(Status.OK), values, float('nan')) for name, values in numbers.items()}
        return {**known, STATUS: status}
