"""One process at a time in a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
from collections.abc import Iterator

LOCK = '.lock'
"""The file that is locked; it stays behind, empty."""


class FolderInUseError(RuntimeError):
    """Another process is at work in the folder."""


@contextlib.contextmanager
def exclusive(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keeps a second process out of a folder; the lock goes with the process, however that ends.

    Args:
        folder: is made where it is missing.

    Raises:
        FolderInUseError: another process has it.
        OSError: the folder cannot be written to.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open('w') as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(f'another run is using {folder}; wait for it, or choose another folder') from None
        yield
