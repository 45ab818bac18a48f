"""Fingerprints the data set, and the code that reads it, before the cache is asked."""

from __future__ import annotations

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as ir_base_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2

from cafer_tf import datasets
from pipeline import source
from pipeline.components.face_example_gen import executor


class Driver(base_driver.BaseDriver, ir_base_driver.BaseDriver):
    """Adds the fingerprint to the execution properties, which are part of the cache key."""

    def __init__(self, metadata_handle: metadata.Metadata):
        base_driver.BaseDriver.__init__(self, metadata_handle)
        ir_base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the execution properties with `fingerprint` set."""
        properties = dict(execution_info.exec_properties)
        try:
            items = datasets.stream(properties['layout'], properties['root'])
            code = source.code_digest(executor.__name__)
            properties['fingerprint'] = f'{datasets.fingerprint(items, properties["root"])}-{code}'
        except datasets.DataError:
            # The executor reads the same labels and fails with the message; failing here would leave the execution
            # registered as running for ever.
            properties['fingerprint'] = 'unreadable'
        result = driver_output_pb2.DriverOutput()
        for name, value in properties.items():
            data_types_utils.set_metadata_value(result.exec_properties[name], value)
        return result
