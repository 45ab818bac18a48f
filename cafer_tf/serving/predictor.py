"""Answers from an exported model, in process."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from cafer_tf import faces, features
from cafer_tf.config import Config
from cafer_tf.serving.exporting import IMAGE_BYTES_SIGNATURE, IMAGES_SIGNATURE, METADATA
from cafer_tf.serving.servable import EMBEDDING
from cafer_tf.serving.statuses import STATUS


class ModelError(ValueError):
    """A directory is not a model that this project exported."""


class Prediction(NamedTuple):
    """What a model says of one face.

    Attributes:
        valence: in [-1, 1]; NaN, as the other two, where the status is not 0.
        arousal: in [-1, 1].
        intensity: in [0, sqrt(2)].
        status: a `Status`; `STATUSES[status]` names it.
    """

    valence: float
    arousal: float
    intensity: float
    status: int


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
            encoded: JPEG or PNG bytes, one face each; what is neither, or is damaged, gets a status that says so.
            batch_size: images of one request.

        Raises:
            ModelError: the model was exported before there was a status, or refused a request.
        """
        if STATUS not in self._signature.structured_outputs:
            raise self._too_old(f'no output {STATUS}')
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
            raise self._too_old(f'no signature {IMAGES_SIGNATURE}')
        size = self.config.input.image_size
        if np.ndim(images) != 4 or np.shape(images)[1:] != (size, size, 3):
            raise ValueError(f'images must have shape [n, {size}, {size}, 3]; theirs is {list(np.shape(images))}')
        try:
            outputs = self._model.signatures[IMAGES_SIGNATURE](images=tf.constant(images, tf.float32))
        except tf.errors.OpError as error:
            raise ModelError(f'{self.directory} refused a request: {_first_line(error)}') from None
        predictions = np.concatenate([outputs[name].numpy() for name in features.OUTPUTS], axis=1)
        return Embedded(predictions, outputs[EMBEDDING].numpy())

    def _too_old(self, lack: str) -> ModelError:
        return ModelError(
            f'{self.directory} has {lack}, as older exports. Export the model again: `cafer_tf.serving.export`, or '
            '`cafer run` with the same options and another --out.'
        )


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
    path = directory / METADATA
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        return Config.from_dict(facts['config']), float(facts['threshold'])
    except FileNotFoundError:
        raise ModelError(f'{directory} is a SavedModel, but not one of this project: {path.name} is missing') from None
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f'{path} cannot be read: {error}') from None


def _first_line(error: Exception) -> str:
    return f'{type(error).__name__}: {error}'.splitlines()[0]
