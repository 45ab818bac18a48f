"""The stock Pusher with an executor of its own."""

from __future__ import annotations

from tfx import types
from tfx.components import Pusher
from tfx.dsl.components.base import executor_spec
from tfx.proto import pusher_pb2

from pipeline.components.version_pusher.driver import Driver
from pipeline.components.version_pusher.executor import Executor


class VersionPusher(Pusher):
    """Pushes a blessed model as a new version, unless the newest version is this very model.

    The stock Pusher pushes the same model again whenever it runs anew, and pushes nothing when it comes from the cache
    though the serving folder was emptied or another model was pushed since. This one runs every time and looks at what
    is being served.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = Driver

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
        super().__init__(
            model=model,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            push_destination=pusher_pb2.PushDestination(
                filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=base_directory)
            ),
        )
