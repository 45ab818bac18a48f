"""The configuration of a run: a tree of frozen dataclasses that travels as plain dictionaries.

`Config().to_dict()` is JSON-serialisable, `Config.from_dict` refuses keys and values it does not know, so that a
misspelled option stops a run instead of being ignored.
"""

from cafer_tf.config.changes import parse_change, parse_pair
from cafer_tf.config.errors import ConfigError
from cafer_tf.config.images import CROPPED_MARGIN, AugmentationConfig, FacesConfig, InputConfig
from cafer_tf.config.methods import AdversarialConfig, GroupingConfig, MarginConfig, MatchingConfig, SimilarityConfig
from cafer_tf.config.networks import SMALLEST_IMAGE, NetworkConfig
from cafer_tf.config.presets import PRESETS
from cafer_tf.config.training import TrainingConfig
from cafer_tf.config.tree import Config

__all__ = [
    'CROPPED_MARGIN',
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
    'MatchingConfig',
    'NetworkConfig',
    'SimilarityConfig',
    'TrainingConfig',
    'parse_change',
    'parse_pair',
]
