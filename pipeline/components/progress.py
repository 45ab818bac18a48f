"""A bar for work that is done elsewhere: in other threads, processes or machines."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

from tensorflow.io import gfile
from tqdm import tqdm

_SECONDS = 1.0


@contextlib.contextmanager
def files_appear(folders: Sequence[str], total: int, what: str) -> Iterator[None]:
    """Shows how many files have come to be in some folders, whoever writes them; nothing where nobody looks.

    Args:
        folders: where the files appear, each whole at once.
        total: how many there will be.
        what: is being done, for the bar.
    """
    ended = threading.Event()
    with tqdm(total=total, unit='file', desc=what, disable=None, leave=False) as bar:

        def watch() -> None:
            while not ended.wait(_SECONDS):
                bar.n = sum(len(gfile.listdir(folder)) for folder in folders if gfile.isdir(folder))
                bar.refresh()

        watcher = threading.Thread(target=watch, daemon=True)
        if not bar.disable:
            watcher.start()
        try:
            yield
        finally:
            ended.set()
            if watcher.is_alive():
                watcher.join()
