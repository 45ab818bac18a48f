"""The address of a server to its client."""

from __future__ import annotations

import urllib.parse

from cafer_tf.client.client import Client, Settings
from cafer_tf.client.errors import ClientError
from cafer_tf.client.grpc_client import GrpcClient

_PACKAGES = ('requests', 'urllib3')
"""Of the extra `client`."""


def connect(server: str, settings: Settings | None = None) -> Client:
    """The client of a server; nothing is sent yet.

    Args:
        server: `host:port` or `grpc://host:port` for gRPC, `http://host:port` or `https://host` for REST, where a path
            may follow, below which a proxy has the server.
        settings: how it is asked.

    Raises:
        ClientError: this is no such address, or REST's packages are not installed.
    """
    try:
        parts = urllib.parse.urlsplit(server if '://' in server else f'grpc://{server}')
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ClientError(f'{server!r} is no address of a server: {error}') from None
    settings = settings or Settings()
    if host and parts.username is None and not parts.query and not parts.fragment:
        if parts.scheme in ('http', 'https'):
            return _rest_client(f'{parts.scheme}://{parts.netloc}{parts.path.rstrip("/")}', settings)
        if parts.scheme == 'grpc' and port and parts.path in ('', '/'):
            return GrpcClient(parts.netloc, settings)
    raise ClientError(
        f'{server!r} is no address of a server: give HOST:PORT or grpc://HOST:PORT for gRPC (TensorFlow Serving '
        'listens at port 8500), or http://HOST:PORT for REST (8501)'
    )


def _rest_client(server: str, settings: Settings) -> Client:
    """A client over REST, which needs the extra."""
    try:
        from cafer_tf.client.rest_client import RestClient
    except ModuleNotFoundError as error:
        if (error.name or '').partition('.')[0] not in _PACKAGES:
            raise
        raise ClientError(
            f'{server}: REST needs the package {error.name}, which is not installed. Install it with '
            '`pip install "cafer-tf[client]"`, or ask over gRPC.'
        ) from None
    return RestClient(server, settings)
