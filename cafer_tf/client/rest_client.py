"""TensorFlow Serving's REST API (https://www.tensorflow.org/tfx/serving/api_rest)."""

from __future__ import annotations

import base64
import json
import random
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from concurrent import futures
from typing import Any

import requests
import urllib3

from cafer_tf.client import waiting
from cafer_tf.client.client import Client, Settings
from cafer_tf.client.errors import ClientError, printable
from cafer_tf.serving import IMAGE_BYTES_SIGNATURE

MAX_ANSWER_BYTES = 2**22
"""More than 20 times the answer to a thousand images; gRPC's clients refuse as much."""
_PIECE = 2**16
_PAUSE = 0.2
_SHORTEST = 1e-3
_NOT_AVAILABLE = 503
_HINTS = {
    400: 'see that it is a model of this project, and that batches are not too large',
    404: 'ask for another model or version, or leave the version out for the newest',
    413: 'ask with smaller batches',
    429: 'ask with smaller batches, or a server that has less to do',
    _NOT_AVAILABLE: 'ask again, or at a server that has less to do',
    504: 'give it smaller batches: over REST, TensorFlow Serving gives up after 30 s, or its --rest_api_timeout_in_ms',
}


class _NotAvailable(ClientError):
    """There is no server, or it says that it is not available; later, it may be."""


class RestClient(Client):
    """Asks over HTTP or HTTPS, in the columnar format: `inputs` and `outputs`.

    NaN is written as such, which JSON does not know but Python's reader does. As over gRPC, a request is repeated where
    no connection is accepted or HTTP says 503, which is the server's UNAVAILABLE; the pauses double from 0.2 s, give or
    take a part. What was sent and not answered in time is not repeated: the server would have twice the work.

    Args:
        server: the address, up to the path below which the server is.
        settings: how it is asked.
    """

    def __init__(self, server: str, settings: Settings) -> None:
        super().__init__(server, settings)
        version = '' if settings.version is None else f'/versions/{settings.version}'
        self._url = f'{server}/v1/models/{urllib.parse.quote(settings.model, safe="")}{version}:predict'
        self._session = requests.Session()
        # Without one, the passwords of ~/.netrc would be sent.
        self._session.auth = lambda request: request

    def ask(self, batch: Sequence[bytes]) -> Mapping[str, Any]:
        images = [{'b64': base64.b64encode(image).decode()} for image in batch]
        body = json.dumps({'signature_name': IMAGE_BYTES_SIGNATURE, 'inputs': {'image_bytes': images}})
        end = time.monotonic() + self.settings.deadline
        for repeats in range(self.settings.retries):
            try:
                return self._try(body, end)
            except _NotAvailable:
                pause = _PAUSE * 2**repeats * random.uniform(0.8, 1.2)
                if time.monotonic() + pause >= end:
                    raise
                time.sleep(pause)
        return self._try(body, end)

    def close(self) -> None:
        self._session.close()

    def _try(self, body: str, end: float) -> Mapping[str, Any]:
        left = max(end - time.monotonic(), _SHORTEST)
        try:
            code, reason, answer = waiting.within(left, lambda: self._post(body, left))
        except futures.TimeoutError:
            raise self.too_slow() from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            cause = _cause(error)
            # A name that is not known is one of these, too.
            kind = _NotAvailable if isinstance(cause, urllib3.exceptions.NewConnectionError) else ClientError
            raise kind(
                f'{self.called}: no answer ({type(cause).__name__}: {printable(cause)}); see that it runs, has loaded '
                'the model and speaks HTTP at this port'
            ) from None
        return self._outputs(code, reason, answer)

    def _post(self, body: str, seconds: float) -> tuple[int, str, bytes]:
        """Status, its name and the body of an answer, of which no more is read than is taken."""
        with self._session.post(
            self._url,
            data=body,
            headers={'Content-Type': 'application/json', 'Accept-Encoding': 'identity'},
            timeout=seconds + 1,  # who waits for this gives up first
            allow_redirects=False,
            stream=True,
        ) as response:
            answer = bytearray()
            while len(answer) <= MAX_ANSWER_BYTES and (piece := response.raw.read(_PIECE, decode_content=False)):
                answer += piece
        return response.status_code, response.reason, bytes(answer)

    def _outputs(self, code: int, reason: str, body: bytes) -> Mapping[str, Any]:
        if len(body) > MAX_ANSWER_BYTES:
            raise ClientError(f'{self.called}: the answer has more than {MAX_ANSWER_BYTES >> 20} MiB')
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        said = answer if isinstance(answer, dict) else {}
        if code != requests.codes.ok:
            hint = f'; {_HINTS[code]}' if code in _HINTS else ''
            kind = _NotAvailable if code == _NOT_AVAILABLE else ClientError
            raise kind(f'{self.called}: HTTP {code}: {printable(said.get("error", reason))}{hint}')
        if not isinstance(said.get('outputs'), dict):
            raise ClientError(f'{self.called}: the answer is not the JSON of TensorFlow Serving, but {body[:60]!r}')
        return said['outputs']


def _cause(error: BaseException) -> BaseException:
    """What happened, without the layers of the libraries around it."""
    while isinstance(inner := getattr(error, 'reason', None) or (error.args or [None])[0], Exception):
        error = inner
    return error
