"""A file to which finished results are added, one a line, by any number of processes that may be killed."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pathlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_TAIL = 1 << 16


class LedgerError(ValueError):
    """A ledger holds a line that is no result."""


class Ledger:
    """JSON lines: every line is one result, an object.

    A result is there in full, and on the disk, once `append` returns. Processes take turns by a lock on the file, which
    ends with the process that holds it. One that is killed while it writes leaves a part of a line at the end at most:
    `results` passes over it with a note in the log, and the next `append` removes it.

    Args:
        path: of the file; it and its folder are made by the first `append`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     ledger = Ledger(f'{folder}/results.jsonl')
        ...     ledger.append({'seed': 0, 'recall': 0.5})
        ...     ledger.results()
        [{'seed': 0, 'recall': 0.5}]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)

    def results(self) -> list[dict[str, Any]]:
        """The results so far, in the order in which they were added; none where there is no file.

        Raises:
            LedgerError: a line, other than a part of one at the end, is no JSON object.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return []
        with _locked(descriptor, fcntl.LOCK_SH), open(descriptor, 'rb', closefd=False) as stream:
            *lines, last = stream.read().split(b'\n')
        found = []
        for number, line in enumerate(lines, start=1):
            result = _parsed(line)
            if result is None:
                raise LedgerError(f'{self.path}:{number}: not a result, which is a JSON object; remove the line')
            found.append(result)
        result = _parsed(last)
        if result is not None:
            found.append(result)
        elif last:
            logging.getLogger(__name__).warning(
                '%s:%d: passed over the last line, which was not written to its end', self.path, len(lines) + 1
            )
        return found

    def append(self, result: Mapping[str, Any]) -> None:
        """Adds a result, and returns when it is on the disk.

        Args:
            result: what JSON keeps; numbers are finite.

        Raises:
            ValueError: a number that is not finite.
            TypeError: something that JSON does not keep.
            OSError: the line cannot be written; the file is then as it was.
        """
        line = json.dumps(dict(result), allow_nan=False).encode() + b'\n'
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        with _locked(descriptor, fcntl.LOCK_EX):
            size = os.fstat(descriptor).st_size
            last = _last_line(descriptor, size)
            if _parsed(last) is not None:
                line = b'\n' + line
            elif last:
                os.ftruncate(descriptor, size := size - len(last))
            try:
                if os.write(descriptor, line) < len(line):
                    raise OSError(f'{self.path}: no room for another result; free some')
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        if size == 0:
            _keep_name(self.path.parent)


@contextmanager
def _locked(descriptor: int, kind: int) -> Iterator[None]:
    """Holds a lock on an open file, and closes it in the end."""
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def _last_line(descriptor: int, size: int) -> bytes:
    """What follows the last end of a line."""
    last, start = b'', size
    while start and b'\n' not in last:
        length = min(start, _TAIL)
        start -= length
        last = os.pread(descriptor, length, start) + last
    return last.rpartition(b'\n')[2]


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The object on a line, or None; no part of an object is one."""
    try:
        result = json.loads(line)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None


def _keep_name(folder: pathlib.Path) -> None:
    """Puts the name of a new file on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
