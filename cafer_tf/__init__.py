"""CAFER-TF: contrastive adversarial learning for person-independent facial emotion recognition.

The public names are resolved on first use, so that the parts that need no TensorFlow start without it.
"""

import importlib
from typing import TYPE_CHECKING, Any

from cafer_tf.version import __version__

if TYPE_CHECKING:
    from cafer_tf import grouping, losses, margins, metrics
    from cafer_tf.config import Config
    from cafer_tf.model import Cafer

__all__ = ['Cafer', 'Config', '__version__', 'grouping', 'losses', 'margins', 'metrics']

_OWNERS = {'Cafer': 'cafer_tf.model', 'Config': 'cafer_tf.config'}


def __getattr__(name: str) -> Any:
    if name in _OWNERS:
        return getattr(importlib.import_module(_OWNERS[name]), name)
    if name in __all__:
        return importlib.import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
