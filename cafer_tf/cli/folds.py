"""The option `--fold` of the commands that test on a part of the people of a folder."""

from __future__ import annotations

import click

from cafer_tf.datasets import Fold


def read_fold(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Fold | None:
    """The callback of the option.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        return Fold.parse(text)
    except ValueError as error:
        raise click.UsageError(f'--fold: {error}') from None
