"""The component's interface."""

from __future__ import annotations

from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from pipeline.components.emotion_grouper.executor import Executor


class EmotionGrouping(types.Artifact):
    """How the emotions were grouped: `grouping.json` and `grouping.png`.

    The first holds threshold, histogram, sizes of the groups, and the columns of metadata that are not sliced by.
    """

    TYPE_NAME = 'cafer.EmotionGrouping'


class EmotionGrouperSpec(component_spec.ComponentSpec):
    """Inputs and outputs of EmotionGrouper."""

    PARAMETERS: ClassVar[dict[str, Any]] = {}
    INPUTS: ClassVar[dict[str, Any]] = {'examples': component_spec.ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS: ClassVar[dict[str, Any]] = {
        'grouped_examples': component_spec.ChannelParameter(type=standard_artifacts.Examples),
        'grouping': component_spec.ChannelParameter(type=EmotionGrouping),
        'hyperparameters': component_spec.ChannelParameter(type=standard_artifacts.HyperParameters),
    }


class EmotionGrouper(base_beam_component.BaseBeamComponent):
    """Fits Otsu's threshold on the training split and tags the examples of every split with their group.

    The threshold is a quantity of the data that training depends on, as a tuned hyper-parameter would be, and the
    Trainer has one declared input for such values: `hyperparameters`. So the threshold travels as a standard
    `HyperParameters` artifact, is part of the lineage in ML Metadata and of the Trainer's cache key, and reaches the
    training code as `fn_args.hyperparameters['otsu_threshold']`.

    What the Evaluator slices by is written here too, since it takes every value of a feature: of the metadata of the
    test split, that of columns with few values.

    Component `outputs` contains:
     - `grouped_examples`: `standard_artifacts.Examples`, the examples with `intensity`, `emotion_group`,
       `emotion_group_name` and `quadrant`, those of the test split with `sliced_metadata`, in the same shards.
     - `grouping`: `EmotionGrouping`, threshold, histogram and sizes for people to look at.
     - `hyperparameters`: `standard_artifacts.HyperParameters` with `otsu_threshold`.
    """

    SPEC_CLASS = EmotionGrouperSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, examples: types.BaseChannel):
        """Constructs the component.

        Args:
            examples: a channel of `standard_artifacts.Examples` with valence and arousal, and a split train.
        """
        super().__init__(
            EmotionGrouperSpec(
                examples=examples,
                grouped_examples=types.Channel(type=standard_artifacts.Examples),
                grouping=types.Channel(type=EmotionGrouping),
                hyperparameters=types.Channel(type=standard_artifacts.HyperParameters),
            )
        )
