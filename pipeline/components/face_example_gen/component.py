"""The component's interface."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from cafer_tf import datasets
from cafer_tf.config import FacesConfig
from pipeline.components.face_example_gen.driver import Driver
from pipeline.components.face_example_gen.executor import Executor

_AS_IS = FacesConfig()


class FaceQuarantine(types.Artifact):
    """What became no example.

    `quarantine.jsonl` lists the images that could not be used, one object a line with path, file, row, split and
    reason; `excluded.json` counts what the protocol of the data set leaves out, by reason.
    """

    TYPE_NAME = 'cafer.FaceQuarantine'


class FaceExampleGenSpec(component_spec.ComponentSpec):
    """Parameters and outputs of FaceExampleGen."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        'layout': component_spec.ExecutionParameter(type=str),
        'root': component_spec.ExecutionParameter(type=str),
        'seed': component_spec.ExecutionParameter(type=int),
        'fold': component_spec.ExecutionParameter(type=str),
        'faces': component_spec.ExecutionParameter(type=str),
        'max_bad_fraction': component_spec.ExecutionParameter(type=float),
        'faces_per_shard': component_spec.ExecutionParameter(type=int),
        'quarantine_file': component_spec.ExecutionParameter(type=str),
        'fingerprint': component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS: ClassVar[dict[str, Any]] = {}
    OUTPUTS: ClassVar[dict[str, Any]] = {
        'examples': component_spec.ChannelParameter(type=standard_artifacts.Examples),
        'quarantine': component_spec.ChannelParameter(type=FaceQuarantine),
    }


class FaceExampleGen(base_beam_component.BaseBeamComponent):
    """Reads a data set, crops its faces where that is asked, proves that images decode, and writes examples by split.

    The folder is fingerprinted when the component is about to run: one changed label or image, or a change of
    the code that reads them, and the examples are made anew; none, and they come from the cache.

    Component `outputs` contains:
     - `examples`: `standard_artifacts.Examples` with the splits train, eval and test, and the property
       `subjects_known`.
     - `quarantine`: `FaceQuarantine`, what was left out, with the properties `count` and `images` (of how many), and
       `excluded` (how many the protocol leaves out).
    """

    SPEC_CLASS = FaceExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(
        self,
        layout: str,
        root: str,
        seed: int,
        max_bad_fraction: float,
        quarantine_file: str,
        faces: FacesConfig = _AS_IS,
        fold: datasets.Fold | None = None,
        faces_per_shard: int = 1024,
    ):
        """Constructs the component.

        Args:
            layout: how the data set lies on disk, a name of `cafer_tf.datasets.LAYOUTS`.
            root: its folder.
            seed: of the draw of people into splits, where the data set names none.
            max_bad_fraction: the run stops when more than this fraction of the images is unusable.
            quarantine_file: a copy of the quarantine for the user, which outlives a failure; there is none where there
                are no bad images.
            faces: which part of each image is the face; by default all of it, byte for byte.
            fold: the part of a cross-validation by person to test on, where the data set names no splits.
            faces_per_shard: the most examples of one file; a shard is also the unit of parallel work.
        """
        super().__init__(
            FaceExampleGenSpec(
                layout=layout,
                root=root,
                seed=seed,
                fold=str(fold or ''),
                faces=json.dumps(dataclasses.asdict(faces), sort_keys=True),
                max_bad_fraction=max_bad_fraction,
                faces_per_shard=faces_per_shard,
                quarantine_file=quarantine_file,
                examples=types.Channel(type=standard_artifacts.Examples),
                quarantine=types.Channel(type=FaceQuarantine),
            )
        )
