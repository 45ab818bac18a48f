"""A weight that grows as training goes on."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def warm_up(step: Any, start: int, full: int) -> tf.Tensor:
    """How much a term counts at a step of training: nothing at first, all of it in the end.

    Args:
        step: from 0, scalar integer.
        start: the first step at which it counts.
        full: the first step at which it counts whole, at least `start`.

    Returns:
        A float32 scalar: 0 below `start`, then `step / full` below `full`, and 1 from there on.

    Raises:
        ValueError: steps out of order.

    Example:
        >>> [round(float(warm_up(step, start=5, full=50)), 2) for step in (4, 5, 25, 50, 51)]
        [0.0, 0.1, 0.5, 1.0, 1.0]
    """
    if not 0 <= start <= full:
        raise ValueError(f'start must be in [0, full]; they are {start} and {full}')
    step = tf.cast(step, tf.float32)
    growing = tf.where(step < full, step / max(full, 1), 1.0)
    return tf.where(step < start, 0.0, growing)
