"""New data beside the data that a model was trained on."""

from __future__ import annotations

import dataclasses
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from cafer_tf import features
from pipeline.data_validation import contents, drift
from pipeline.data_validation.contents import Feature, Statistics
from pipeline.errors import RunError

CATEGORY_THRESHOLD = 0.1
"""The L-infinity distance above which categories drifted that the schema does not know."""
_NAMES = (features.IMAGE, features.SUBJECT, features.SOURCE, features.SPLIT, features.VIDEO, features.METADATA)
_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: 'Jensen-Shannon divergence',
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: 'L-infinity distance',
}


@dataclasses.dataclass(frozen=True)
class Summary:
    """A feature in one set of examples.

    Attributes:
        mean, deviation: of a number; None for a category.
        top: the most frequent category; empty for a number.
    """

    mean: float | None = None
    deviation: float | None = None
    top: str = ''

    def __str__(self) -> str:
        return f'mostly {self.top}' if self.mean is None else f'{self.mean:.3f} ± {self.deviation:.3f}'


@dataclasses.dataclass(frozen=True)
class FeatureComparison:
    """One feature that both sets have.

    Attributes:
        measure: `Jensen-Shannon divergence` of numbers, `L-infinity distance` of categories; both in [0, 1].
        threshold: with the allowance for chance; see `pipeline.data_validation.drift`.
        description: TFDV's words where it drifted, else empty; it calls the reference training and the new serving.
    """

    name: str
    measure: str
    distance: float
    threshold: float
    description: str
    new: Summary
    reference: Summary

    @property
    def drifted(self) -> bool:
        """Whether the distance is above the threshold."""
        return bool(self.description)


@dataclasses.dataclass(frozen=True)
class PresenceChange:
    """A feature that examples may lack, and that another part of the examples has: fractions in [0, 1]."""

    name: str
    new: float
    reference: float


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How a new set of examples differs from a reference."""

    new_examples: int
    new_people: int
    reference_examples: int
    reference_people: int
    features: tuple[FeatureComparison, ...]
    presence: tuple[PresenceChange, ...]

    @property
    def drifted(self) -> tuple[str, ...]:
        """The features that drifted."""
        return tuple(feature.name for feature in self.features if feature.drifted)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values."""
        plain = dataclasses.asdict(self)
        plain['drifted'] = list(self.drifted)
        return plain

    def lines(self) -> list[str]:
        """The comparison in words."""
        lines = [
            f'new: {self.new_examples} examples of {self.new_people} people; '
            f'reference: {self.reference_examples} examples of {self.reference_people} people'
        ]
        for feature in self.features:
            verdict = 'DRIFTED' if feature.drifted else 'alike'
            lines.append(
                f'{feature.name}: {verdict}, {feature.measure} {feature.distance:.4f}, threshold '
                f'{feature.threshold:.4f}; new {feature.new}, reference {feature.reference}'
            )
            if feature.drifted:
                lines.append(f'  {feature.description}')
        lines += [
            f'{change.name}: in {change.new:.1%} of the new examples, {change.reference:.1%} of the reference'
            for change in self.presence
        ]
        return lines


def compare(new: Statistics, reference: Statistics, schema: schema_pb2.Schema) -> Comparison:
    """Compares new data with the data that a model was trained on.

    Numbers with a skew comparator in the schema are compared, and all categories but names of people, clips and files:
    those that the schema has no comparator for with `CATEGORY_THRESHOLD`.

    Args:
        new: statistics of the new data.
        reference: statistics of the training data.
        schema: with skew comparators.

    Raises:
        RunError: there are no examples, or nothing that both have and that can be compared.
    """
    for what, statistics in (('new data', new), ('reference', reference)):
        if not contents.examples(statistics):
            raise RunError(f'the {what} has no examples, so there is nothing to compare. Give a data set with labels.')
    compared = drift.comparators(new, reference, _with_categories(schema, new, reference), 'skew_comparator')
    names = {feature.name for feature in compared.feature}
    if not names:
        raise RunError('the new data and the reference share no feature that can be compared. Compare labelled faces.')
    anomalies = tfdv.validate_statistics(
        contents.only(reference, names), compared, serving_statistics=contents.only(new, names)
    )
    return Comparison(
        new_examples=contents.examples(new),
        new_people=contents.people(new),
        reference_examples=contents.examples(reference),
        reference_people=contents.people(reference),
        features=tuple(_comparisons(anomalies, new, reference)),
        presence=tuple(_presence_changes(schema, new, reference)),
    )


def _with_categories(schema: schema_pb2.Schema, new: Statistics, reference: Statistics) -> schema_pb2.Schema:
    """The schema with a comparator for every category that is none by name."""
    result = schema_pb2.Schema()
    result.feature.extend(feature for feature in schema.feature if feature.HasField('skew_comparator'))
    known = {feature.name for feature in result.feature}
    there = contents.by_name(reference)
    for name, feature in contents.by_name(new).items():
        both = _is_category(feature) and name in there and _is_category(there[name])
        if both and name not in known and name not in _NAMES:
            added = result.feature.add(name=name, type=schema_pb2.BYTES)
            added.skew_comparator.infinity_norm.threshold = CATEGORY_THRESHOLD
    return result


def _is_category(feature: Feature) -> bool:
    return feature.type == statistics_pb2.FeatureNameStatistics.STRING


def _comparisons(anomalies: anomalies_pb2.Anomalies, new: Statistics, reference: Statistics) -> list[FeatureComparison]:
    here, there = contents.by_name(new), contents.by_name(reference)
    found = []
    for info in anomalies.drift_skew_info:
        name = '.'.join(info.path.step)
        for measurement in info.skew_measurements:
            found.append(
                FeatureComparison(
                    name=name,
                    measure=_MEASURES[measurement.type],
                    distance=measurement.value,
                    threshold=measurement.threshold,
                    description=anomalies.anomaly_info[name].description if name in anomalies.anomaly_info else '',
                    new=_summary(here[name]),
                    reference=_summary(there[name]),
                )
            )
    return sorted(found, key=lambda feature: feature.name)


def _summary(feature: Feature) -> Summary:
    if feature.HasField('num_stats'):
        return Summary(mean=feature.num_stats.mean, deviation=feature.num_stats.std_dev)
    top = feature.string_stats.top_values
    return Summary(top=top[0].value if top else '')


def _presence_changes(schema: schema_pb2.Schema, new: Statistics, reference: Statistics) -> list[PresenceChange]:
    """What every example must have is the matter of the schema; this is about the rest."""
    required = {feature.name for feature in schema.feature if feature.HasField('presence')}
    here, there = contents.by_name(new), contents.by_name(reference)
    changes = [
        PresenceChange(name, contents.presence(here.get(name)), contents.presence(there.get(name)))
        for name in sorted({*here, *there} - required)
    ]
    return [change for change in changes if abs(change.new - change.reference) >= 0.005]
