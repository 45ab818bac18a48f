"""Which model a candidate is compared with."""

from __future__ import annotations

import ml_metadata as mlmd
from tfx import types
from tfx.components.evaluator import constants
from tfx.dsl.components.common.resolver import ResolverStrategy


class OtherBlessedModel(ResolverStrategy):
    """The model blessed last that is not the candidate itself.

    The stock strategy resolves the latest blessed model. On an unchanged run that is the candidate, which came from the
    cache and was blessed the first time: it would be compared with itself, and as the Evaluator's inputs then differ
    from the first run's, neither it nor the Pusher would be served from the cache.

    Resolves the channels `candidate` (the Trainer's model), `model` and `model_blessing`.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns `model` and `model_blessing` with one artifact each, or none where there is no such model."""
        del store
        candidates = {artifact.id for artifact in input_dict['candidate']}
        models = {model.id: model for model in input_dict['model']}
        resolved: dict[str, list[types.Artifact]] = {key: [] for key in input_dict}
        resolved['candidate'] = input_dict['candidate']
        for blessing in sorted(input_dict['model_blessing'], key=lambda artifact: artifact.id, reverse=True):
            model = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY)
            blessed = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY)
            if blessed == constants.BLESSED_VALUE and model in models and model not in candidates:
                resolved['model'], resolved['model_blessing'] = [models[model]], [blessing]
                break
        return resolved
