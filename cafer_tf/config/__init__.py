"""The configuration of a run: a tree of frozen dataclasses that travels as plain dictionaries.

`Config().to_dict()` is JSON-serialisable, `Config.from_dict` refuses keys and values it does not know, so that a
misspelled option stops a run instead of being ignored.
"""

from cafer_tf.config.changes import parse_change, parse_pair
from cafer_tf.config.errors import ConfigError
from cafer_tf.config.presets import PRESETS
from cafer_tf.config.sections import (
    SMALLEST_IMAGE,
    AdversarialConfig,
    AugmentationConfig,
    FacesConfig,
    GroupingConfig,
    InputConfig,
    MarginConfig,
    NetworkConfig,
    TrainingConfig,
)
from cafer_tf.config.tree import Config

__all__ = [
    'PRESETS',
    'SMALLEST_IMAGE',
    'AdversarialConfig',
    'AugmentationConfig',
    'Config',
    'ConfigError',
    'FacesConfig',
    'GroupingConfig',
    'InputConfig',
    'MarginConfig',
    'NetworkConfig',
    'TrainingConfig',
    'parse_change',
    'parse_pair',
]
