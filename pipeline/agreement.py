"""RMSE, PCC, CCC and SAGR as metrics of TensorFlow Model Analysis: pooled over each slice, by person and by video.

They, and the line of calibration, are what `cafer_tf.evaluation` computes. Intervals come from drawing people again; a
slice of one person has none, and no metric of that name. Nor are there quantiles over people in such a slice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types, metric_util

from cafer_tf import features
from cafer_tf.evaluation import sets
from cafer_tf.metrics.bootstrap import Interval, bootstrap, mean_of, replicate
from cafer_tf.metrics.statistic import TINY, AgreementStatistic
from pipeline.tallies import DrawnMetric, Tally, tally_computation

Figures = dict[str, float]


def _derived(
    figures: Callable[..., Figures], outputs: tuple[str, ...] = ()
) -> Callable[..., metric_types.MetricComputations]:
    """The computations of a metric.

    Args:
        figures: of a tally (one for each of `outputs`, where they are given) and the metric's configuration, `name`
            among it. What cannot be said of a slice is not in its answer.
        outputs: of the model that the metric is about; without, it is about the one that its specification names.
    """

    def computations(
        eval_config: tfma.EvalConfig | None = None,
        model_name: str = '',
        output_name: str = '',
        example_weighted: bool = False,
        **config: Any,
    ) -> metric_types.MetricComputations:
        key = metric_types.MetricKey(
            name=config['name'], model_name=model_name, output_name=output_name, example_weighted=example_weighted
        )
        tallies = [
            tally_computation(key._replace(output_name=output), eval_config) for output in outputs or (output_name,)
        ]

        def result(metrics: dict[metric_types.MetricKey, Any]) -> dict[metric_types.MetricKey, Any]:
            found = figures(*(metrics[tally.keys[0]] for tally in tallies), **config)
            return {key._replace(name=name): value for name, value in found.items()}

        return [*tallies, metric_types.DerivedMetricComputation(keys=[key], result=result)]

    return metric_util.merge_per_key_computations(computations)


def _pooled(tally: Tally, name: str) -> Figures:
    return {name: getattr(tally.total, name)()}


def _calibration(tally: Tally, name: str) -> Figures:
    total = tally.total
    if not total.count or total.square_p / total.count < TINY:
        return {}
    slope = total.product / total.square_p
    return {f'{name}_slope': slope, f'{name}_intercept': total.mean_y - slope * total.mean_p}


def _bounds(tally: Tally, name: str, resamples: int, confidence: float, seed: int) -> Figures:
    found = bootstrap(tally.people, resamples, confidence, seed)
    return {name: value for figure, interval in found.items() for name, value in _known(figure, interval).items()}


def _known(figure: str, interval: Interval) -> Figures:
    bounds = {f'{figure}_low': interval.low, f'{figure}_high': interval.high}
    return {name: value for name, value in bounds.items() if value is not None}


def _mean_ccc(*tallies: Tally, name: str, resamples: int, confidence: float, seed: int) -> Figures:
    # The draws of people are the same for both outputs.
    replicates = [replicate(tally.people, resamples, seed)['ccc'] for tally in tallies]
    interval = mean_of(replicates).interval(confidence)
    return {name: interval.value, **_known(name, interval)}


def _spread(
    statistics: Mapping[str, AgreementStatistic], name: str, minimum_examples: int, minimum_deviation: float
) -> Figures:
    scores, quantiles = sets.ccc_spread(statistics, minimum_examples, minimum_deviation)
    return {
        f'{name}_included': len(scores),
        f'{name}_excluded': len(statistics) - len(scores),
        **{quantile_name(name, at): value for at, value in quantiles.items()},
    }


def quantile_name(name: str, at: float) -> str:
    """The name of a quantile of a metric.

    Example:
        >>> quantile_name('subject_ccc', 0.05)
        'subject_ccc_q05'
    """
    return f'{name}_q{round(100 * at):02d}'


def _by_person(tally: Tally, **config: Any) -> Figures:
    return _spread(tally.people, **config) if len(tally.people) > 1 else {}


def _by_video(tally: Tally, **config: Any) -> Figures:
    return _spread(tally.videos, **config) if tally.videos else {}


def _offsets(tally: Tally, name: str, minimum_examples: int) -> Figures:
    found = sets.ccc_without_offsets(tally.people, minimum_examples)
    return {f'{name}_{way}': value for way, value in found.items()}


class RMSE(tfma.metrics.Metric):
    """Root mean squared error."""

    def __init__(self, name: str = 'rmse'):
        super().__init__(_derived(_pooled), name=name)


class PCC(tfma.metrics.Metric):
    """Pearson correlation coefficient."""

    def __init__(self, name: str = 'pcc'):
        super().__init__(_derived(_pooled), name=name)


class CCC(tfma.metrics.Metric):
    """Concordance correlation coefficient (Lin, Biometrics 45, 1989)."""

    def __init__(self, name: str = 'ccc'):
        super().__init__(_derived(_pooled), name=name)


class SAGR(tfma.metrics.Metric):
    """Sign agreement."""

    def __init__(self, name: str = 'sagr'):
        super().__init__(_derived(_pooled), name=name)


class Calibration(tfma.metrics.Metric):
    """The line of the label over the prediction, `calibration_slope` and `calibration_intercept`.

    It is that of `cafer_tf.metrics.calibration_curve`; a slice whose predictions are all the same has none.
    """

    def __init__(self, name: str = 'calibration'):
        super().__init__(_derived(_calibration), name=name)


class Bounds(DrawnMetric):
    """The confidence intervals of all four over people: `rmse_low`, `rmse_high`, `pcc_low` and so on."""

    def __init__(self, name: str = 'bounds', **draws: Any):
        super().__init__(_derived(_bounds), name, **draws)


class MeanCCC(DrawnMetric):
    """The mean of the CCCs of valence and arousal, `mean_ccc`, with its interval, `mean_ccc_low` and `mean_ccc_high`.

    It is about both outputs, so its specification names none.
    """

    def __init__(self, name: str = 'mean_ccc', **draws: Any):
        super().__init__(_derived(_mean_ccc, features.OUTPUTS), name, **draws)


class SubjectCCC(tfma.metrics.Metric):
    """Quantiles of the CCCs of the people in a slice of several: `subject_ccc_q05` to `subject_ccc_q95`.

    `subject_ccc_included` people have a CCC that means something, `subject_ccc_excluded` have not.

    Args:
        minimum_examples: that a person must have.
        minimum_deviation: of the person's labels.
    """

    def __init__(
        self,
        name: str = 'subject_ccc',
        minimum_examples: int = sets.MINIMUM_EXAMPLES,
        minimum_deviation: float = sets.MINIMUM_DEVIATION,
    ):
        super().__init__(
            _derived(_by_person), name=name, minimum_examples=minimum_examples, minimum_deviation=minimum_deviation
        )


class OffsetCCC(tfma.metrics.Metric):
    """The CCC of the people in a slice of several with and without an offset for each person.

    `offset_ccc_pooled`, `offset_ccc_centred` and `offset_ccc_levelled` are those of `cafer_tf.metrics.offsets.WAYS`.

    Args:
        minimum_examples: that a person must have to count.
    """

    def __init__(self, name: str = 'offset_ccc', minimum_examples: int = sets.MINIMUM_EXAMPLES):
        super().__init__(_derived(_offsets), name=name, minimum_examples=minimum_examples)


class VideoCCC(tfma.metrics.Metric):
    """The same of videos, `video_ccc_q05` to `video_ccc_q95`, in slices that have any."""

    def __init__(
        self,
        name: str = 'video_ccc',
        minimum_examples: int = sets.MINIMUM_EXAMPLES,
        minimum_deviation: float = sets.MINIMUM_DEVIATION,
    ):
        super().__init__(
            _derived(_by_video), name=name, minimum_examples=minimum_examples, minimum_deviation=minimum_deviation
        )


for _metric in (RMSE, PCC, CCC, SAGR, Calibration, Bounds, MeanCCC, SubjectCCC, OffsetCCC, VideoCCC):
    # How TFMA finds a class that an EvalConfig names by `module` and `class_name`.
    metric_types.register_metric(_metric)
