"""A LocalDagRunner that shows its stages, knows what came from the cache, and can be stopped by a look at a result."""

from __future__ import annotations

import datetime
import pathlib
import time
from collections.abc import Callable

from ml_metadata.proto import metadata_store_pb2
from tfx import types
from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration.local import local_dag_runner, runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.orchestration.portable.mlmd import event_lib
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import artifact_utils

from pipeline.console import say
from pipeline.errors import RunError

Outputs = dict[str, list[types.Artifact]]
_State = metadata_store_pb2.Execution.State


class StagedRunner(local_dag_runner.LocalDagRunner):
    """Runs the nodes of a pipeline one after another, as its parent does, with a line for each.

    Args:
        prepare: called before the first node; not where a pipeline is only registered.
        inspect: called after each node with its id and its outputs; it may raise to stop the run.
        log: where the log of the run is, for messages.

    Attributes:
        outputs: of each node that ran, by its id; empty where nothing ran.
        cached: the ids of the nodes that were served from the cache.
    """

    def __init__(self, prepare: Callable[[], None], inspect: Callable[[str, Outputs], None], log: pathlib.Path):
        super().__init__()
        self._prepare = prepare
        self._inspect = inspect
        self._log = log
        self.outputs: dict[str, Outputs] = {}
        self.cached: set[str] = set()

    def run_with_ir(self, pipeline: pipeline_pb2.Pipeline, run_options: pipeline_pb2.RunOptions | None = None) -> None:
        """Runs a compiled pipeline.

        Raises:
            RunError: a node could not get its inputs, or `inspect` stopped the run.
        """
        if run_options is not None:
            raise NotImplementedError('partial runs')
        self._prepare()
        runtime_parameter_utils.substitute_runtime_parameter(
            pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: datetime.datetime.now().isoformat()}
        )
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        connection = getattr(
            deployment.metadata_connection_config, deployment.metadata_connection_config.WhichOneof('connection_config')
        )
        for index, node in enumerate(pipeline.nodes, start=1):
            node_id = node.pipeline_node.node_info.id
            say(f'[{index}/{len(pipeline.nodes)}] {node_id}')
            start = time.monotonic()
            execution = launcher.Launcher(
                pipeline_node=node.pipeline_node,
                mlmd_connection=metadata.Metadata(connection),
                pipeline_info=pipeline.pipeline_info,
                pipeline_runtime_spec=pipeline.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
            ).launch()
            with metadata.Metadata(connection) as handle:
                state, outputs = _result(handle, execution.execution_id) if execution else (_State.UNKNOWN, {})
            if state not in (_State.COMPLETE, _State.CACHED):
                raise RunError(f'{node_id} did not run: an input of it is missing; see {self._log}')
            system_node = not runner_utils.extract_executor_spec(deployment, node_id)
            if state == _State.CACHED and not system_node:
                self.cached.add(node_id)
            self.outputs[node_id] = outputs
            how = 'unchanged, from the cache' if node_id in self.cached else f'{time.monotonic() - start:.1f} s'
            say(f'    {how}')
            self._inspect(node_id, outputs)


def _result(handle: metadata.Metadata, execution_id: int) -> tuple[int, Outputs]:
    """The state of an execution and its outputs, wherever they were made."""
    store = handle.store
    (execution,) = store.get_executions_by_id([execution_id])
    events = [
        event for event in store.get_events_by_execution_ids([execution_id]) if event_lib.is_valid_output_event(event)
    ]
    artifacts = {artifact.id: artifact for artifact in store.get_artifacts_by_id([e.artifact_id for e in events])}
    kinds = {kind.id: kind for kind in store.get_artifact_types_by_id([a.type_id for a in artifacts.values()])}
    outputs: Outputs = {}
    for event in events:
        proto = artifacts[event.artifact_id]
        artifact = artifact_utils.deserialize_artifact(kinds[proto.type_id], proto)
        outputs.setdefault(event.path.steps[0].key, []).append(artifact)
    return execution.last_known_state, outputs
