"""`cafer serve-client`."""

from __future__ import annotations

import json
import logging
import pathlib
import sys
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from cafer_tf.cli import output, pictures

if TYPE_CHECKING:
    from cafer_tf.client import Client

_NUMBERS = ('valence', 'arousal', 'intensity')
_COLUMNS = ('path', 'status', *_NUMBERS)
_PATH = click.Path(path_type=pathlib.Path)
_FILE = click.Path(dir_okay=False, path_type=pathlib.Path)


@click.command(
    epilog="""\b
Examples:
  cafer serve-client --server localhost:8500 crops/
  cafer serve-client --server http://localhost:8501 face.jpg --json
  cafer serve-client --server localhost:8500 'crops/**/*.png' --csv faces.csv --deadline 30
  cafer serve-client --server localhost:8500 --version 1700000000 face.jpg

\b
How to start a server: docs/serving.md.
"""
)
@click.argument('images', nargs=-1, required=True, type=_PATH)
@click.option('--server', required=True, help='HOST:PORT for gRPC, or http://HOST:PORT for REST.')
@click.option('--model-name', default='cafer', show_default=True, help='The name under which the model is served.')
@click.option(
    '--version', type=click.IntRange(0, 2**63 - 1), help='Of the model.  [default: the newest one that is loaded]'
)
@click.option(
    '--deadline',
    type=click.FloatRange(0, 3600, min_open=True),
    default=10.0,
    show_default=True,
    help='Seconds until a request is given up, with all its repeats.',
)
@click.option(
    '--retries',
    type=click.IntRange(0, 4),
    default=3,
    show_default=True,
    help='How often a request is repeated whose server is not available.',
)
@click.option(
    '--batch-size', type=click.IntRange(min=1), default=32, show_default=True, help='Images of a request at most.'
)
@click.option('--json', 'as_json', is_flag=True, help='Print JSON, one object a line.')
@click.option('--csv', 'table', type=_FILE, help='Write a row for each image.')
def serve_client(
    images: tuple[pathlib.Path, ...],
    server: str,
    model_name: str,
    version: int | None,
    deadline: float,
    retries: int,
    batch_size: int,
    as_json: bool,
    table: pathlib.Path | None,
) -> None:
    """Asks a TensorFlow Serving server for valence and arousal, each in [-1, 1], of faces.

    IMAGES are JPEG or PNG files of one face each, cropped already, folders, which are searched to their depth, and
    patterns such as 'crops/**/*.jpg'. They are sent as they are; `cafer predict` finds the faces of photographs.

    An image that cannot be used, or read, is reported with its status, and the others are answered; the exit status is
    then 1.
    """
    paths, mistakes = pictures.find(images, None)
    pictures.check_targets(paths, table, None, None)
    from pipeline import console

    with console.hush():
        from cafer_tf import client
    # It warns of strange headers, with all that they hold.
    logging.getLogger('urllib3').setLevel(logging.ERROR)
    for mistake in mistakes:
        click.echo(f'error: {mistake}', err=True)
    try:
        settings = client.Settings(model_name, version, deadline, retries, batch_size)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    width = max((len(str(path)) for path in paths), default=0)
    waiting = list(paths)
    try:
        with (
            client.connect(server, settings) as asked,
            output.table(table, _COLUMNS) as write,
            tqdm(total=len(paths), unit='image', desc='serve-client', disable=None, leave=False) as bar,
        ):
            while waiting:
                batch, waiting = waiting[:batch_size], waiting[batch_size:]
                rows = _rows(batch, asked)
                for row in rows:
                    if row['status'] != 'ok':
                        mistakes.append(f'{row["path"]}: {row["status"]}')
                        output.say(f'error: {mistakes[-1]}', err=True)
                    if as_json:
                        output.say(json.dumps(row))
                    elif row['status'] == 'ok':
                        output.say(_line(row, width))
                write(rows)
                bar.update(len(batch))
    except client.ClientError as error:
        raise click.ClickException(str(error)) from None
    if table is not None:
        click.echo(f'csv: {table}', err=as_json)
    sys.exit(1 if mistakes else 0)


def _rows(paths: list[pathlib.Path], asked: Client) -> list[dict[str, Any]]:
    """What is said of images, in their order; no numbers where one has a status, for JSON knows no NaN."""
    from cafer_tf import datasets
    from cafer_tf.serving import STATUSES

    encoded, unread = {}, {}
    for path in paths:
        try:
            encoded[path] = datasets.load_image(path)
        except datasets.UnusableImage as error:
            unread[path] = str(error)
    answers = dict(zip(encoded, asked.predict(list(encoded.values())), strict=True))
    rows = []
    for path in paths:
        status = unread[path] if path in unread else STATUSES[answers[path].status]
        numbers = {name: getattr(answers[path], name) if status == STATUSES[0] else None for name in _NUMBERS}
        rows.append({'path': str(path), 'status': status, **numbers})
    return rows


def _line(row: dict[str, Any], width: int) -> str:
    return f'{row["path"]:<{width}}  valence {row["valence"]:+.3f}  arousal {row["arousal"]:+.3f}'
