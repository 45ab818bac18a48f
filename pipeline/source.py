"""Identifies what training reads besides examples: code and pretrained weights, so that a change trains again."""

from __future__ import annotations

import hashlib
import importlib.util
import pathlib

from cafer_tf.config import Config, ConfigError

_NOT_TRAINING = ('datasets', 'synthesis', 'report', 'cli', 'examples.py', 'faces', 'showcase.py', 'video.py')
"""What of the library has no part in training; the data comes into the cache key by its own fingerprint."""


def training_code_digest(library: pathlib.Path | None = None) -> str:
    """A digest of the library's sources that can change a trained model.

    TFX keys its cache by the content of a `module_file` for the same reason; a `run_fn` given by name it takes as
    unchanging.

    Args:
        library: the folder of the package; by default that of the installed one.
    """
    if library is None:
        spec = importlib.util.find_spec('cafer_tf')
        assert spec is not None and spec.origin is not None
        library = pathlib.Path(spec.origin).parent
    names = sorted(path.relative_to(library) for path in library.rglob('*.py'))
    digest = hashlib.sha256(pathlib.Path(__file__).with_name('trainer.py').read_bytes())
    for name in names:
        if name.parts[0] not in _NOT_TRAINING:
            digest.update(name.as_posix().encode() + (library / name).read_bytes())
    return digest.hexdigest()


def weights_digest(config: Config) -> str:
    """A digest of the files of pretrained weights; empty where there are none.

    Raises:
        ConfigError: a file is not there.
    """
    digest = hashlib.sha256()
    files = {'encoder_weights': config.network.encoder_weights, 'head_weights': config.network.head_weights}
    for name, path in files.items():
        if path:
            try:
                digest.update(name.encode() + pathlib.Path(path).read_bytes())
            except OSError as error:
                raise ConfigError(f'network.{name}: {path} cannot be read ({error.strerror})') from None
    return digest.hexdigest() if any(files.values()) else ''
