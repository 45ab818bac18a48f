"""What came of a run: whether the gate let the model pass, and the figures of the model that is served."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import validation_result_pb2
from tfx.types import artifact_utils

from cafer_tf import features
from pipeline import evaluation
from pipeline.components.version_pusher.executor import NEW_VERSION
from pipeline.configs import Settings
from pipeline.errors import GateError
from pipeline.stages import Outputs

EVALUATOR, PUSHER = 'Evaluator', 'VersionPusher'


@dataclasses.dataclass(frozen=True)
class Result:
    """A run that ended well.

    Attributes:
        metrics: the content of `metrics.json`.
        model: the folder of the version that is served.
        pushed: whether this run pushed it; False where it was there already.
        cached: the stages that came from the cache.
    """

    metrics: dict[str, Any]
    model: pathlib.Path
    pushed: bool
    cached: frozenset[str]


def check_gate(outputs: Outputs, settings: Settings) -> None:
    """Raises unless the Evaluator blessed the model.

    The figures of a model that did not pass are written to `rejected.json`; `metrics.json` stays with the model that is
    being served.

    Args:
        outputs: of the Evaluator.
        settings: of the run.

    Raises:
        GateError: naming each metric, its value and its bound.
    """
    uri = artifact_utils.get_single_uri(outputs['evaluation'])
    verdict = tfma.load_validation_result(uri)
    if verdict.validation_ok:
        return
    figures = read_figures(uri)
    write_json(settings.rejected_metrics, {**figures, 'model': None})
    reasons = [
        describe(failure) for validation in verdict.metric_validations_per_slice for failure in validation.failures
    ]
    raise GateError(
        f'the model is not pushed: {"; ".join(sorted(set(reasons)))} ({evaluation.SPLIT} split, '
        f'{figures["examples"]} faces of {figures["subjects"]} people). Its figures are in {settings.rejected_metrics}'
    )


def describe(failure: validation_result_pb2.ValidationFailure) -> str:
    """One bound that was missed: `valence ccc 0.031 is below 0.100`."""
    metric = f'{failure.metric_key.output_name} {failure.metric_key.name}'
    value = failure.metric_value.double_value.value
    if failure.metric_threshold.HasField('change_threshold'):
        bound = failure.metric_threshold.change_threshold.absolute.value
        return f'{metric} changed by {value:+.3f} against the model blessed before, the bound is {bound:+.3f}'
    return f'{metric} {value:.3f} is below {failure.metric_threshold.value_threshold.lower_bound.value:.3f}'


def read_figures(evaluation_uri: str) -> dict[str, Any]:
    """The figures of all examples together, how many there are, and of how many people.

    Args:
        evaluation_uri: of the Evaluator's output.
    """
    result = tfma.load_eval_result(evaluation_uri)
    figures: dict[str, Any] = {}
    for output in features.OUTPUTS:
        metrics = result.get_metrics_for_slice((), output_name=output)
        figures[output] = {name: _finite(metrics[name]['doubleValue']) for name in evaluation.FIGURES}
    figures['examples'] = int(result.get_metrics_for_slice(())['example_count']['doubleValue'])
    slices = [slice_key for slice_key, _ in result.slicing_metrics]
    figures['subjects'] = sum(len(key) == 1 and key[0][0] == features.SUBJECT for key in slices)
    return figures


def publish(outputs: dict[str, Outputs], settings: Settings, cached: set[str]) -> Result:
    """Writes `metrics.json` for the model that is served after a run.

    Args:
        outputs: of every stage.
        settings: of the run.
        cached: the stages that came from the cache.
    """
    (pushed,) = outputs[PUSHER]['pushed_model']
    version = settings.serving / pushed.get_string_custom_property('pushed_version')
    figures = read_figures(artifact_utils.get_single_uri(outputs[EVALUATOR]['evaluation']))
    metrics = {**figures, 'model': version.relative_to(settings.metrics.parent).as_posix()}
    write_json(settings.metrics, metrics)
    settings.rejected_metrics.unlink(missing_ok=True)
    return Result(metrics, version, bool(pushed.get_int_custom_property(NEW_VERSION)), frozenset(cached))


def write_json(path: pathlib.Path, value: Any) -> None:
    """Writes a file that is either the old or the new one, never a part."""
    aside = path.with_name(f'.{path.name}.{os.getpid()}')
    aside.write_text(json.dumps(value, indent=2) + '\n', encoding='utf-8')
    aside.replace(path)


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
