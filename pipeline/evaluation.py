"""What is measured on people never seen, on which slices, and what a model must reach to be served."""

from __future__ import annotations

import json
from typing import Any

import tensorflow_model_analysis as tfma

from cafer_tf import features
from cafer_tf.evaluation import sets
from cafer_tf.metrics.bootstrap import CONFIDENCE, RESAMPLES
from cafer_tf.metrics.statistic import FIGURES
from pipeline.configs import Gate

SPLIT = features.SPLITS[-1]
"""The split whose figures are reported and gated: its people neither trained the model nor selected the epoch."""
SIGNATURE = 'examples'
AGREEMENT, IDENTITY = METRIC_MODULES = ('pipeline.agreement', 'pipeline.identity')
"""Where the metrics are that TFMA imports by name."""
GATED = 'ccc'
MEAN = 'mean_ccc'
DRAWS = {'resamples': RESAMPLES, 'confidence': CONFIDENCE, 'seed': 0}
"""How intervals are made: draws of people, coverage, and the seed of the draws."""
ENOUGH = {'minimum_examples': sets.MINIMUM_EXAMPLES, 'minimum_deviation': sets.MINIMUM_DEVIATION}
"""What a person or a video needs for a CCC of its own; the deviation is that of the labels."""
SLICES = (features.GROUP_NAME, features.QUADRANT, features.SUBJECT, features.SLICED_METADATA)
"""The features of which every value is a slice."""


def eval_config(gate: Gate) -> tfma.EvalConfig:
    """The configuration of the Evaluator.

    The model answers with the outputs `valence` and `arousal`, each judged against the feature of the same name. The
    bounds hold for all examples together; a group or a person may do worse. A slice's key is its filter, the metric
    `example_count` its size, and the configuration of a metric holds the seed of its draws.

    Args:
        gate: the bounds.
    """
    bounds = {features.VALENCE: gate.min_valence_ccc, features.AROUSAL: gate.min_arousal_ccc}
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                signature_name=SIGNATURE,
                model_type=tfma.TF_GENERIC,
                label_keys={output: output for output in features.OUTPUTS},
            )
        ],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=[name]) for name in SLICES),
        ],
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[
                    tfma.MetricConfig(class_name='ExampleCount'),
                    _ours('MeanCCC', AGREEMENT, name=MEAN, **DRAWS),
                    _ours('IdentityProbe', IDENTITY, **DRAWS),
                ]
            ),
            *(_figures(output, bounds[output], gate.max_ccc_drop) for output in features.OUTPUTS),
        ],
    )


def _figures(output: str, bound: float, drop: float) -> tfma.MetricsSpec:
    """The metrics of one output, with the bound on its CCC."""
    configs = {name: _ours(name.upper(), AGREEMENT, name=name) for name in FIGURES}
    configs[GATED].per_slice_thresholds.append(
        tfma.PerSliceMetricThreshold(
            slicing_specs=[tfma.SlicingSpec()],
            threshold=tfma.MetricThreshold(
                value_threshold=tfma.GenericValueThreshold(lower_bound={'value': bound}),
                change_threshold=tfma.GenericChangeThreshold(
                    direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={'value': -drop}
                ),
            ),
        )
    )
    others = [
        _ours('Calibration', AGREEMENT),
        _ours('Bounds', AGREEMENT, **DRAWS),
        _ours('SubjectCCC', AGREEMENT, **ENOUGH),
        _ours('OffsetCCC', AGREEMENT, minimum_examples=sets.MINIMUM_EXAMPLES),
        _ours('VideoCCC', AGREEMENT, **ENOUGH),
    ]
    return tfma.MetricsSpec(output_names=[output], metrics=[*configs.values(), *others])


def _ours(class_name: str, module: str, **config: Any) -> tfma.MetricConfig:
    return tfma.MetricConfig(class_name=class_name, module=module, config=json.dumps(config))
