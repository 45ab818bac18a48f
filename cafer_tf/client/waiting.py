"""Waiting that has an end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from typing import TypeVar

_Result = TypeVar('_Result')


def within(seconds: float, function: Callable[[], _Result]) -> _Result:
    """The result of a function that may block, for which nobody waits longer than said.

    A thread calls it: timeouts of sockets bound each address, line and piece by itself, and the look-up of a name not
    at all. What is given up goes on by itself until its socket ends, and does not keep the process alive.

    Raises:
        concurrent.futures.TimeoutError: there is no result in time; any other exception is the function's.
    """
    future: futures.Future[_Result] = futures.Future()

    def call() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return future.result(seconds)
