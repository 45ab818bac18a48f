"""How much of the error is one number for each person, and how much of that goes without a label of the person.

A face that looks pleased at rest makes all of a person's predictions too pleasant. Such an offset `mean_p - mean_y` is
in the pooled CCC, and not in what is left of it here. Subtracting what a person's faces have in common is an old remedy
where many faces of the person are at hand.

Reference: T. Baltrušaitis, M. Mahmoud and P. Robinson, "Cross-dataset learning and person-specific normalisation for
automatic Action Unit detection", FG 2015, which subtracts a person's median features.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cafer_tf.metrics.statistic import AgreementStatistic, pooled


def pooled_ccc(statistics: Mapping[str, AgreementStatistic]) -> float:
    """The CCC of all pairs as they are.

    Args:
        statistics: of one output, by the name of the person; their order does not matter.
    """
    return pooled(statistics).ccc()


def centred_ccc(statistics: Mapping[str, AgreementStatistic]) -> float:
    """The CCC of all pairs, each person's mean error taken from that person's predictions: `p - mean_p + mean_y`.

    What the pooled CCC would be if the offset of each person were known.

    Args:
        statistics: of one output, by the name of the person; their order does not matter.

    Example:
        >>> from cafer_tf.metrics import statistics_by_name
        >>> people = statistics_by_name([0, 1, 0, 1], [0.5, 1.5, -0.5, 0.5], ['a', 'a', 'b', 'b'])
        >>> centred_ccc(people)
        1.0
    """
    return pooled_ccc({name: _moved(one, one.mean_y) for name, one in statistics.items()})


def within_person_pcc(statistics: Mapping[str, AgreementStatistic]) -> float:
    """The correlation within people: the PCC of labels and predictions from which each person's own means are taken.

    Unlike `centred_ccc` it does not ask whether predictions vary as much as labels.

    Args:
        statistics: of one output, by the name of the person; their order does not matter.

    Example:
        >>> from cafer_tf.metrics import statistics_by_name
        >>> people = statistics_by_name([-1, 1, -1, 1], [0.0, 1.0, -1.5, -0.5], ['a', 'a', 'b', 'b'])
        >>> round(centred_ccc(people), 3), within_person_pcc(people)
        (0.8, 1.0)

    Reference: J. M. Bland and D. G. Altman, "Calculating correlation coefficients with repeated observations: Part 1,
    correlation within subjects", BMJ 310 (1995).
    """
    return pooled({name: dataclasses.replace(one, mean_y=0.0, mean_p=0.0) for name, one in statistics.items()}).pcc()


def levelled_ccc(statistics: Mapping[str, AgreementStatistic]) -> float:
    """The CCC of all pairs, each person's mean prediction moved to that of all pairs: `p - mean_p + mean of all p`.

    What the pooled CCC would be if offsets were taken to be all that the means of people's predictions differ by. That
    needs faces of each person and no label, and is right as far as people feel alike on average over these faces.

    Args:
        statistics: of one output, by the name of the person; their order does not matter.

    Example:
        >>> from cafer_tf.metrics import statistics_by_name
        >>> people = statistics_by_name([0, 1, 0.2, 1.2], [0.5, 1.5, -0.5, 0.5], ['a', 'a', 'b', 'b'])
        >>> round(levelled_ccc(people), 3)
        0.962
    """
    level = pooled(statistics).mean_p
    return pooled_ccc({name: _moved(one, level) for name, one in statistics.items()})


def _moved(statistic: AgreementStatistic, mean_p: float) -> AgreementStatistic:
    """That of predictions with another mean, as far as the CCC depends on it."""
    return dataclasses.replace(statistic, mean_p=mean_p)


class Way(NamedTuple):
    """How the CCC of several people is taken.

    Attributes:
        ccc: of the statistics of one output, by the name of the person.
        meaning: in words.
    """

    ccc: Callable[[Mapping[str, AgreementStatistic]], float]
    meaning: str


WAYS = {
    'pooled': Way(pooled_ccc, 'as predicted'),
    'centred': Way(centred_ccc, "each person's mean error taken away, as if it were known"),
    'levelled': Way(levelled_ccc, "each person's mean prediction moved to that of all, for which no label is needed"),
}
