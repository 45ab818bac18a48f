"""The precision that layers compute in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def layers_in(precision: str) -> Iterator[None]:
    """Layers that are made inside compute in a precision; outside, Keras' own policy is as it was.

    Args:
        precision: a Keras policy, `float32`, `mixed_float16` or `mixed_bfloat16`.
    """
    before = tf.keras.mixed_precision.global_policy()
    tf.keras.mixed_precision.set_global_policy(precision)
    try:
        yield
    finally:
        tf.keras.mixed_precision.set_global_policy(before)
