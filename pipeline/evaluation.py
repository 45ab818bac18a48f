"""What is measured on people never seen, on which slices, and what a model must reach to be served."""

from __future__ import annotations

import tensorflow_model_analysis as tfma

from cafer_tf import features
from pipeline.configs import Gate

SPLIT = 'test'
"""The split whose figures are reported and gated: its people neither trained the model nor selected the epoch."""
SIGNATURE = 'examples'
FIGURES = ('rmse', 'pcc', 'ccc', 'sagr')
GATED = 'ccc'

_METRICS = 'pipeline.agreement'


def eval_config(gate: Gate) -> tfma.EvalConfig:
    """The configuration of the Evaluator.

    The model answers with the outputs `valence` and `arousal`, each judged against the feature of the same name. The
    bounds hold for all examples together; a group or a person may do worse.

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
            tfma.SlicingSpec(feature_keys=[features.GROUP_NAME]),
            tfma.SlicingSpec(feature_keys=[features.SUBJECT]),
        ],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name='ExampleCount')]),
            *(_figures(output, bounds[output], gate.max_ccc_drop) for output in features.OUTPUTS),
        ],
    )


def _figures(output: str, bound: float, drop: float) -> tfma.MetricsSpec:
    """The metrics of one output, with the bound on its CCC."""
    configs = {
        name: tfma.MetricConfig(class_name=name.upper(), module=_METRICS, config=f'{{"name": "{name}"}}')
        for name in FIGURES
    }
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
    return tfma.MetricsSpec(output_names=[output], metrics=list(configs.values()))
