"""`cafer app`."""

from __future__ import annotations

import contextlib
import pathlib
import types

import click

from cafer_tf import features
from cafer_tf.cli import pictures

_PACKAGES = ('fastapi', 'h11', 'starlette', 'uvicorn')
"""Of the extra `app`."""


@click.command(
    epilog="""\b
Examples:
  cafer app --model runs/demo/serving/cafer
  cafer app --model runs/demo/serving/cafer --port 8080 --max-megabytes 4
  cafer app --model runs/demo/serving/cafer --host 0.0.0.0 --allow-host faces.example

\b
What the page sends where, and what the server refuses: docs/app.md.
"""
)
@click.option(
    '--model',
    required=True,
    type=click.Path(path_type=pathlib.Path),
    help='A pushed model, or the folder of its versions.',
)
@click.option(
    '--host',
    default='127.0.0.1',
    show_default=True,
    help='Address to listen at; with another than this, other machines can send pictures.',
)
@click.option(
    '--port', type=click.IntRange(0, 65535), default=8000, show_default=True, help='To listen at; 0 picks a free one.'
)
@click.option(
    '--allow-host',
    'names',
    multiple=True,
    help='A further name by which browsers call this server, as in http://NAME/; repeatable.',
)
@click.option(
    '--max-megabytes',
    type=click.IntRange(1, features.MAX_BYTES >> 20),
    default=10,
    show_default=True,
    help='Of a picture, in MiB.',
)
def app(model: pathlib.Path, host: str, port: int, names: tuple[str, ...], max_megabytes: int) -> None:
    """Serves a page to try a model: drop a picture or use the camera, and see valence and arousal of each face.

    The page is for a browser on this machine. Nothing that it sends is stored, or leaves the machine. Ctrl-C ends it.
    """
    from pipeline import console

    with console.hush():
        page = _package()
        from cafer_tf.faces import FacesError
        from cafer_tf.serving import ModelError, Predictor
    try:
        allowed = {page.host_name(name) for name in (host, *names)}
        listener = page.listen(host, port)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    with listener:
        bound = listener.getsockname()[0]
        local = page.is_loopback(bound)
        if bound in ('0.0.0.0', '::') and not names:
            raise click.UsageError(f'--host {host} needs --allow-host: the name or address that browsers will call')
        try:
            with console.hush():
                predictor = Predictor(model)
            whole = pictures.are_whole(predictor)
            with console.hush():
                page.warm_up(predictor, whole)
        except (FacesError, ModelError) as error:
            raise click.ClickException(str(error)) from None
        if not local:
            click.echo(
                'warning: other machines can reach this server, which asks nobody who they are; docs/app.md', err=True
            )
        limits = page.Limits(max_bytes=max_megabytes << 20)
        server = page.make_server(
            page.create_app(predictor, whole, page.LOOPBACK_NAMES | allowed, local_only=local, limits=limits)
        )
        click.echo(f'page: {page.address_of(listener, host)} (Ctrl-C ends it)')
        with contextlib.suppress(KeyboardInterrupt):  # which uvicorn raises again after it has ended
            server.run([listener])


def _package() -> types.ModuleType:
    """`cafer_tf.app`, which needs the extra."""
    try:
        from cafer_tf import app
    except ModuleNotFoundError as error:
        if (error.name or '').partition('.')[0] not in _PACKAGES:
            raise
        raise click.ClickException(
            f'The page needs the package {error.name}, which is not installed. Install it with '
            '`pip install "cafer-tf[app]"`.'
        ) from None
    return app
