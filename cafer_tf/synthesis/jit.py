"""Compilation of the inner loops, which also works where the installation cannot be written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar('Function', bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """`numba.njit` with a cache on disk if there is a place for one.

    `fastmath` stays off: it lets the compiler reorder sums, and a data set must be the same bytes on every worker.
    """
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # numba found no directory that it may write its cache to
        return numba.njit(function)
