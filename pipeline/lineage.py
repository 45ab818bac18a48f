"""What a served model was made from, as ML Metadata remembers it.

The newest artifacts of a run need not be those of the model that it serves: a later run may have ended at the gate.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata

from pipeline.errors import RunError

METADATA = 'metadata.sqlite'
_VERSION, _PUSHED = 'pushed_version', 'PushedModel'
_OUTPUT, _INPUT = metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.INPUT


@dataclasses.dataclass(frozen=True)
class Origin:
    """The folders of the artifacts behind a model.

    Attributes:
        layout: of the data set that was ingested.
        root: its folder, where it lay then.
        examples: of the ingested examples, a folder for each split.
        quarantine: what became no example.
        grouping: Otsu's threshold and the histogram that it parts.
        statistics: of the grouped examples.
        scalars: what training wrote for TensorBoard.
    """

    layout: str
    root: pathlib.Path
    examples: pathlib.Path
    quarantine: pathlib.Path
    grouping: pathlib.Path
    statistics: pathlib.Path
    scalars: pathlib.Path


def origin_of(out: pathlib.Path, version: str) -> Origin:
    """Looks up what a version of the served model was made from.

    Args:
        out: the folder of the run; it may have been moved since.
        version: the name of the version's folder.

    Raises:
        RunError: the run does not know the version, or not all that it was made from.
    """
    path = out / METADATA
    if not path.is_file():
        raise RunError(f'{out}: no {METADATA} in it. Give the folder of a run that has come to its end.')
    with metadata.Metadata(metadata.sqlite_metadata_connection_config(str(path))) as handle:
        graph = _Graph(handle.store, out)
        try:
            return _origin(graph, graph.pushed(version))
        except (KeyError, ValueError) as error:
            raise RunError(
                f'{path}: what version {version} was made from is not complete in it ({error}). Run the pipeline again.'
            ) from None


def _origin(graph: _Graph, pushed: int) -> Origin:
    model = graph.made_by(pushed, 'model')
    grouped = graph.made_by(model, 'examples')
    examples = graph.made_by(grouped, 'examples')
    return Origin(
        layout=graph.property_of(examples, 'layout'),
        root=pathlib.Path(graph.property_of(examples, 'root')),
        examples=graph.folder(examples),
        quarantine=graph.folder(graph.beside(examples)['quarantine']),
        grouping=graph.folder(graph.beside(grouped)['grouping']),
        statistics=graph.folder(graph.made_from(grouped, 'statistics')),
        scalars=graph.folder(graph.beside(model)['model_run']),
    )


class _Graph:
    """Artifacts by their numbers, and the steps between them."""

    def __init__(self, store: mlmd.MetadataStore, out: pathlib.Path):
        self._store = store
        self._out = out

    def pushed(self, version: str) -> int:
        """The artifact of a version that was pushed."""
        found = [
            artifact.id
            for artifact in self._store.get_artifacts_by_type(_PUSHED)
            if artifact.custom_properties[_VERSION].string_value == version
        ]
        if not found:
            raise RunError(f'{self._out}: version {version} is served, but {METADATA} does not know it. Run it again.')
        return max(found)

    def made_by(self, artifact: int, key: str) -> int:
        """The input `key` of the step that made an artifact."""
        return self._named(_INPUT, self._execution(artifact, _OUTPUT))[key]

    def beside(self, artifact: int) -> dict[str, int]:
        """The outputs of the step that made an artifact."""
        return self._named(_OUTPUT, self._execution(artifact, _OUTPUT))

    def made_from(self, artifact: int, key: str) -> int:
        """The output `key` of the step that has one and took an artifact."""
        events = self._store.get_events_by_artifact_ids([artifact])
        outputs = [self._named(_OUTPUT, event.execution_id) for event in events if event.type == _INPUT]
        return max(output[key] for output in outputs if key in output)

    def property_of(self, artifact: int, name: str) -> str:
        """A text that the step was given that made an artifact."""
        (execution,) = self._store.get_executions_by_id([self._execution(artifact, _OUTPUT)])
        return execution.custom_properties[name].string_value

    def folder(self, artifact: int) -> pathlib.Path:
        """Where an artifact lies now: the end of its address, component, output and number, is the same everywhere."""
        (found,) = self._store.get_artifacts_by_id([artifact])
        return self._out.joinpath('artifacts', *pathlib.PurePath(found.uri).parts[-3:])

    def _execution(self, artifact: int, kind: int) -> int:
        events = self._store.get_events_by_artifact_ids([artifact])
        return max(event.execution_id for event in events if event.type == kind)

    def _named(self, kind: int, execution: int) -> dict[str, int]:
        events: Iterable[metadata_store_pb2.Event] = self._store.get_events_by_execution_ids([execution])
        return {event.path.steps[0].key: event.artifact_id for event in events if event.type == kind}
