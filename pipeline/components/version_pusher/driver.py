"""Keeps the Pusher out of the cache."""

from __future__ import annotations

import json

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as ir_base_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2


class Driver(base_driver.BaseDriver, ir_base_driver.BaseDriver):
    """Adds the run's identifier to the execution properties, which are part of the cache key."""

    def __init__(self, metadata_handle: metadata.Metadata):
        base_driver.BaseDriver.__init__(self, metadata_handle)
        ir_base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the execution properties with `custom_config` naming the run."""
        properties = dict(execution_info.exec_properties)
        properties['custom_config'] = json.dumps({'run': execution_info.pipeline_run_id})
        result = driver_output_pb2.DriverOutput()
        for name, value in properties.items():
            data_types_utils.set_metadata_value(result.exec_properties[name], value)
        return result
