"""The files of the page: a table that is read once, so that no name that a browser sends ever becomes a path."""

from __future__ import annotations

import pathlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

Page = Callable[[Request], Awaitable[Response]]

_FOLDER = pathlib.Path(__file__).parent / 'assets'
_TYPES = {
    '.css': 'text/css; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
}


def read() -> dict[str, Page]:
    """The path of each file to what answers with it; the page itself is at `/`."""
    files = {path.name: path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
    return {
        '/' if name == 'index.html' else f'/{name}': _page(path.read_bytes(), _TYPES[path.suffix])
        for name, path in files.items()
    }


def _page(content: bytes, media_type: str) -> Page:
    async def page(request: Request) -> Response:
        return Response(content, media_type=media_type)

    return page
