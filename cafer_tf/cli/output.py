"""What commands print above a progress bar, and the tables that they write."""

from __future__ import annotations

import contextlib
import csv
import pathlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
from tqdm import tqdm


def say(text: str, err: bool = False) -> None:
    """Prints a line above the progress bar."""
    with tqdm.external_write_mode():
        click.echo(text, err=err)


@contextlib.contextmanager
def table(path: pathlib.Path | None, columns: Sequence[str]) -> Iterator[Callable[[Iterable[Mapping[str, Any]]], None]]:
    """Writes rows to a CSV, which is there in full at the end or not at all; without a path, nowhere.

    Args:
        path: of the CSV.
        columns: what of a row is written, under which names.

    Yields:
        A function that writes rows.

    Raises:
        ClickException: it cannot be written.
    """
    if path is None:
        yield lambda rows: None
        return
    aside = path.with_name(f'.{path.name}.{uuid.uuid4().hex}')
    with writing(path):
        file = aside.open('w', encoding='utf-8', newline='')
    try:
        writer = csv.DictWriter(file, columns, extrasaction='ignore')

        def write(rows: Iterable[Mapping[str, Any]]) -> None:
            with writing(path):
                writer.writerows(rows)

        with writing(path):
            writer.writeheader()
        yield write
        with writing(path):
            file.close()
            aside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # a full disk has been reported by then
            file.close()
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: pathlib.Path) -> Iterator[None]:
    """Names the file that cannot be written within `with`."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f'{path} cannot be written: {error.strerror}') from None
