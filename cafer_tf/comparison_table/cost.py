"""What a network costs: multiply-adds of one image."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import tensorflow as tf

from cafer_tf.model import Cafer

_MULTIPLYING = frozenset({'Conv2D', 'DepthwiseConv2dNative', 'MatMul', 'BatchMatMulV2'})
"""Operations whose floating-point operations are multiply-adds, two each."""


def multiply_adds(model: Cafer) -> int:
    """The multiply-adds of one image's valence and arousal, in convolutions and dense layers.

    They are half of the floating-point operations that TensorFlow's profiler counts in the graph of `model(image)`;
    normalisation, activations and pooling, some hundredths of them, are left out, as papers leave them out.

    Args:
        model: of any configuration.
    """
    size = model.config.input.image_size
    function = tf.function(lambda image: model(image, training=False))
    graph = function.get_concrete_function(tf.TensorSpec([1, size, size, 3])).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    with _quiet():
        node = profiler.profile(graph, cmd='op', options=options.with_empty_output().build())
    total = 0
    while node.children:  # one operation below another, each with what all of its kind cost
        (node,) = node.children
        if node.name in _MULTIPLYING:
            total += node.float_ops
    return total // 2


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the profiler's note that it is of TensorFlow 1."""
    logger = tf.get_logger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
