"""Encoders by name. Every encoder takes images `[n, size, size, 3]` in [0, 1] and returns features `[n, d]`."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.config import SMALLEST_IMAGE
from cafer_tf.networks.alexnet import alexnet
from cafer_tf.networks.compact import compact

_BUILDERS = {'alexnet': alexnet, 'compact': compact}


def build_encoder(name: str, image_size: int) -> tf.keras.Model:
    """The encoder E of a name, freshly initialised.

    Args:
        name: `compact` or `alexnet`.
        image_size: side of the square input, in pixels.

    Returns:
        A network from `[n, size, size, 3]` to `[n, d]`.

    Raises:
        ValueError: an unknown name, or images too small for the network.
    """
    if name not in _BUILDERS:
        raise ValueError(f'unknown encoder {name!r}; known: {", ".join(sorted(_BUILDERS))}')
    if image_size < SMALLEST_IMAGE[name]:
        raise ValueError(f'encoder {name!r} needs images of {SMALLEST_IMAGE[name]} pixels or more; got {image_size}')
    return _BUILDERS[name](image_size)
