"""`cafer run`."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from typing import Any

import click

from cafer_tf.config import PRESETS, Config, parse_change
from cafer_tf.datasets import LAYOUTS


@click.command(
    epilog="""\b
Examples:
  cafer run                                         rendered faces, into runs/demo
  cafer run --dataset csv --root faces/             your own faces, into runs/csv
  cafer run --dataset afew_va --root AFEW-VA/ --fold 1/5 --set faces.source=given --set faces.size=72
  cafer run --preset supervised --out runs/supervised
  cafer run --preset published_code --preset alexnet --dataset csv --root faces/
  cafer run --set training.epochs=40 --min-ccc 0.5

\b
The configuration and its defaults, for --set and --config:
"""
    + '\n'.join(f'  {key}={json.dumps(value)}' for key, value in Config().flat().items())
)
@click.option('--dataset', type=click.Choice(sorted(LAYOUTS)), help='Layout of the data set.  [default: csv]')
@click.option('--root', type=click.Path(path_type=pathlib.Path), help='Folder of the data set; rendered faces without.')
@click.option('--out', type=click.Path(path_type=pathlib.Path), help='Folder of everything the run writes.')
@click.option(
    '--preset',
    multiple=True,
    type=click.Choice(list(PRESETS)),
    help='Choices that belong together; repeatable, a later one has precedence.',
)
@click.option('--config', type=click.Path(dir_okay=False), help='JSON file with (a part of) the configuration.')
@click.option(
    '--set', 'changes', multiple=True, metavar='KEY=VALUE', help='One value of the configuration; repeatable.'
)
@click.option('--people', type=click.IntRange(min=3), help='How many people are rendered.')
@click.option('--images-per-person', type=click.IntRange(min=1), help='How many images of each person are rendered.')
@click.option('--min-ccc', type=float, help='The smallest CCC, for valence and for arousal, that is pushed.')
@click.option('--max-bad-fraction', type=float, help='The largest fraction of damaged labels and images.')
@click.option('--fold', metavar='K/N', help='Test on the K-th of N parts of the people, where no splits are named.')
@click.option('--beam-args', metavar='"--ARG=VALUE ..."', help='Arguments of Beam (docs/scaling.md).')
@click.option(
    '--seed', type=int, help='Of the draw of people into splits where the data set names none, and of rendered faces.'
)
def run(changes: tuple[str, ...], preset: tuple[str, ...], **options: Any) -> None:
    """Runs the whole pipeline: faces, TFRecords, checks, groups, training, gate, pushed model.

    The environment variables of `tfx run create --pipeline pipeline/` (CAFER_ROOT and so on, see pipeline/configs.py)
    work here too; options come before them.
    """
    from pipeline import console

    with console.hush():
        from pipeline import configs, demo
        from pipeline.errors import EXPECTED
    try:
        options['preset'] = ','.join(preset) or None
        variables = {f'CAFER_{name.upper()}': str(value) for name, value in options.items() if value is not None}
        settings = configs.from_environment({**os.environ, **variables})
        config = settings.config.with_changes(map(parse_change, changes))
        demo.run(dataclasses.replace(settings, config=config))
    except EXPECTED as error:
        raise click.ClickException(str(error)) from None
