"""Who may ask: this machine, by a name of this server, from this server's own page."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({'localhost', '127.0.0.1', '[::1]'})
"""What this machine is called by itself; as in the address of a page, in lower case and without a port."""
READING = ('GET', 'HEAD')
"""The methods that ask without sending anything."""
_HOST = re.compile(r'(\[[0-9a-f:.]+\]|[^:/@\[\]\s]+)(?::\d*)?', re.IGNORECASE)


class Access:
    """ASGI middleware that refuses whom a page to try a model isn't meant for, by 403.

    - Other machines, with `local_only`.
    - Requests for a name that isn't the server's: a page from elsewhere whose name was made to lead here (DNS
      rebinding) would otherwise pass for the server's own.
    - What pages of other origins send. Browsers say where a request comes from in `Origin` and `Sec-Fetch-Site`, which
      no script can change; what is no browser sends neither.

    Args:
        app: what is guarded.
        names: of the server, in lower case and without a port.
        local_only: whether other machines are refused.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], local_only: bool) -> None:
        self._app, self._names, self._local_only = app, frozenset(names), local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        reason = self._refusal(scope) if scope['type'] == 'http' else ''
        if reason:
            await JSONResponse({'error': reason}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        """Why a request is refused; empty where it isn't."""
        headers = Headers(scope=scope)
        host, origin = headers.get('host', ''), headers.get('origin')
        if self._local_only and not is_loopback((scope.get('client') or ('',))[0]):
            return 'This server answers its own machine alone; `cafer app --host` says otherwise.'
        match = _HOST.fullmatch(host)
        if match is None or match[1].lower() not in self._names:
            return 'This server is called by another name; `cafer app --allow-host` adds names.'
        if scope['method'] in READING:
            return ''
        site = headers.get('sec-fetch-site', 'none')
        if site not in ('same-origin', 'none') or origin not in (None, f'http://{host}', f'https://{host}'):
            return 'This server takes pictures from its own page alone.'
        return ''


def host_name(text: str) -> str:
    """A name as `Access` compares it: what stands between `http://` and the port in the address of a page.

    Args:
        text: a name or an IP address.

    Raises:
        ValueError: it is neither.

    Example:
        >>> host_name('Faces.Example'), host_name('::1')
        ('faces.example', '[::1]')
    """
    try:
        bracketed = isinstance(ipaddress.ip_address(text), ipaddress.IPv6Address)
    except ValueError:
        bracketed = False
    name = f'[{text}]' if bracketed else text
    match = _HOST.fullmatch(name)
    if match is None or match[1] != name:
        raise ValueError(f'{text!r} is neither a name nor an IP address: leave out http://, the port and the path')
    return name.lower()


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own; a name is none.

    Args:
        address: of IPv4 or IPv6, or any other text.

    Example:
        >>> [is_loopback(address) for address in ('127.0.0.1', '::1', '::ffff:127.0.0.1', '192.0.2.1', 'localhost')]
        [True, True, True, False, False]
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
