"""How much may be sent, how long that may take, and how many may do it at once."""

from __future__ import annotations

import asyncio
import dataclasses

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cafer_tf.app.access import READING

_DIGITS = 18
"""Of a length in bytes; a longer one is too large whatever it says."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Of the requests that bring something.

    Attributes:
        max_bytes: of a body.
        seconds: that a body may take to arrive.
        at_once: such requests, from their headers to their answer; memory holds as many bodies.
    """

    max_bytes: int = 10 << 20
    seconds: float = 20.0
    at_once: int = 8


class Uploads:
    """ASGI middleware that takes a body in before the application sees the request.

    What is too large gets 413, on its declared length or as soon as it has passed the limit; what takes too long 408;
    what comes while `limits.at_once` others are under way 503.

    Args:
        app: what gets whole bodies.
        limits: of these.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its body, or refuses it."""
        if scope['type'] != 'http' or scope['method'] in READING:
            await self._app(scope, receive, send)
            return
        if self._under_way >= self._limits.at_once:
            await _refusal(503, 'The server is busy with other pictures; try again.', {'Retry-After': '1'})(
                scope, receive, send
            )
            return
        self._under_way += 1
        try:
            body = await asyncio.wait_for(self._body(Headers(scope=scope), receive), self._limits.seconds)
        except _GoneError:
            pass
        except _TooLargeError:
            megabytes = self._limits.max_bytes / (1 << 20)
            await _refusal(413, f'The picture is larger than {megabytes:g} MiB.')(scope, receive, send)
        except asyncio.TimeoutError:
            await _refusal(408, 'The picture took too long to arrive.', {'Connection': 'close'})(scope, receive, send)
        else:
            await self._app(scope, _replayed(body, receive), send)
        finally:
            self._under_way -= 1

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get('content-length', '0')
        if len(declared) > _DIGITS or int(declared) > self._limits.max_bytes:
            raise _TooLargeError
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message['type'] == 'http.disconnect':
                raise _GoneError
            body += message.get('body', b'')
            if len(body) > self._limits.max_bytes:
                raise _TooLargeError
            more = message.get('more_body', False)
        return bytes(body)


class _TooLargeError(Exception):
    pass


class _GoneError(Exception):
    """The client has left."""


def _refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({'error': sentence}, status, headers)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A channel that brings a body in one piece, then what the real one brings."""
    rest: list[Message] = [{'type': 'http.request', 'body': body, 'more_body': False}]

    async def replay() -> Message:
        return rest.pop() if rest else await receive()

    return replay
