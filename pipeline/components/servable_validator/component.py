"""The component's interface."""

from __future__ import annotations

from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from pipeline.components.servable_validator.executor import Executor


class ServableValidatorSpec(component_spec.ComponentSpec):
    """Inputs, parameters and outputs of ServableValidator."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        'split': component_spec.ExecutionParameter(type=str),
        'requests': component_spec.ExecutionParameter(type=int),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        'model': component_spec.ChannelParameter(type=standard_artifacts.Model),
        'examples': component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        'blessing': component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing)
    }


class ServableValidator(base_component.BaseComponent):
    """Loads the exported model in a fresh process and has it answer real requests through both signatures.

    It does what the stock InfraValidator does, whose model server needs Docker, and looks at the answers too.

    Component `outputs` contains:
     - `blessing`: `standard_artifacts.InfraBlessing`, for the Pusher. A model that fails stops the run.
    """

    SPEC_CLASS = ServableValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, model: types.BaseChannel, examples: types.BaseChannel, split: str, requests: int = 16):
        """Constructs the component.

        Args:
            model: a channel of `standard_artifacts.Model`.
            examples: a channel of `standard_artifacts.Examples`.
            split: the split that the requests are taken from.
            requests: how many examples are sent.
        """
        super().__init__(
            ServableValidatorSpec(
                model=model,
                examples=examples,
                split=split,
                requests=requests,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
