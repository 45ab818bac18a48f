"""What came of a run: whether the gate let the model pass, and the figures of the model that is served."""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import validation_result_pb2
from tfx.types import artifact_utils

from cafer_tf import features
from cafer_tf.metrics.statistic import FIGURES
from pipeline import evaluation
from pipeline.components.face_example_gen.executor import COUNT, IMAGES, QUARANTINE, SUBJECTS_KNOWN, show_quarantine
from pipeline.components.face_example_validator.executor import PAGE
from pipeline.components.files import write_json, write_text
from pipeline.components.version_pusher.executor import NEW_VERSION
from pipeline.configs import Settings
from pipeline.errors import GateError
from pipeline.stages import Outputs

EXAMPLE_GEN, VALIDATOR = 'FaceExampleGen', 'GroupedExampleValidator'
EVALUATOR, PUSHER = 'Evaluator', 'VersionPusher'
_BOUNDS = ('', '_low', '_high')
"""What the name of a figure ends in: nothing for the figure itself, and the ends of its interval."""


@dataclasses.dataclass(frozen=True)
class Result:
    """A run that ended well.

    Attributes:
        metrics: the content of `metrics.json`.
        model: the folder of the version that is served.
        pushed: whether this run pushed it; False where it was there already.
        cached: the stages that came from the cache.
        examples: the pattern of the TFRecords of each split, as they were ingested.
    """

    metrics: dict[str, Any]
    model: pathlib.Path
    pushed: bool
    cached: frozenset[str]
    examples: Mapping[str, str]


def check_gate(outputs: Outputs, settings: Settings, subjects_known: bool = True) -> None:
    """Raises unless the Evaluator blessed the model.

    The figures of a model that did not pass are written to `rejected.json`; `metrics.json` stays with the model that is
    being served.

    Args:
        outputs: of the Evaluator.
        settings: of the run.
        subjects_known: whether the data set says who is shown.

    Raises:
        GateError: naming each metric, its value and its bound.
    """
    uri = artifact_utils.get_single_uri(outputs['evaluation'])
    verdict = tfma.load_validation_result(uri)
    if verdict.validation_ok:
        return
    figures = read_figures(uri, subjects_known)
    write_json({**figures, 'model': None}, settings.rejected_metrics)
    reasons = [
        describe(failure) for validation in verdict.metric_validations_per_slice for failure in validation.failures
    ]
    raise GateError(
        f'the model is not pushed: {"; ".join(sorted(set(reasons)))} on the {evaluation.SPLIT} split, '
        f'{judged_on(figures)}. Its figures are in {settings.rejected_metrics}'
    )


def describe(failure: validation_result_pb2.ValidationFailure) -> str:
    """One bound that was missed: `valence ccc 0.031 is below 0.100`."""
    metric = f'{failure.metric_key.output_name} {failure.metric_key.name}'
    value = failure.metric_value.double_value.value
    if failure.metric_threshold.HasField('change_threshold'):
        bound = failure.metric_threshold.change_threshold.absolute.value
        return f'{metric} changed by {value:+.3f} against the model blessed before, the bound is {bound:+.3f}'
    return f'{metric} {value:.3f} is below {failure.metric_threshold.value_threshold.lower_bound.value:.3f}'


def judged_on(figures: dict[str, Any]) -> str:
    """How many faces figures are of, and of how many people: `1600 faces of 32 people`."""
    if figures['subjects'] is None:
        return f'{figures["examples"]} faces (no {features.SUBJECT} given, so nothing can be said of unseen people)'
    return f'{figures["examples"]} faces of {figures["subjects"]} people'


def check_quarantine(outputs: Outputs, settings: Settings) -> str | None:
    """Brings the user's list of unusable images up to date where the examples come from the cache.

    Args:
        outputs: of FaceExampleGen.
        settings: of the run.

    Returns:
        How many there are, for the user; None where there are none.
    """
    quarantine = artifact_utils.get_single_instance(outputs['quarantine'])
    text = (pathlib.Path(quarantine.uri) / QUARANTINE).read_text(encoding='utf-8')
    show_quarantine(text, str(settings.quarantine))
    if not text:
        return None
    count, images = (quarantine.get_int_custom_property(name) for name in (COUNT, IMAGES))
    return f'{count} of {images} images are quarantined: {settings.quarantine}'


def show_statistics(outputs: Outputs, settings: Settings) -> None:
    """Puts the page of statistics where a user finds it.

    Args:
        outputs: of the validator of grouped examples.
        settings: of the run.
    """
    page = pathlib.Path(artifact_utils.get_single_uri(outputs['anomalies'])) / PAGE
    write_text(page.read_text(encoding='utf-8'), settings.statistics)


def subjects_known(outputs: dict[str, Outputs]) -> bool:
    """Whether the data set of a run says who is shown.

    Args:
        outputs: of every stage so far.
    """
    examples = artifact_utils.get_single_instance(outputs[EXAMPLE_GEN]['examples'])
    return bool(examples.get_int_custom_property(SUBJECTS_KNOWN))


def read_figures(evaluation_uri: str, subjects_known: bool = True) -> dict[str, Any]:
    """The figures of all examples together, with their confidence intervals over people.

    Beside valence, arousal and the mean of both CCCs there are: `examples` and `subjects`, how many (None where that is
    unknown), `filter`, which examples, and `bootstrap`, how the intervals were made. A bound is None where there is one
    person only.

    Args:
        evaluation_uri: of the Evaluator's output.
        subjects_known: whether the data set says who is shown.
    """
    result = tfma.load_eval_result(evaluation_uri)
    figures: dict[str, Any] = {}
    for output in features.OUTPUTS:
        metrics = result.get_metrics_for_slice((), output_name=output)
        figures[output] = {f'{name}{bound}': _value(metrics, f'{name}{bound}') for name in FIGURES for bound in _BOUNDS}
    common = result.get_metrics_for_slice(())
    figures['mean'] = {f'{evaluation.GATED}{bound}': _value(common, f'{evaluation.MEAN}{bound}') for bound in _BOUNDS}
    figures['examples'] = int(common['example_count']['doubleValue'])
    people = sum(len(key) == 1 and key[0][0] == features.SUBJECT for key, _ in result.slicing_metrics)
    figures['subjects'] = people if subjects_known else None
    figures['filter'] = f'{evaluation.SPLIT} split'
    figures['bootstrap'] = dict(evaluation.DRAWS)
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
    figures = read_figures(artifact_utils.get_single_uri(outputs[EVALUATOR]['evaluation']), subjects_known(outputs))
    metrics = {**figures, 'model': version.relative_to(settings.metrics.parent).as_posix()}
    write_json(metrics, settings.metrics)
    settings.rejected_metrics.unlink(missing_ok=True)
    ingested = outputs[EXAMPLE_GEN]['examples']
    examples = {split: f'{artifact_utils.get_split_uri(ingested, split)}/*' for split in features.SPLITS}
    return Result(metrics, version, bool(pushed.get_int_custom_property(NEW_VERSION)), frozenset(cached), examples)


def _value(metrics: Mapping[str, Any], name: str) -> float | None:
    """A metric; None where there is none, and for NaN, which JSON has not."""
    value = metrics[name]['doubleValue'] if name in metrics else math.nan
    return value if math.isfinite(value) else None
