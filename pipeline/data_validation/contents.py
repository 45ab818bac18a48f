"""What is read out of a statistics proto: its features by name, and how many examples and people it counts."""

from __future__ import annotations

from typing import TypeAlias

from tensorflow_metadata.proto.v0 import statistics_pb2

from cafer_tf import features

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Feature: TypeAlias = statistics_pb2.FeatureNameStatistics


def by_name(statistics: Statistics) -> dict[str, Feature]:
    """The features of a data set, in the order of their names."""
    found = {name_of(feature): feature for dataset in statistics.datasets[:1] for feature in dataset.features}
    return dict(sorted(found.items()))


def name_of(feature: Feature) -> str:
    """The name of a feature; TFDV gives either a path of steps or a name."""
    return '.'.join(feature.path.step) or feature.name


def only(statistics: Statistics, names: set[str]) -> Statistics:
    """The statistics without any other feature."""
    result = Statistics()
    for dataset in statistics.datasets[:1]:
        kept = result.datasets.add(name=dataset.name, num_examples=dataset.num_examples)
        kept.features.extend(feature for feature in dataset.features if name_of(feature) in names)
    return result


def examples(statistics: Statistics) -> int:
    """How many examples there are."""
    return sum(int(dataset.num_examples) for dataset in statistics.datasets[:1])


def people(statistics: Statistics) -> int:
    """How many people there are; each example counts as its own where nothing says who is shown."""
    subject = by_name(statistics).get(features.SUBJECT)
    named = 0 if subject is None else int(subject.string_stats.unique)
    return min(named or examples(statistics), examples(statistics))


def common(feature: Feature) -> statistics_pb2.CommonStatistics:
    """What is counted for every kind of feature."""
    return getattr(feature, feature.WhichOneof('stats') or 'num_stats').common_stats


def presence(feature: Feature | None) -> float:
    """The fraction of examples that have the feature."""
    if feature is None:
        return 0.0
    counts = common(feature)
    total = counts.num_non_missing + counts.num_missing
    return counts.num_non_missing / total if total else 0.0
