"""TensorFlow Serving's REST API (https://www.tensorflow.org/tfx/serving/api_rest)."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from cafer_tf.client.client import Client, Settings
from cafer_tf.client.errors import ClientError
from cafer_tf.serving import IMAGE_BYTES_SIGNATURE

MAX_ANSWER_BYTES = 2**22
"""More than 20 times the answer to a thousand images; gRPC's clients refuse as much."""
_PIECE = 2**16
_NOT_AVAILABLE = 503
_HINTS = {
    400: 'see that it is a model of this project, and that batches are not too large',
    404: 'ask for another model or version, or for none to get the newest one',
    413: 'ask with smaller batches',
    _NOT_AVAILABLE: 'ask again, or at a server that has less to do',
    504: 'give it smaller batches',
}


class RestClient(Client):
    """Asks over HTTP or HTTPS, in the columnar format: `inputs` and `outputs`.

    NaN is written as such, which JSON does not know but Python's reader does. A request is repeated where there is no
    connection or HTTP says 503, which is the server's UNAVAILABLE; the pauses double from 0.2 s, and a little more.

    Args:
        server: the address, up to the path below which the server is.
        settings: how it is asked.
    """

    def __init__(self, server: str, settings: Settings) -> None:
        super().__init__(server, settings)
        version = '' if settings.version is None else f'/versions/{settings.version}'
        self._url = f'{server}/v1/models/{urllib.parse.quote(settings.model, safe="")}{version}:predict'
        self._session = requests.Session()
        # What was sent and not answered in time is not repeated: the server would have twice the work.
        retry = urllib3.Retry(
            total=settings.retries,
            read=False,
            other=0,
            status_forcelist=(_NOT_AVAILABLE,),
            allowed_methods=('POST',),
            backoff_factor=0.2,
            backoff_jitter=0.1,
            backoff_max=2.0,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        for scheme in ('http://', 'https://'):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def ask(self, batch: Sequence[bytes]) -> Mapping[str, Any]:
        images = [{'b64': base64.b64encode(image).decode()} for image in batch]
        body = {'signature_name': IMAGE_BYTES_SIGNATURE, 'inputs': {'image_bytes': images}}
        deadline = self.settings.deadline
        try:
            with self._session.post(
                self._url,
                data=json.dumps(body),
                headers={'Content-Type': 'application/json', 'Accept-Encoding': 'identity'},
                # So that all the tries to connect are within the deadline.
                timeout=(deadline / (self.settings.retries + 1), deadline),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._outputs(response.status_code, response.reason, self._read(response))
        except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
            raise self.too_slow() from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise ClientError(
                f'{self.called}: no answer ({_reason(error)}); see that it runs, has loaded the model and speaks HTTP '
                'at this port'
            ) from None

    def close(self) -> None:
        self._session.close()

    def _read(self, response: requests.Response) -> bytes:
        """The whole answer. Read at once, it could take any time: the timeout is that of each piece."""
        body, end = bytearray(), time.monotonic() + self.settings.deadline
        while piece := response.raw.read1(_PIECE, decode_content=False):
            body += piece
            if time.monotonic() > end:
                raise self.too_slow()
            if len(body) > MAX_ANSWER_BYTES:
                raise ClientError(f'{self.called}: the answer has more than {MAX_ANSWER_BYTES >> 20} MiB')
        return bytes(body)

    def _outputs(self, code: int, reason: str, body: bytes) -> Mapping[str, Any]:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        said = answer if isinstance(answer, dict) else {}
        if code != requests.codes.ok:
            details = ' '.join(str(said.get('error', reason)).split())
            hint = f'; {_HINTS[code]}' if code in _HINTS else ''
            raise ClientError(f'{self.called}: HTTP {code}: {details}{hint}')
        if not isinstance(said.get('outputs'), dict):
            raise ClientError(f'{self.called}: the answer is not the JSON of TensorFlow Serving, but {body[:60]!r}')
        return said['outputs']


def _reason(error: Exception) -> str:
    """What happened, without the layers of the libraries around it."""
    while isinstance(inner := getattr(error, 'reason', None) or (error.args or [None])[0], Exception):
        error = inner
    return f'{type(error).__name__}: {error}'
