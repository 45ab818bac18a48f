"""Rendering in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import joblib


def unordered(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], workers: int) -> Iterator[Any]:
    """The results of `function(*values)` for each of `arguments`, as they come.

    Args:
        function: one that can be pickled, as can its arguments and results.
        arguments: for each call.
        workers: processes; with 1, all calls are made in this one, in order.
    """
    if min(workers, len(arguments)) <= 1:
        yield from (function(*values) for values in arguments)
    else:
        parallel = joblib.Parallel(n_jobs=min(workers, len(arguments)), backend='loky', return_as='generator_unordered')
        yield from parallel(joblib.delayed(function)(*values) for values in arguments)
