"""The files of a data set on disk: safe paths, one look at each folder, text as it should be."""

from __future__ import annotations

import os
import pathlib
import posixpath
from collections.abc import Iterator

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
    if not text.isprintable():
        raise ValueError(f'path {text!r} has unprintable characters')
    if '\\' in text:
        raise ValueError(f'path {text} has backslashes; write forward slashes')
    path = posixpath.normpath(text)
    if path.startswith('/') or path.split('/')[0] == '..':
        raise ValueError(f'path {text} leaves the folder')
    return path


def read_bytes(file: str | os.PathLike[str], size: int = -1) -> bytes:
    """The content of a file, or its first bytes; a pipe, whose reader would wait for a writer, is empty.

    Raises:
        OSError: it cannot be read.
    """
    with open(file, 'rb', buffering=0, opener=_without_waiting) as opened:
        return opened.read(size) or b''


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def read_text(file: pathlib.Path, advice: str) -> str:
    """The content of a label file: UTF-8, with or without a byte order mark.

    Args:
        file: to read.
        advice: what to do where there is no such file.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    try:
        data = read_bytes(file)
    except OSError as error:
        raise DataError(f'{file}: cannot be read ({error.strerror}). {advice}') from None
    try:
        return data.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        row = data.count(b'\n', 0, error.start) + 1
        raise DataError.at(str(file), row, 'not UTF-8 text', 'Save the file as UTF-8.') from None


def folders(parent: pathlib.Path) -> list[pathlib.Path]:
    """The folders in a folder, hidden ones apart, in the order of their names; none where there is no such folder."""
    return [pathlib.Path(entry.path) for entry in _entries(parent) if _is_folder(entry)]


def files(parent: pathlib.Path, suffixes: tuple[str, ...]) -> list[pathlib.Path]:
    """The files with some suffixes (in any case) in a folder, hidden ones apart, in the order of their names.

    Links that lead nowhere are among them: what cannot be read is for the reader to report.
    """
    return [
        pathlib.Path(entry.path)
        for entry in _entries(parent)
        if entry.name.lower().endswith(suffixes) and not _is_folder(entry)
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


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one; a link to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False
