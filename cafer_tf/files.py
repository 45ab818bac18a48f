"""Files of this machine that are there in full or not at all, whenever a process is killed."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Has a file written under another name, and renames it when that went well.

    Args:
        path: the file, in a folder that exists; it is replaced if it is there.

    Yields:
        The path to write to, in the same folder and with the same ending, by which some writers choose a format.

    Raises:
        OSError: the file cannot be replaced.
    """
    path = pathlib.Path(path)
    aside = path.with_name(f'.{uuid.uuid4().hex}.{path.name}')
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    """Writes a file that is either the old or the new one, never a part.

    Args:
        text: its content, written as UTF-8.
        path: the file, in a folder that exists; it is replaced if it is there.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path) as aside:
        aside.write_text(text, encoding='utf-8')


def write_json(value: Any, path: str | os.PathLike[str]) -> None:
    """Writes a JSON file as `write_text` does, indented.

    Args:
        value: of types that JSON knows.
        path: the file.

    Raises:
        OSError: it cannot be written.
    """
    write_text(json.dumps(value, indent=2) + '\n', path)
