"""The stock ExampleValidator with an environment, and an executor that stops the run."""

from __future__ import annotations

from typing import Any, ClassVar

from tensorflow_data_validation.anomalies.proto import custom_validation_config_pb2
from tfx import types
from tfx.components import ExampleValidator
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from pipeline.components.face_example_validator.executor import ENVIRONMENT_KEY, Executor
from pipeline.data_validation import ENVIRONMENTS, INGESTED


class FaceExampleValidatorSpec(standard_component_specs.ExampleValidatorSpec):
    """Inputs and outputs of ExampleValidator, and the environment."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        **standard_component_specs.ExampleValidatorSpec.PARAMETERS,
        ENVIRONMENT_KEY: component_spec.ExecutionParameter(type=str),
    }


class FaceExampleValidator(ExampleValidator):
    """Checks the statistics of examples against the schema; an anomaly stops the run with its text.

    The stock component only writes anomalies down, and everything after it trains on data known to be wrong. It cannot
    name an environment of the schema either. Where another split differs from train by more than chance explains, the
    run goes on with a warning.

    Component `outputs` contains:
     - `anomalies`: `standard_artifacts.ExampleAnomalies`, each split's `SchemaDiff.pb` and, but for train, `Drift.pb`;
       beside the splits `statistics.html`, all of it on a page.
    """

    SPEC_CLASS = FaceExampleValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        statistics: types.BaseChannel,
        schema: types.BaseChannel,
        exclude_splits: list[str] | None = None,
        custom_validation_config: custom_validation_config_pb2.CustomValidationConfig | None = None,
        environment: str = INGESTED,
    ):
        """Constructs the component.

        Args:
            statistics: a channel of `standard_artifacts.ExampleStatistics`.
            schema: a channel of `standard_artifacts.Schema`.
            exclude_splits: splits that are not validated.
            custom_validation_config: further checks in SQL.
            environment: of the schema: `INGESTED`, `GROUPED` or `SERVING`.

        Raises:
            ValueError: there is no such environment.
        """
        if environment not in ENVIRONMENTS:
            raise ValueError(f'environment must be one of {", ".join(ENVIRONMENTS)}; it is {environment!r}')
        # Past the stock constructor, whose specification has no room for the environment.
        super(ExampleValidator, self).__init__(
            FaceExampleValidatorSpec(
                statistics=statistics,
                schema=schema,
                exclude_splits=json_utils.dumps(exclude_splits or []),
                custom_validation_config=custom_validation_config,
                environment=environment,
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )
