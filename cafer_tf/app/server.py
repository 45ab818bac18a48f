"""The server around the application: uvicorn, with deadlines that it lacks."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import uvicorn
from h11 import CLIENT, IDLE, SERVER, EndOfMessage, Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_CONNECTIONS = 64
"""Browsers open six or so."""
_GRACE = 3
"""Seconds that requests under way have when the server ends."""


class AppError(ValueError):
    """The server cannot be started as asked; the message says why and what to do."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that waits for a client for `seconds`, and no longer.

    uvicorn waits for ever for the headers of a request, and for a client to read. Here the headers must be there so
    long after the connection began or the last answer ended (408, where they have begun), and what is sent must be
    taken in that time; a connection that is closed with something unread ends then too. `limits.Uploads` has the
    deadline of bodies.
    """

    seconds = 10.0
    _awaited: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for a request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stops waiting when the headers are there."""
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        """Waits for the next request."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        super().connection_lost(exc)
        for timer in (self._awaited, self._unread):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        """Waits for the client to read."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def _wait(self) -> None:
        """Starts to wait for headers, or for the end, unless it waits already; stops where a request is under way."""
        answering = self.cycle is not None and not self.cycle.response_complete
        under_way = answering and not self.transport.is_closing()
        if under_way and self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None
        elif not under_way and self._awaited is None:
            self._awaited = self.loop.call_later(self.seconds, self._give_up)

    def _give_up(self) -> None:
        if self.transport.is_closing():
            self.transport.abort()
            return
        if self.conn.states == {CLIENT: IDLE, SERVER: IDLE} and self.conn.trailing_data[0]:
            headers = [(b'Content-Length', b'0'), (b'Connection', b'close')]
            response = Response(status_code=408, headers=headers, reason=b'Request Timeout')
            self.transport.write((self.conn.send(response) or b'') + (self.conn.send(EndOfMessage()) or b''))
        self.transport.close()  # which waits for the client to read, however long that takes
        self._awaited = self.loop.call_later(self.seconds, self.transport.abort)


class QuietServer(uvicorn.Server):
    """A server that ends without a word: whom it cuts off then is no mistake."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers until it is told to end."""
        log = logging.getLogger('uvicorn.error')
        log.addFilter(self._is_news)
        try:
            super().run(sockets)
        finally:
            log.removeFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:
        return not self.should_exit


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; who connects is answered once the server runs.

    Args:
        host: an IP address, or a name of this machine.
        port: 0 for a free one.

    Raises:
        AppError: the address is not this machine's, or is taken.
    """
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # At once: until one of them listens, two sockets can have the same address.
        listener.listen()
    except OSError as error:
        if listener is not None:
            listener.close()
        raise AppError(
            f'{host}, port {port}: {error.strerror}. Choose another port by --port, or another address by --host.'
        ) from None
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """What a browser on this machine opens.

    Args:
        listener: as `listen` made it.
        host: as it was given to `listen`.
    """
    bound, port = listener.getsockname()[:2]
    if bound in ('0.0.0.0', '::'):
        host = 'localhost'
    return f'http://{f"[{host}]" if ":" in host else host}:{port}/'


def make_server(app: ASGIApp, protocol: type[H11Protocol] = PatientProtocol) -> uvicorn.Server:
    """A server whose `run([socket])` answers until Ctrl-C, or until its `should_exit` is set.

    Args:
        app: as `create_app` makes it.
        protocol: of each connection.
    """
    settings: dict[str, Any] = {'proxy_headers': False, 'server_header': False, 'access_log': False}
    return QuietServer(
        uvicorn.Config(
            app,
            http=protocol,
            loop='asyncio',
            ws='none',
            lifespan='off',
            log_config=None,
            limit_concurrency=_CONNECTIONS + 1,  # which counts the one that is refused
            timeout_graceful_shutdown=_GRACE,
            **settings,
        )
    )
