"""What a model says of every example of TFRecords, beside what the records say of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from cafer_tf import features, input
from cafer_tf.input import records
from cafer_tf.serving import ModelError, Predictor

_AT_ONCE = 256
_TEXTS = (features.SUBJECT, features.VIDEO, features.SOURCE)
_FACTS = {
    **{name: tf.io.FixedLenFeature([], tf.float32) for name in features.OUTPUTS},
    **{name: tf.io.FixedLenFeature([], tf.string, '') for name in _TEXTS},
    features.FRAME: tf.io.FixedLenFeature([], tf.int64, -1),
    features.METADATA: tf.io.RaggedFeature(tf.string),
}


@dataclasses.dataclass(frozen=True)
class Predicted:
    """Labels, predictions and embeddings of `n` faces, and where each comes from.

    Attributes:
        labels: `[n, 2]`, valence first.
        predictions: `[n, 2]`.
        embeddings: `[n, d]`.
        subjects: `[n]` texts, who is shown; the source, where the data set does not say.
        videos: `[n]` texts, empty where there is none.
        frames: `[n]` integers, the number of the frame, -1 where there is none.
        sources: `[n]` texts, the path of the image.
        metadata: `n` tuples of texts `key=value`.
    """

    labels: np.ndarray
    predictions: np.ndarray
    embeddings: np.ndarray
    subjects: np.ndarray
    videos: np.ndarray
    frames: np.ndarray
    sources: np.ndarray
    metadata: tuple[tuple[str, ...], ...]

    @property
    def subjects_known(self) -> bool:
        """Whether the data set says who is shown."""
        return bool(np.any(self.subjects != self.sources))

    def __len__(self) -> int:
        return len(self.labels)


def predict(predictor: Predictor, files: Sequence[str]) -> Predicted:
    """Asks a model about every example, once, in the order of the files.

    Images are decoded and cropped as they are for evaluation in training. What is held is the result alone.

    Args:
        predictor: the model.
        files: paths or glob patterns of TFRecords, GZIP-compressed where their name ends in `.gz`.

    Raises:
        InputError: no file, or no examples.
        ModelError: the model does not answer for pixels, or not by finite numbers.
    """
    facts = _read_facts(files)
    count = len(facts[features.FRAME])
    if not count:
        raise input.InputError(f'no examples in {", ".join(files)}')
    predictions, embeddings = [], []
    with tqdm(total=count, unit='face', desc='evaluate', disable=None, leave=False) as progress:
        for images, _ in input.evaluation_dataset(files, predictor.config).as_numpy_iterator():
            found = predictor.embed(images)
            if not all(np.isfinite(part).all() for part in found):
                raise ModelError(f'{predictor.directory} answers NaN or infinity; train it again, or serve another one')
            predictions.append(found.predictions)
            embeddings.append(found.embeddings)
            progress.update(len(images))
    sources = np.array([source or f'example {i}' for i, source in enumerate(facts[features.SOURCE])])
    subjects = np.array([subject or sources[i] for i, subject in enumerate(facts[features.SUBJECT])])
    return Predicted(
        np.array([facts[name] for name in features.OUTPUTS], np.float32).T,
        np.concatenate(predictions),
        np.concatenate(embeddings),
        subjects,
        np.array(facts[features.VIDEO]),
        np.array(facts[features.FRAME]),
        sources,
        tuple(facts[features.METADATA]),
    )


def _read_facts(files: Sequence[str]) -> dict[str, list[Any]]:
    """All but the image, in the order of the examples."""
    found: dict[str, list[Any]] = {name: [] for name in _FACTS}
    batches = records.read(records.find(files)).batch(_AT_ONCE)
    for batch in batches.map(lambda serialised: tf.io.parse_example(serialised, _FACTS)):
        for name in _TEXTS:
            found[name] += [text.decode() for text in batch[name].numpy()]
        for name in (features.FRAME, *features.OUTPUTS):
            found[name] += batch[name].numpy().tolist()
        metadata = batch[features.METADATA].to_list()
        found[features.METADATA] += [tuple(text.decode() for text in texts) for texts in metadata]
    return found
