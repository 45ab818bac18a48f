"""Validation in an environment of the schema, a stop where there is an anomaly, and a warning where there is drift."""

from __future__ import annotations

import logging
import os
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tfx import types
from tfx.components.example_validator import executor, labels
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.components.util import value_utils
from tfx.dsl.io import fileio
from tfx.proto.orchestration import execution_result_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, writer_utils

from cafer_tf import features
from pipeline.data_validation import INGESTED, describe, split_drift, statistics_page
from pipeline.errors import AnomalyError

ENVIRONMENT_KEY = 'environment'
DRIFT_FILE = 'Drift.pb'
PAGE = 'statistics.html'
TRAIN = features.SPLITS[0]

_log = logging.getLogger(__name__)


class Executor(executor.Executor):
    """Executor of FaceExampleValidator."""

    _environment = INGESTED

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> execution_result_pb2.ExecutorOutput:
        """Writes the anomalies of each split as the stock executor does, the drift of each, and the page.

        Args:
            input_dict: `statistics`, `schema`.
            output_dict: `anomalies`.
            exec_properties: those of the stock executor, and `environment`.

        Raises:
            AnomalyError: there are anomalies; what is written stays.
        """
        self._environment = exec_properties.get(ENVIRONMENT_KEY, INGESTED)
        result = super().Do(input_dict, output_dict, exec_properties)
        artifact = artifact_utils.get_single_instance(output_dict[standard_component_specs.ANOMALIES_KEY])
        schema = _schema(input_dict)
        source = artifact_utils.get_single_instance(input_dict[standard_component_specs.STATISTICS_KEY])
        statistics = {
            split: stats_artifact_utils.load_statistics(source, split).proto()
            for split in _ordered(artifact_utils.decode_split_names(artifact.split_names))
        }

        found, drifted = [], []
        for split, split_statistics in statistics.items():
            folder = artifact_utils.get_split_uri([artifact], split)
            found += [f'{split}: {line}' for line in describe(_read(os.path.join(folder, executor.DEFAULT_FILE_NAME)))]
            if split != TRAIN and TRAIN in statistics:
                drift = split_drift(split_statistics, statistics[TRAIN], schema)
                writer_utils.write_anomalies(os.path.join(folder, DRIFT_FILE), drift)
                drifted += [f'{split} differs from {TRAIN}: {line}' for line in describe(drift)]

        title = f'Statistics of the {self._environment.lower()} examples'
        page = os.path.join(artifact.uri, PAGE)
        with fileio.open(page, 'wb') as stream:
            stream.write(statistics_page(statistics, schema, found, drifted, title).encode())
        # What grouping adds follows from the labels, whose drift has been told by then.
        if self._environment == INGESTED:
            for line in drifted:
                _log.warning('%s', line)
        if found:
            raise AnomalyError(
                'the examples do not satisfy schemas/face_affect/schema.pbtxt. Correct the data, or the schema where '
                f'the data is right; {page} shows the statistics.\n' + '\n'.join(f'  {line}' for line in found)
            )
        _log.info('no anomalies')
        return result

    def _Validate(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> anomalies_pb2.Anomalies:
        """Overrides the stock validation, which cannot name an environment."""
        anomalies = tfdv.validate_statistics(
            statistics=value_utils.GetSoleValue(inputs, standard_component_specs.STATISTICS_KEY),
            schema=value_utils.GetSoleValue(inputs, standard_component_specs.SCHEMA_KEY),
            environment=self._environment,
            custom_validation_config=value_utils.GetSoleValue(
                inputs, standard_component_specs.CUSTOM_VALIDATION_CONFIG_KEY
            ),
        )
        directory = value_utils.GetSoleValue(outputs, labels.SCHEMA_DIFF_PATH)
        writer_utils.write_anomalies(os.path.join(directory, executor.DEFAULT_FILE_NAME), anomalies)
        return anomalies


def _schema(input_dict: dict[str, list[types.Artifact]]) -> schema_pb2.Schema:
    folder = artifact_utils.get_single_uri(input_dict[standard_component_specs.SCHEMA_KEY])
    return io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(folder))


def _ordered(splits: list[str]) -> list[str]:
    """Train first, as people expect; splits of other names last."""
    return sorted(splits, key=(*features.SPLITS, *splits).index)


def _read(path: str) -> anomalies_pb2.Anomalies:
    with fileio.open(path, 'rb') as stream:
        return anomalies_pb2.Anomalies.FromString(stream.read())
