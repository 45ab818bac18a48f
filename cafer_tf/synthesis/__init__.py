"""The embedded data set: parametric 3-D faces with known valence, arousal and identity.

The names load on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cafer_tf.synthesis.dataset import FaceSet, write_face_set
    from cafer_tf.synthesis.expression import EXPRESSIONS, blend_at, named
    from cafer_tf.synthesis.identity import Person, express, make_person
    from cafer_tf.synthesis.render import render_face
    from cafer_tf.synthesis.scene import Scene
    from cafer_tf.synthesis.sheet import contact_sheet
    from cafer_tf.synthesis.video import VideoSet, write_video_set

__all__ = [
    'EXPRESSIONS',
    'FaceSet',
    'Person',
    'Scene',
    'VideoSet',
    'blend_at',
    'contact_sheet',
    'express',
    'make_person',
    'named',
    'render_face',
    'write_face_set',
    'write_video_set',
]

_MODULES = {
    'EXPRESSIONS': 'expression',
    'FaceSet': 'dataset',
    'Person': 'identity',
    'Scene': 'scene',
    'VideoSet': 'video',
    'blend_at': 'expression',
    'contact_sheet': 'sheet',
    'express': 'identity',
    'make_person': 'identity',
    'named': 'expression',
    'render_face': 'render',
    'write_face_set': 'dataset',
    'write_video_set': 'video',
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'{__name__}.{_MODULES[name]}'), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
