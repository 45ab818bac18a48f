"""How far a converted network is from the model that it was made from, and how fast both are here."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cafer_tf import features, input
from cafer_tf.conversion.errors import ConversionError
from cafer_tf.conversion.runtimes import Model
from cafer_tf.metrics import agreement_scores
from cafer_tf.serving import EMBEDDING, Predictor

BATCHES = (1, 32)
ROUNDS, SECONDS = 5, 0.1
"""Each model is timed this often, for this long; the models take turns, so that none has a quieter machine."""


def compare(predictor: Predictor, models: Mapping[str, Model], files: Sequence[str]) -> dict[str, Any]:
    """Asks a model and its converted networks about every example, once; memory does not hold the embeddings.

    Args:
        predictor: the model.
        models: the networks, by name.
        files: paths or glob patterns of TFRecords of faces that the model was not trained on.

    Returns:
        `faces`, their number; `ccc` of the model by output; and `models`, for each name `ccc`, `ccc_change` (the
        network's minus the model's) and `difference`, by output and of the embedding, `largest` and `mean`, absolute.

    Raises:
        InputError: no file, or no examples.
        ConversionError: a network does not answer by finite numbers.
    """
    expected: list[np.ndarray] = []
    answers: dict[str, list[np.ndarray]] = {name: [] for name in models}
    embeddings: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    for images, _ in input.evaluation_dataset(files, predictor.config).as_numpy_iterator():
        known = predictor.embed(images)
        expected.append(known.predictions)
        for name, model in models.items():
            found = model(images)
            if not all(np.isfinite(part).all() for part in found):
                raise ConversionError(f'{name} answers NaN or infinity. Export another format, and report this one.')
            answers[name].append(found.predictions)
            difference = np.abs(found.embeddings - known.embeddings)
            embeddings[name].append((float(difference.max()), float(difference.mean()) * len(images)))
    if not expected:
        raise input.InputError(f'no examples in {", ".join(files)}')
    labels, predictions = input.read_labels(files), np.concatenate(expected)
    ccc = _ccc(labels, predictions)
    figures = {}
    for name in models:
        found_ccc = _ccc(labels, np.concatenate(answers[name]))
        largest, sums = zip(*embeddings[name], strict=True)
        figures[name] = {
            'ccc': found_ccc,
            'ccc_change': {output: found_ccc[output] - ccc[output] for output in features.OUTPUTS},
            'difference': {
                **_differences(np.concatenate(answers[name]), predictions),
                EMBEDDING: {'largest': max(largest), 'mean': sum(sums) / len(labels)},
            },
        }
    return {'faces': len(labels), 'ccc': ccc, 'models': figures}


def images_per_second(models: Mapping[str, Model], image_size: int) -> dict[str, dict[str, float]]:
    """How many images each of some models answers for, a second, by its fastest call: what else runs only slows.

    Args:
        models: by name.
        image_size: side of their input, in pixels.

    Returns:
        For each name, images a second by the size of the batch, a text.
    """
    found: dict[str, dict[str, float]] = {name: {} for name in models}
    for batch in BATCHES:
        images = np.random.default_rng(0).uniform(size=(batch, image_size, image_size, 3)).astype(np.float32)
        fastest = dict.fromkeys(models, math.inf)
        for _ in range(ROUNDS):
            for name, model in models.items():
                model(images)  # prepares for the size of the batch
                fastest[name] = min(fastest[name], _fastest_call(model, images))
        for name in models:
            found[name][str(batch)] = batch / fastest[name]
    return found


def _fastest_call(model: Model, images: np.ndarray) -> float:
    """The time of it, in seconds."""
    fastest, end = math.inf, time.perf_counter() + SECONDS
    while fastest == math.inf or time.perf_counter() < end:
        start = time.perf_counter()
        model(images)
        fastest = min(fastest, time.perf_counter() - start)
    return fastest


def _ccc(labels: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    scores = agreement_scores(labels, predictions)
    return {output: scores[output]['ccc'] for output in features.OUTPUTS}


def _differences(found: np.ndarray, expected: np.ndarray) -> dict[str, dict[str, float]]:
    difference = np.abs(found - expected)
    return {
        output: {'largest': float(difference[:, i].max()), 'mean': float(difference[:, i].mean())}
        for i, output in enumerate(features.OUTPUTS)
    }
