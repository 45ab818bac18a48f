"""Identifies what a stage reads besides its inputs: code and pretrained weights, so that a change runs it again."""

from __future__ import annotations

import ast
import hashlib
import pathlib
from collections.abc import Iterator

from cafer_tf.config import Config, ConfigError

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_PACKAGES = ('cafer_tf', 'pipeline')


def code_digest(*modules: str, root: pathlib.Path = _ROOT) -> str:
    """A digest of the sources of modules and of all that they import of this project, to any depth.

    TFX keys its cache by the content of a `module_file` for the same reason; an executor, and a `run_fn` given by name,
    it takes as unchanging.

    Args:
        modules: their full names.
        root: the folder in which `cafer_tf` and `pipeline` lie.
    """
    sources = imported(*modules, root=root)
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + sources[name])
    return digest.hexdigest()


def imported(*modules: str, root: pathlib.Path = _ROOT) -> dict[str, bytes]:
    """The sources of modules and of all that they import of this project, by full name; arguments as above.

    Imports for type checkers count, since packages whose names are resolved on first use have no others.
    """
    known: dict[str, bytes] = {}
    left = list(modules)
    while left:
        name = left.pop()
        if name not in known:
            known[name] = _file(name, root).read_bytes()
            left += _imports(known[name], root)
    return known


def _imports(text: bytes, root: pathlib.Path) -> Iterator[str]:
    """The modules of this project that a source imports, wherever it does so."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # What isn't a module is defined in the package or module that it is taken from, or imported there.
            parts = [f'{node.module}.{alias.name}' for alias in node.names]
            names = [part if _file(part, root).is_file() else str(node.module) for part in parts]
        else:
            continue
        yield from (name for name in names if name.split('.')[0] in _PACKAGES)


def _file(module: str, root: pathlib.Path) -> pathlib.Path:
    path = root.joinpath(*module.split('.'))
    return path / '__init__.py' if path.is_dir() else path.with_suffix('.py')


def content_digest(path: pathlib.Path) -> str:
    """A digest of what a file holds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
