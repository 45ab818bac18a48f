"""Validation in the schema's environment of ingested examples, and a stop where there is an anomaly."""

from __future__ import annotations

import logging
import os
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.components.example_validator import executor, labels
from tfx.components.util import value_utils
from tfx.proto.orchestration import execution_result_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import writer_utils

from pipeline.errors import AnomalyError

ENVIRONMENT = 'INGESTED'

_log = logging.getLogger(__name__)


class Executor(executor.Executor):
    """Executor of FaceExampleValidator."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> execution_result_pb2.ExecutorOutput:
        """Writes the anomalies of each split as the stock executor does.

        Raises:
            AnomalyError: there are some.
        """
        result = super().Do(input_dict, output_dict, exec_properties)
        artifact = artifact_utils.get_single_instance(output_dict[standard_component_specs.ANOMALIES_KEY])
        found = []
        for split in artifact_utils.decode_split_names(artifact.split_names):
            path = os.path.join(artifact_utils.get_split_uri([artifact], split), executor.DEFAULT_FILE_NAME)
            found += [f'{split}: {line}' for line in describe(_read(path))]
        if found:
            raise AnomalyError(
                'the examples do not satisfy schemas/face_affect/schema.pbtxt. Correct the data, or the schema where '
                'the data is right.\n' + '\n'.join(f'  {line}' for line in found)
            )
        _log.info('no anomalies')
        return result

    def _Validate(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> anomalies_pb2.Anomalies:
        """Overrides the stock validation, which cannot name an environment."""
        anomalies = tfdv.validate_statistics(
            statistics=value_utils.GetSoleValue(inputs, standard_component_specs.STATISTICS_KEY),
            schema=value_utils.GetSoleValue(inputs, standard_component_specs.SCHEMA_KEY),
            environment=ENVIRONMENT,
        )
        directory = value_utils.GetSoleValue(outputs, labels.SCHEMA_DIFF_PATH)
        writer_utils.write_anomalies(os.path.join(directory, executor.DEFAULT_FILE_NAME), anomalies)
        return anomalies


def describe(anomalies: anomalies_pb2.Anomalies) -> list[str]:
    """One line for each anomaly."""
    lines = []
    if anomalies.data_missing:
        lines.append('there are no examples')
    if anomalies.HasField('dataset_anomaly_info'):
        lines.append(anomalies.dataset_anomaly_info.description)
    lines += [f'{name}: {info.description}' for name, info in sorted(anomalies.anomaly_info.items())]
    return lines


def _read(path: str) -> anomalies_pb2.Anomalies:
    with open(path, 'rb') as stream:
        return anomalies_pb2.Anomalies.FromString(stream.read())
