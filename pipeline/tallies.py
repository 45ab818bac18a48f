"""One sufficient statistic a person and one a video, added up by Beam over the examples of each slice.

Statistics (`cafer_tf.metrics.AgreementStatistic`, float64) merge exactly, so that neither batches nor bundles nor the
number of workers change a figure that is derived from them.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types, metric_util

from cafer_tf import features
from cafer_tf.metrics.bootstrap import CONFIDENCE, RESAMPLES
from cafer_tf.metrics.statistic import AgreementStatistic

_TALLY = '_agreement_tally'  # TFMA keeps metrics whose name starts with an underscore to itself


class Judged(NamedTuple):
    """What is known of one example and one output."""

    person: str
    video: str
    statistic: AgreementStatistic


@dataclasses.dataclass(frozen=True)
class Tally:
    """The statistics of one output.

    Attributes:
        people: by the name of the person.
        videos: by the name of the video, of the examples that have one.
    """

    people: dict[str, AgreementStatistic] = dataclasses.field(default_factory=dict)
    videos: dict[str, AgreementStatistic] = dataclasses.field(default_factory=dict)

    def add(self, people: Mapping[str, AgreementStatistic], videos: Mapping[str, AgreementStatistic]) -> None:
        """Merges other statistics into these."""
        for mine, others in ((self.people, people), (self.videos, videos)):
            for name, statistic in others.items():
                mine[name] = mine[name].merge(statistic) if name in mine else statistic

    @functools.cached_property
    def total(self) -> AgreementStatistic:
        """The statistic of all examples; the order of its people is fixed, whatever the order of examples was."""
        ordered = (self.people[name] for name in sorted(self.people))
        return functools.reduce(AgreementStatistic.merge, ordered, AgreementStatistic())


class Judge(metric_types.Preprocessor):
    """Extracts to what `CombineTallies` adds up: a few numbers an example, which then go to every slice of it."""

    def __init__(self, key: metric_types.MetricKey, eval_config: tfma.EvalConfig | None):
        super().__init__(name=f'judge {key.model_name} {key.output_name}')
        self._key = key
        self._eval_config = eval_config

    def process(self, extracts: dict[str, Any]) -> Iterator[Judged]:
        """One example."""
        pairs = metric_util.to_label_prediction_example_weight(
            metric_util.to_standard_metric_inputs(extracts),
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            flatten=True,
        )
        values = [(label.item(), prediction.item()) for label, prediction, _ in pairs]
        yield Judged(
            text_of(extracts, features.SUBJECT),
            text_of(extracts, features.VIDEO),
            AgreementStatistic.of(*zip(*values, strict=True)),
        )


class CombineTallies(beam.CombineFn):
    """What was judged of one output to `{key: Tally}`."""

    def __init__(self, key: metric_types.MetricKey):
        self._key = key

    def create_accumulator(self) -> Tally:
        """The tally of nothing."""
        return Tally()

    def add_input(self, mutable_accumulator: Tally, element: Judged) -> Tally:
        """Adds one example."""
        video = {element.video: element.statistic} if element.video else {}
        mutable_accumulator.add({element.person: element.statistic}, video)
        return mutable_accumulator

    def merge_accumulators(self, accumulators: Iterable[Tally]) -> Tally:
        """All examples."""
        merged = Tally()
        for accumulator in accumulators:
            merged.add(accumulator.people, accumulator.videos)
        return merged

    def extract_output(self, accumulator: Tally) -> dict[metric_types.MetricKey, Tally]:
        """The tally under its private key, from which the metrics are derived."""
        return {self._key: accumulator}


class DrawnMetric(tfma.metrics.Metric):
    """A metric whose confidence intervals come from drawing people again.

    Args:
        computations: of the metric.
        name: of the metric.
        resamples: number of draws of people.
        confidence: coverage of the intervals, in (0, 1).
        seed: of the draws.
        others: what else configures the metric.
    """

    def __init__(
        self,
        computations: Callable[..., metric_types.MetricComputations],
        name: str,
        resamples: int = RESAMPLES,
        confidence: float = CONFIDENCE,
        seed: int = 0,
        **others: Any,
    ):
        super().__init__(computations, name=name, resamples=resamples, confidence=confidence, seed=seed, **others)


def text_of(extracts: Mapping[str, Any], name: str) -> str:
    """The only text of a feature; empty where the example has none."""
    value = extracts[tfma.FEATURES_KEY].get(name)
    values = np.ravel(getattr(value, 'values', value))  # TFMA holds a feature that may be missing as a sparse tensor
    return '' if value is None or not values.size else tf.compat.as_str(values[0])


def tally_computation(
    key: metric_types.MetricKey, eval_config: tfma.EvalConfig | None
) -> metric_types.MetricComputation:
    """The computation that all metrics of an output share; TFMA runs it once."""
    key = key._replace(name=_TALLY)
    return metric_types.MetricComputation(
        keys=[key], preprocessors=[Judge(key, eval_config)], combiner=CombineTallies(key)
    )
