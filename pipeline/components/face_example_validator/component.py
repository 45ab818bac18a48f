"""The stock ExampleValidator with an executor that stops the run."""

from tfx.components import ExampleValidator
from tfx.dsl.components.base import executor_spec

from pipeline.components.face_example_validator.executor import Executor


class FaceExampleValidator(ExampleValidator):
    """Checks the statistics of ingested examples against the schema; an anomaly stops the run with its text.

    The stock component only writes anomalies down, and everything after it trains on data known to be wrong.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
