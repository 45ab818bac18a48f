"""Files that are there in full or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from typing import Any

from tensorflow.io import gfile


@contextlib.contextmanager
def written_whole(path: str) -> Iterator[str]:
    """Has a file written under another name, and renames it when that went well.

    Args:
        path: the file; it is replaced if it is there.

    Yields:
        The path to write to. It lies beside the folder and not in it, for readers take every file of a split's folder,
        also one that a worker left behind when it died.
    """
    folder = os.path.dirname(path)
    gfile.makedirs(folder)
    aside = f'{folder}.unfinished-{uuid.uuid4().hex}'
    try:
        yield aside
    except BaseException:
        if gfile.exists(aside):
            gfile.remove(aside)
        raise
    gfile.rename(aside, path, overwrite=True)


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    """Writes a file that is either the old or the new one, never a part.

    Args:
        text: its content.
        path: the file, in a folder that exists; it is replaced if it is there.
    """
    folder, name = os.path.split(os.fspath(path))
    aside = os.path.join(folder, f'.{name}.{uuid.uuid4().hex}')
    try:
        with gfile.GFile(aside, 'w') as stream:
            stream.write(text)
        gfile.rename(aside, os.fspath(path), overwrite=True)
    except BaseException:
        if gfile.exists(aside):
            gfile.remove(aside)
        raise


def write_json(value: Any, path: str | os.PathLike[str]) -> None:
    """Writes a JSON file as `write_text` does."""
    write_text(json.dumps(value, indent=2) + '\n', path)


def read_json(path: str | os.PathLike[str]) -> Any:
    """The content of a JSON file."""
    with gfile.GFile(os.fspath(path), 'r') as stream:
        return json.loads(stream.read())
