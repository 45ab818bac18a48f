"""Whether two sets of examples differ by more than the draw of their people explains.

The thresholds of the comparators in the schema hold for large data. Splits by person differ by chance, the more so the
fewer people there are, so each threshold grows by what chance explains; at 1, the largest distance there is, a
comparator is silent.

- Labels, Jensen-Shannon divergence (base 2): `30 (1/n + 1/m) / (8 ln 2)`. Times `8 ln 2` and the harmonic size, the
  divergence of two samples of one distribution is about a chi-square; 30 is the .99 quantile at 15 degrees of freedom,
  and TFDV aligns two histograms of 10 bins to at most 19 bins. A person's labels resemble each other, so `n` is not the
  number of examples but Kish's effective one, `examples / (1 + (examples per person - 1) CORRELATION)`.
- Categories, L-infinity distance: `1.5 sqrt(1/n + 1/m)`, three standard deviations of the most uncertain share, with
  the people as `n`: data set and image format are usually the same for all images of a person.

Measured with labels of `cafer_tf.synthesis` and a share ρ of their variance between persons, the largest divergence of
60 draws, beside the threshold: 10 and 3 people of 20 images, ρ = .6 or less, .35 (threshold .39); 24 and 8 people of
50, .14 (.16); 104 and 24 of 50, .05 (.08); 500 and 100 of one, .06 (.11); 60 and 10 of one, .55 (.68).
"""

from __future__ import annotations

import math
from typing import Literal

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from pipeline.data_validation import contents
from pipeline.data_validation.contents import Statistics

CORRELATION = 0.1
"""How far the labels of one person count as repetitions of each other."""
_CHI_SQUARE = 30.0
_DEVIATIONS = 3.0

Comparator = Literal['drift_comparator', 'skew_comparator']


def split_drift(split: Statistics, train: Statistics, schema: schema_pb2.Schema) -> anomalies_pb2.Anomalies:
    """How a split differs from the training split, by the drift comparators of the schema.

    Args:
        split: statistics of the split.
        train: statistics of the training split.
        schema: with drift comparators.

    Returns:
        TFDV's anomalies: only drift, with each measured distance; nothing where a split is empty.
    """
    compared = comparators(split, train, schema, 'drift_comparator')
    if not compared.feature:
        return anomalies_pb2.Anomalies()
    names = {feature.name for feature in compared.feature}
    return tfdv.validate_statistics(
        contents.only(split, names), compared, previous_statistics=contents.only(train, names)
    )


def comparators(one: Statistics, other: Statistics, schema: schema_pb2.Schema, kind: Comparator) -> schema_pb2.Schema:
    """A schema that only compares: the features that both statistics have and the schema has a comparator for.

    Args:
        one: the statistics to compare.
        other: what to compare them with.
        schema: with comparators.
        kind: which of its comparators.

    Returns:
        Types and comparators, each threshold with the allowance for chance added.
    """
    result = schema_pb2.Schema()
    if not contents.examples(one) or not contents.examples(other):
        return result
    shared = {
        name
        for name, feature in contents.by_name(one).items()
        if contents.presence(feature) and contents.presence(contents.by_name(other).get(name))
    }
    for feature in schema.feature:
        if feature.name in shared and feature.HasField(kind):
            comparator = schema_pb2.FeatureComparator()
            comparator.CopyFrom(getattr(feature, kind))
            _allow(comparator, one, other)
            result.feature.add(name=feature.name, type=feature.type, **{kind: comparator})
    return result


def divergence_allowance(one: Statistics, other: Statistics) -> float:
    """The Jensen-Shannon divergence that chance explains."""
    return _CHI_SQUARE * (1 / _effective_size(one) + 1 / _effective_size(other)) / (8 * math.log(2))


def category_allowance(one: Statistics, other: Statistics) -> float:
    """The difference of a category's share that chance explains."""
    return _DEVIATIONS * math.sqrt((1 / contents.people(one) + 1 / contents.people(other)) / 4)


def _effective_size(statistics: Statistics) -> float:
    examples = contents.examples(statistics)
    each = examples / contents.people(statistics)
    return examples / (1 + (each - 1) * CORRELATION)


def _allow(comparator: schema_pb2.FeatureComparator, one: Statistics, other: Statistics) -> None:
    if comparator.HasField('jensen_shannon_divergence'):
        bound = comparator.jensen_shannon_divergence
        bound.threshold = min(1.0, bound.threshold + divergence_allowance(one, other))
    if comparator.HasField('infinity_norm'):
        bound = comparator.infinity_norm
        bound.threshold = min(1.0, bound.threshold + category_allowance(one, other))
