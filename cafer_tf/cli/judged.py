"""Whom `cafer evaluate` and `cafer export` are about: a run's model and faces, or a model and a folder of faces."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import click

from cafer_tf import features
from cafer_tf.datasets import LAYOUTS

ALL = 'all'
"""Stands for the faces of every split."""
SERVED = pathlib.PurePath('serving', 'cafer')
"""Where a run keeps the versions of its model."""
PATH = click.Path(path_type=pathlib.Path)


def options(run: str, split: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--run`, `--model`, `--dataset`, `--root` and `--split` to a command.

    Args:
        run: help of `--run`.
        split: help of `--split`.
    """
    splits = click.Choice([*features.SPLITS, ALL])
    every = (
        click.option('--run', type=PATH, help=run),
        click.option('--model', type=PATH, help='A pushed model, or the folder of its versions.'),
        click.option('--dataset', type=click.Choice(sorted(LAYOUTS)), help='Layout of the data set.'),
        click.option('--root', type=PATH, help='Folder of the data set.'),
        click.option('--split', default=features.SPLITS[-1], show_default=True, type=splits, help=split),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(every):
            command = option(command)
        return command

    return add


def check(run: pathlib.Path | None, model: pathlib.Path | None, dataset: str | None, root: pathlib.Path | None) -> None:
    """Refuses what is neither a run nor a model with a folder of faces.

    Raises:
        UsageError: options that are missing, or do not go together.
        ClickException: there is no such run.
    """
    if run is None:
        if not (model and dataset and root):
            raise click.UsageError('give --run, or --model with --dataset and --root')
        return
    if model or root:
        raise click.UsageError('--run brings the model and the faces: leave out --model and --root, or --run')
    source = click.get_current_context().get_parameter_source('split')
    if source is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError(f'--run is judged by its {features.SPLITS[-1]} split: leave out --split')
    if not run.is_dir():
        raise click.ClickException(f'{run}: there is no such run')
