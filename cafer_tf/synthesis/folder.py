"""A folder of rendered images that is there only when it is complete."""

from __future__ import annotations

import json
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """What folders of one kind have in common.

    Attributes:
        name: for messages, such as `face set`.
        parameters: name of the JSON file that says what was asked for.
        labels: path of another file or folder that each of them holds.
    """

    name: str
    parameters: str
    labels: str


def write_whole(
    directory: pathlib.Path,
    kind: Kind,
    parameters: Mapping[str, Any],
    write: Callable[[pathlib.Path], None],
    replace: bool = False,
) -> pathlib.Path:
    """Makes a folder, or keeps the complete one that is already there.

    It appears only when it is complete: a temporary folder beside it is filled, and renamed at the end.

    Args:
        directory: where the folder shall be; it must not exist, be empty, or hold one with the same parameters.
        kind: of the folder.
        parameters: that its content depends on; what JSON can hold.
        write: fills the folder it is given, but for the parameters.
        replace: take the place of a folder of this kind with other parameters; for folders that belong to the caller.

    Returns:
        The directory.

    Raises:
        FileExistsError: the directory holds something else.
    """
    if is_complete(directory, kind, parameters, replace):
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    aside = pathlib.Path(tempfile.mkdtemp(prefix=f'.{directory.name}-', suffix='-unfinished', dir=directory.parent))
    replaced = aside.with_name(f'{aside.name}-replaced')
    try:
        write(aside)
        (aside / kind.parameters).write_text(json.dumps(parameters, indent=2) + '\n', encoding='utf-8')
        aside.chmod(0o755)  # mkdtemp makes it private
        if not is_complete(directory, kind, parameters, replace):  # another process may have been faster
            if directory.exists() and any(directory.iterdir()):
                directory.rename(replaced)  # whole, so that the folder never holds a part of a set
            elif directory.exists():
                directory.rmdir()
            aside.rename(directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return directory


def is_complete(directory: pathlib.Path, kind: Kind, parameters: Mapping[str, Any], replace: bool = False) -> bool:
    """Whether a directory is a folder of this kind with these parameters.

    Args are those of `write_whole`. Where it may be replaced, a folder with other parameters is none.

    Raises:
        FileExistsError: the directory is neither that, nor absent, nor empty.
    """
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return False
    found = _parameters(directory, kind)
    if found is None:
        raise FileExistsError(f'{directory} exists and is no {kind.name}; choose another directory or remove it')
    differing = [name for name in {**found, **parameters} if found.get(name) != parameters.get(name)]
    if differing and not replace:
        described = ', '.join(f'{name} is {found.get(name)!r}, not {parameters.get(name)!r}' for name in differing)
        raise FileExistsError(
            f'{directory} holds a {kind.name} with other parameters ({described}); choose another directory, remove '
            'this one, or ask for the parameters it has'
        )
    return not differing


def _parameters(directory: pathlib.Path, kind: Kind) -> dict[str, Any] | None:
    """The parameters of a folder; None where it is none of this kind."""
    if not (directory / kind.parameters).is_file() or not (directory / kind.labels).exists():
        return None
    try:
        found = json.loads((directory / kind.parameters).read_text(encoding='utf-8'))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
