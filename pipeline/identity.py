"""The identity probe and the verification of people as metrics of TensorFlow Model Analysis.

They need the embedding of each face, which a model may answer beside valence and arousal; without it there are no such
metrics. They look at a sample of bounded size: the faces whose paths have the smallest digests, so that the sample is
the same however examples are cut into bundles.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util

from cafer_tf import features
from cafer_tf.metrics.identity import identity_probe
from cafer_tf.serving import EMBEDDING
from pipeline.tallies import DrawnMetric, text_of

LARGEST = 4000
"""Faces that a probe looks at: training and testing it take seconds."""


class Embedded(NamedTuple):
    """A face in the order of the digests of paths, and the embedding of it."""

    digest: bytes
    source: str
    person: str
    video: str
    embedding: np.ndarray


class ReadEmbedding(metric_types.Preprocessor):
    """Extracts to the embedding of a face and what is known of it; nothing where the model answers none.

    Args:
        model_name: whose embedding.
    """

    def __init__(self, model_name: str):
        super().__init__(name=f'embedding {model_name}')
        self._model_name = model_name

    def process(self, extracts: dict[str, Any]) -> Iterator[Embedded]:
        """One example."""
        answers = metric_util.to_standard_metric_inputs(extracts).get_predictions(self._model_name)
        if EMBEDDING in answers:
            source = text_of(extracts, features.SOURCE)
            yield Embedded(
                hashlib.sha256(source.encode()).digest()[:8],
                source,
                text_of(extracts, features.SUBJECT),
                text_of(extracts, features.VIDEO),
                np.ravel(answers[EMBEDDING]),
            )


class CombineProbe(beam.CombineFn):
    """Embeddings to the figures of the probe.

    Args:
        key: whose name the names of the figures begin with.
        largest: faces to keep.
        resamples: draws of people for the interval.
        confidence: coverage of the interval, in (0, 1).
        seed: of every draw.
    """

    def __init__(self, key: metric_types.MetricKey, largest: int, resamples: int, confidence: float, seed: int):
        self._key = key
        self._largest = largest
        self._resamples = resamples
        self._confidence = confidence
        self._seed = seed

    def create_accumulator(self) -> list[Embedded]:
        """No face."""
        return []

    def add_input(self, mutable_accumulator: list[Embedded], element: Embedded) -> list[Embedded]:
        """Keeps a face, for now."""
        mutable_accumulator.append(element)
        # Twice as many are let in before half of them are sent away, so that sorting is rare.
        return mutable_accumulator if len(mutable_accumulator) < 2 * self._largest else self._kept(mutable_accumulator)

    def merge_accumulators(self, accumulators: Iterable[list[Embedded]]) -> list[Embedded]:
        """The faces to keep of all."""
        return self._kept([face for accumulator in accumulators for face in accumulator])

    def extract_output(self, accumulator: list[Embedded]) -> dict[metric_types.MetricKey, float]:
        """Accuracy and chance, the rate of verification and the equal error rate; what cannot be said is not there."""
        faces = sorted(self._kept(accumulator), key=lambda face: face.source)
        people = [face.person for face in faces]
        if len(set(people)) == len(people):
            return {}
        embeddings, videos = np.stack([face.embedding for face in faces]), [face.video for face in faces]
        found = identity_probe(
            embeddings, people, videos, resamples=self._resamples, confidence=self._confidence, seed=self._seed
        )
        if found is None:
            return {}
        name, verified = self._key.name, found['verification']
        figures = {
            f'{name}_accuracy': found['accuracy']['value'],
            f'{name}_accuracy_low': found['accuracy']['low'],
            f'{name}_accuracy_high': found['accuracy']['high'],
            f'{name}_chance': found['chance'],
            f'{name}_examples': float(found['examples']),
            f'{name}_subjects': float(found['subjects']),
            'verification_rate': verified['verification_rate'],
            'equal_error_rate': verified['equal_error_rate'],
        }
        return {self._key._replace(name=figure): value for figure, value in figures.items() if value is not None}

    def _kept(self, faces: list[Embedded]) -> list[Embedded]:
        return heapq.nsmallest(self._largest, faces, key=lambda face: (face.digest, face.source))


def _computations(
    name: str,
    largest: int,
    resamples: int,
    confidence: float,
    seed: int,
    model_name: str = '',
) -> metric_types.MetricComputations:
    key = metric_types.MetricKey(name=name, model_name=model_name)
    combiner = CombineProbe(key, largest, resamples, confidence, seed)
    return [metric_types.MetricComputation([key], [ReadEmbedding(model_name)], combiner)]


class IdentityProbe(DrawnMetric):
    """How well a linear classifier reads the person from the embedding: `identity_probe_accuracy` beside its chance.

    With it come `identity_probe_accuracy_low` and `_high`, `identity_probe_examples` and `identity_probe_subjects`, the
    `verification_rate` at a false-accept rate of 0.001, and the `equal_error_rate`. There is none of them in slices
    without two people who have enough images, or where each image counts as its own person.

    Args:
        largest: faces to look at, those whose paths have the smallest digests.
    """

    def __init__(self, name: str = 'identity_probe', largest: int = LARGEST, **draws: Any):
        super().__init__(metric_util.merge_per_key_computations(_computations), name, largest=largest, **draws)


metric_types.register_metric(IdentityProbe)
