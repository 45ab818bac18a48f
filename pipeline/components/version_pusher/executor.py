"""Pushes where the newest version is another model."""

from __future__ import annotations

import logging
from typing import Any

from tfx import types
from tfx.components.pusher import executor
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, proto_utils

from pipeline.components.version_pusher import versions

NEW_VERSION = 'new_version'
"""The property of a pushed model that was not there before."""

_log = logging.getLogger(__name__)


class Executor(executor.Executor):
    """Executor of VersionPusher."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes the model if both blessings allow it and it is not the one being served.

        Args:
            input_dict: `model`, `model_blessing`, `infra_blessing`.
            output_dict: `pushed_model`; its properties name the version even where it was there before.
            exec_properties: of the stock Pusher.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict[standard_component_specs.PUSHED_MODEL_KEY])
        if not self.CheckBlessing(input_dict):
            _log.info('not blessed, nothing pushed')
            self._MarkNotPushed(pushed)
            return
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], destination)
        base, model = destination.filesystem.base_directory, self.GetModelPath(input_dict)
        version = versions.newest(base)
        if version is not None and versions.digest(version) == versions.digest(model):
            _log.info('version %s is this very model, nothing pushed', version.name)
        else:
            version = versions.push(model, base)
            pushed.set_int_custom_property(NEW_VERSION, 1)
            _log.info('pushed as version %s', version.name)
        # As the stock Pusher does: the artifact holds the model too, so that lineage survives the serving folder.
        io_utils.copy_dir(model, pushed.uri)
        self._MarkPushed(pushed, pushed_destination=str(version), pushed_version=version.name)
