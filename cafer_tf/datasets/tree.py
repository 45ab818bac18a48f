"""The files of a data set on disk: safe paths, one look at each folder, text as it should be."""

from __future__ import annotations

import os
import pathlib
import posixpath
from collections.abc import Callable, Iterator

from cafer_tf.datasets.records import DataError

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')


def inside(text: str) -> str:
    """A path from a label file in one spelling, so that duplicates are found and nothing outside the root is read.

    Args:
        text: relative to the root, with forward slashes.

    Raises:
        ValueError: empty, backslashes or control characters in it, or it leaves the root.
    """
    if not text:
        raise ValueError('path is empty')
    if '\\' in text:
        raise ValueError(f'path {text} has backslashes; write forward slashes')
    if not text.isprintable():
        raise ValueError(f'path {text!r} has unprintable characters')
    path = posixpath.normpath(text)
    if path.startswith('/') or path.split('/')[0] == '..':
        raise ValueError(f'path {text} leaves the folder')
    return path


def read_text(file: pathlib.Path, advice: str) -> str:
    """The content of a label file: UTF-8, with or without a byte order mark.

    Args:
        file: to read.
        advice: what to do where there is no such file.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f'{file}: cannot be read ({error.strerror}). {advice}') from None
    try:
        return data.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        row = data.count(b'\n', 0, error.start) + 1
        raise DataError.at(str(file), row, 'not UTF-8 text', 'Save the file as UTF-8.') from None


def folders(parent: pathlib.Path) -> list[pathlib.Path]:
    """The folders in a folder, hidden ones apart, in the order of their names; none where there is no such folder."""
    return [pathlib.Path(entry.path) for entry in _entries(parent) if _is(entry.is_dir)]


def files(parent: pathlib.Path, suffixes: tuple[str, ...]) -> list[pathlib.Path]:
    """The files with some suffixes (in any case) in a folder, hidden ones apart, in the order of their names."""
    return [
        pathlib.Path(entry.path)
        for entry in _entries(parent)
        if entry.name.lower().endswith(suffixes) and _is(entry.is_file)
    ]


class Presence:
    """Says which files are there, with one look at each folder instead of one at each file.

    Args:
        root: that paths are relative to.
    """

    _FOLDERS = 256

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root
        self._seen: dict[str, frozenset[str]] = {}

    def __contains__(self, path: str) -> bool:
        folder, name = posixpath.split(path)
        if folder not in self._seen:
            if len(self._seen) == self._FOLDERS:  # label files go through the folders one by one
                del self._seen[next(iter(self._seen))]
            self._seen[folder] = frozenset(entry.name for entry in _entries(self._root / folder, hidden=True))
        return name in self._seen[folder]


def _entries(folder: pathlib.Path, hidden: bool = False) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except PermissionError as error:
        raise DataError(f'{folder}: cannot be read ({error.strerror}).') from None
    except OSError:  # there is none: no such name, too long a one, a file, a link to itself
        return iter(())
    return (entry for entry in found if hidden or not entry.name.startswith('.'))


def _is(ask: Callable[[], bool]) -> bool:
    """The answer of a directory entry; a link that leads nowhere is nothing."""
    try:
        return ask()
    except OSError:
        return False
