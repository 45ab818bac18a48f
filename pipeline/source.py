"""Identifies the code that trains, so that a change of it trains again."""

from __future__ import annotations

import hashlib
import importlib.util
import pathlib

_NOT_TRAINING = ('datasets', 'synthesis', 'report', 'cli.py', 'faces.py', 'video.py')
"""What of the library has no part in training; the data comes into the cache key by its own fingerprint."""


def training_code_digest() -> str:
    """A digest of the library's sources that can change a trained model.

    TFX keys its cache by the content of a `module_file` for the same reason; a `run_fn` given by name it takes as
    unchanging.
    """
    spec = importlib.util.find_spec('cafer_tf')
    assert spec is not None and spec.origin is not None
    root = pathlib.Path(spec.origin).parent
    digest = hashlib.sha256()
    for path in [*sorted(root.rglob('*.py')), pathlib.Path(__file__).with_name('trainer.py')]:
        if path.is_relative_to(root) and path.relative_to(root).parts[0] in _NOT_TRAINING:
            continue
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
