"""The servable: a SavedModel that answers for encoded images, and its reader."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from cafer_tf import faces, features, grouping, input
from cafer_tf.config import Config
from cafer_tf.model import Cafer
from cafer_tf.version import __version__

IMAGE_BYTES_SIGNATURE = 'serving_default'
EXAMPLES_SIGNATURE = 'examples'
IMAGES_SIGNATURE = 'images'
EMBEDDING = 'embedding'
"""The output of `images` and `examples` that holds the encoder's features."""
_METADATA = pathlib.PurePath('assets.extra', 'cafer.json')


class ModelError(ValueError):
    """A directory is not a model that this project exported."""


class Servable(tf.Module):
    """The functions behind the signatures.

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
        """Answers for JPEG or PNG bytes, `[n]`: valence and arousal in [-1, 1] and intensity, each `[n, 1]`."""
        answers = self.images(self._pixels(image_bytes))
        return {name: answers[name] for name in Prediction._fields}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='examples')])
    def examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same for serialised `tf.Example`s, `[n]`, of which only the image is read, with the features too."""
        parsed = tf.io.parse_example(examples, {features.IMAGE: tf.io.FixedLenFeature([], tf.string)})
        return self.images(self._pixels(parsed[features.IMAGE]))

    def _pixels(self, encoded: tf.Tensor) -> tf.Tensor:
        size = self._input.image_size
        return tf.map_fn(
            lambda image: input.preprocess(image, self._input),
            encoded,
            fn_output_signature=tf.TensorSpec([size, size, 3], tf.float32),
        )

    def _images(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answers for pixels `[n, size, size, 3]`, RGB in [0, 1], with the encoder's features `[n, d]`."""
        embeddings = self.encoder(images, training=False)
        predictions = self.head(embeddings, training=False)
        predictions = tf.clip_by_value(predictions, features.LABEL_MIN, features.LABEL_MAX)
        return {
            features.VALENCE: predictions[:, :1],
            features.AROUSAL: predictions[:, 1:],
            features.INTENSITY: grouping.intensity(predictions)[:, tf.newaxis],
            EMBEDDING: tf.cast(embeddings, tf.float32),
        }


def export(model: Cafer, directory: str | os.PathLike[str]) -> pathlib.Path:
    """Writes the model as a SavedModel with its signatures and metadata.

    Signatures: `serving_default` (`image_bytes`: JPEG or PNG), `examples` (serialised `tf.Example`) and `images`
    (pixels as `cafer_tf.input.preprocess` makes them, `[n, size, size, 3]` float32), each answering `valence`,
    `arousal` (in [-1, 1]) and `intensity` (in [0, sqrt(2)]), `[n, 1]` float32. `images` and `examples` answer
    `embedding` too, the encoder's features, `[n, d]` float32.

    Args:
        model: the trained model.
        directory: where to write; it must not hold a model yet.
    """
    directory = pathlib.Path(directory)
    servable = Servable(model)
    tf.saved_model.save(
        servable,
        str(directory),
        signatures={
            IMAGE_BYTES_SIGNATURE: servable.image_bytes,
            EXAMPLES_SIGNATURE: servable.examples,
            IMAGES_SIGNATURE: servable.images,
        },
    )
    metadata = directory / _METADATA
    metadata.parent.mkdir(exist_ok=True)
    facts = {'cafer_tf': __version__, 'threshold': model.threshold, 'config': model.config.to_dict()}
    metadata.write_text(json.dumps(facts, indent=2) + '\n', encoding='utf-8')
    return directory


class Prediction(NamedTuple):
    """What a model says of one face."""

    valence: float
    arousal: float
    intensity: float


class Embedded(NamedTuple):
    """What a model says of a batch of faces, and from which features.

    Attributes:
        predictions: `[n, 2]` float32, valence first, in [-1, 1].
        embeddings: `[n, d]` float32.
    """

    predictions: np.ndarray
    embeddings: np.ndarray


class Predictor:
    """Answers from an exported model.

    Args:
        directory: a SavedModel that `export` wrote, or a folder of numbered versions, of which the newest is taken.

    Raises:
        ModelError: there is no such model.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = _newest_version(pathlib.Path(directory))
        self.config, self.threshold = _read_metadata(self.directory)
        try:
            self._model = tf.saved_model.load(str(self.directory))
            self._signature = self._model.signatures[IMAGE_BYTES_SIGNATURE]
        except (OSError, KeyError, ValueError, tf.errors.OpError) as error:
            raise ModelError(f'{self.directory} cannot be loaded: {_first_line(error)}') from None

    def prepare(self, encoded: bytes) -> bytes:
        """The face of a photograph, cropped as the faces were that the model was trained on.

        Args:
            encoded: JPEG or PNG bytes.

        Returns:
            What `predict` takes; the same bytes where the model was trained on images as they were.

        Raises:
            UnusableImage: it does not decode, or there is no face in it.
        """
        return faces.prepare(encoded, faces.at_prediction(self.config.faces))

    def predict(self, encoded: Sequence[bytes], batch_size: int = 64) -> list[Prediction]:
        """Predictions for encoded images, in their order.

        Args:
            encoded: JPEG or PNG bytes, one face each.
            batch_size: images of one request.

        Raises:
            ModelError: the model refused a request, for instance because of bytes that are no image.
        """
        answers: list[Prediction] = []
        for start in range(0, len(encoded), batch_size):
            try:
                outputs = self._signature(image_bytes=tf.constant(encoded[start : start + batch_size]))
            except tf.errors.OpError as error:
                raise ModelError(f'{self.directory} refused a request: {_first_line(error)}') from None
            columns = [np.ravel(outputs[name]).tolist() for name in Prediction._fields]
            answers += [Prediction(*row) for row in zip(*columns, strict=True)]
        return answers

    def embed(self, images: Any) -> Embedded:
        """Predictions and embeddings of one batch of images.

        Args:
            images: `[n, size, size, 3]`, RGB in [0, 1], as `cafer_tf.input.preprocess` makes them.

        Raises:
            ModelError: the model was exported before there was this signature, or refused the request.
            ValueError: images of another shape.
        """
        if IMAGES_SIGNATURE not in self._model.signatures:
            raise ModelError(
                f'{self.directory} has no signature {IMAGES_SIGNATURE}, which older exports lack. Export the model '
                'again: `cafer_tf.serving.export`, or `cafer run` with the same options and another --out.'
            )
        size = self.config.input.image_size
        if np.ndim(images) != 4 or np.shape(images)[1:] != (size, size, 3):
            raise ValueError(f'images must have shape [n, {size}, {size}, 3]; theirs is {list(np.shape(images))}')
        try:
            outputs = self._model.signatures[IMAGES_SIGNATURE](images=tf.constant(images, tf.float32))
        except tf.errors.OpError as error:
            raise ModelError(f'{self.directory} refused a request: {_first_line(error)}') from None
        predictions = np.concatenate([outputs[name].numpy() for name in features.OUTPUTS], axis=1)
        return Embedded(predictions, outputs[EMBEDDING].numpy())


def _newest_version(directory: pathlib.Path) -> pathlib.Path:
    if (directory / 'saved_model.pb').is_file():
        return directory
    versions = [path.parent for path in directory.glob('*/saved_model.pb') if path.parent.name.isdigit()]
    if not versions:
        raise ModelError(
            f'{directory} holds no SavedModel, nor numbered versions of one; '
            'give the path that `cafer run` printed, or its parent folder'
        )
    return max(versions, key=lambda path: int(path.name))


def _read_metadata(directory: pathlib.Path) -> tuple[Config, float]:
    path = directory / _METADATA
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        return Config.from_dict(facts['config']), float(facts['threshold'])
    except FileNotFoundError:
        raise ModelError(f'{directory} is a SavedModel, but not one of this project: {path.name} is missing') from None
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f'{path} cannot be read: {error}') from None


def _first_line(error: Exception) -> str:
    return f'{type(error).__name__}: {error}'.splitlines()[0]
