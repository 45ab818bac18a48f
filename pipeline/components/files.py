"""Files that are there in full or not at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator

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
