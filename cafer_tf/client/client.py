"""What clients of both protocols have in common: how they are set, and how images become requests."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from cafer_tf.client import answers
from cafer_tf.client.errors import ClientError
from cafer_tf.features import MAX_BYTES
from cafer_tf.serving import Prediction, Status

MAX_REQUEST_BYTES = 5 * 2**19
"""Images of a request are no more than 2.5 MiB together, unless one alone is: in base64, too, that stays below the
4 MiB beyond which gRPC's servers and many proxies refuse a request, though TensorFlow Serving itself does not."""
MAX_RETRIES = 4
"""gRPC repeats a request no more often, whatever it is told (gRFC A6)."""
MAX_DEADLINE = 3600.0
"""Seconds."""
_MAX_VERSION = 2**63 - 1
_Self = TypeVar('_Self', bound='Client')


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a server is asked.

    Attributes:
        model: the model's name on the server.
        version: of the model, an int64; the newest one that is loaded where it is None.
        deadline: seconds until a request is given up, with all its repeats.
        retries: how often a request that found no server, or a server that is not available, is repeated.
        batch_size: images of a request at most; a server with batching refuses more than its `max_batch_size`.

    Raises:
        ValueError: a number out of its range.
    """

    model: str = 'cafer'
    version: int | None = None
    deadline: float = 10.0
    retries: int = 3
    batch_size: int = 32

    def __post_init__(self) -> None:
        if (
            not 0 < self.deadline <= MAX_DEADLINE
            or not 0 <= self.retries <= MAX_RETRIES
            or not 0 <= (self.version or 0) <= _MAX_VERSION
            or self.batch_size < 1
        ):
            raise ValueError(
                f'deadline must be above 0 and at most {MAX_DEADLINE:g}, retries in 0..{MAX_RETRIES}, version in '
                f'0..{_MAX_VERSION}, and batch_size 1 or more; got {self}'
            )


class Client(abc.ABC):
    """Asks one model of one server; to be closed, or used in a `with`.

    Args:
        server: its address.
        settings: how it is asked.

    Attributes:
        called: server, model and version, for messages.
    """

    def __init__(self, server: str, settings: Settings) -> None:
        self.settings = settings
        version = '' if settings.version is None else f', version {settings.version}'
        self.called = f'{server}, {settings.model}{version}'

    def predict(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Predictions for encoded images, in their order.

        Args:
            encoded: JPEG or PNG bytes, one face each; what is neither, or is damaged, gets a status that says so. What
                is larger than any model takes is answered without being sent.

        Raises:
            ClientError: the server cannot be asked, or does not answer as it must.
        """
        nothing = float('nan')
        sent = [image for image in encoded if len(image) <= MAX_BYTES]
        said = iter([answer for batch in batches(sent, self.settings.batch_size) for answer in self._predict(batch)])
        too_large = Prediction(nothing, nothing, nothing, int(Status.TOO_LARGE))
        return [next(said) if len(image) <= MAX_BYTES else too_large for image in encoded]

    @abc.abstractmethod
    def ask(self, batch: Sequence[bytes]) -> Mapping[str, Any]:
        """The outputs of `serving_default` for one request, by name: arrays, lists, or whatever came.

        Raises:
            ClientError: there is no answer with outputs.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Ends the connection."""

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def too_slow(self) -> ClientError:
        """What to raise once the deadline has passed."""
        waited = f'{self.settings.deadline:g} s'
        return ClientError(
            f'{self.called}: no answer within {waited}; give it a longer deadline or smaller batches, and see that it '
            'can be reached'
        )

    def _predict(self, batch: Sequence[bytes]) -> list[Prediction]:
        return answers.predictions(self.ask(batch), len(batch), self.called)


def batches(encoded: Sequence[bytes], batch_size: int) -> Iterator[Sequence[bytes]]:
    """Cuts images into requests, in their order.

    Args:
        encoded: of any size.
        batch_size: the most images of a request; all of them are `MAX_REQUEST_BYTES` at most, or it is one image.

    Example:
        >>> [len(batch) for batch in batches([b'image'] * 5, 2)]
        [2, 2, 1]
    """
    start, size = 0, 0
    for end, image in enumerate(encoded):
        if end > start and (end - start == batch_size or size + len(image) > MAX_REQUEST_BYTES):
            yield encoded[start:end]
            start, size = end, 0
        size += len(image)
    if encoded:
        yield encoded[start:]
