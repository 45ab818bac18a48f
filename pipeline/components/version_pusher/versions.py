"""Versions of a model in a folder: what is there, whether it is the same, and a new one that appears at once."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import time
import uuid

_ASIDE = '.pushing-'


def newest(base: str | os.PathLike[str]) -> pathlib.Path | None:
    """The folder of the newest version, which a model server serves; None where there is none."""
    base = pathlib.Path(base)
    if not base.is_dir():
        return None
    found = [path for path in base.iterdir() if path.name.isdecimal() and (path / 'saved_model.pb').is_file()]
    return max(found, key=lambda path: int(path.name), default=None)


def digest(model: str | os.PathLike[str]) -> str:
    """Identifies a model by the names and the content of its files."""
    model = pathlib.Path(model)
    total = hashlib.sha256()
    for path in sorted(path for path in model.rglob('*') if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f'{path.relative_to(model).as_posix()} {content}\n'.encode())
    return total.hexdigest()


def push(model: str | os.PathLike[str], base: str | os.PathLike[str]) -> pathlib.Path:
    """Copies a model to a new version, greater than all there are.

    The copy is made under a name that no model server takes for a version, and renamed when it is complete and on the
    disk: nobody ever sees half a model. What an interrupted push left is removed.

    Args:
        model: the folder of a SavedModel.
        base: the folder of the versions.

    Returns:
        The folder of the new version.
    """
    base = pathlib.Path(base)
    base.mkdir(parents=True, exist_ok=True)
    for leftover in base.glob(f'{_ASIDE}*'):
        shutil.rmtree(leftover)
    aside = base / f'{_ASIDE}{uuid.uuid4().hex}'
    shutil.copytree(model, aside)
    for path in aside.rglob('*'):
        if path.is_file():
            with path.open('rb') as stream:
                os.fsync(stream.fileno())
    taken = [int(path.name) for path in base.iterdir() if path.name.isdecimal()]
    version = base / str(max([int(time.time()), *(number + 1 for number in taken)]))
    aside.rename(version)
    return version
