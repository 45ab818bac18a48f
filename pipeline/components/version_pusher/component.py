"""The stock Pusher with an executor of its own."""

from __future__ import annotations

from tfx import types
from tfx.components import Pusher
from tfx.dsl.components.base import executor_spec
from tfx.proto import pusher_pb2

from pipeline.components.version_pusher import versions
from pipeline.components.version_pusher.executor import Executor


class VersionPusher(Pusher):
    """Pushes a blessed model as a new version, unless the newest version is this very model.

    The stock Pusher pushes again whenever it runs: after an interrupted run, or when the serving folder was emptied and
    it should. This one looks at what is being served. Its cache key holds the newest version too, so it runs whenever
    that has changed.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        model_blessing: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        base_directory: str,
    ):
        """Constructs the component.

        Args:
            model: a channel of `standard_artifacts.Model`.
            model_blessing: a channel of `standard_artifacts.ModelBlessing`.
            infra_blessing: a channel of `standard_artifacts.InfraBlessing`.
            base_directory: where versions are pushed to.
        """
        newest = versions.newest(base_directory)
        super().__init__(
            model=model,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            push_destination=pusher_pb2.PushDestination(
                filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=base_directory)
            ),
            custom_config={'serving': newest and newest.name},
        )
