"""Encoders by name. Every encoder takes images `[n, size, size, 3]` in [0, 1] and returns features `[n, d]`."""

from __future__ import annotations

import tensorflow as tf

from cafer_tf.networks.alexnet import alexnet
from cafer_tf.networks.compact import compact

_BUILDERS = {'alexnet': alexnet, 'compact': compact}
_SMALLEST = {'alexnet': 63, 'compact': 32}


def build_encoder(name: str, image_size: int) -> tf.keras.Model:
    """The encoder E of a name, freshly initialised.

    Args:
        name: `compact` or `alexnet`.
        image_size: side of the square input, in pixels.

    Raises:
        ValueError: an unknown name, or images too small for the network.
    """
    if name not in _BUILDERS:
        raise ValueError(f'unknown encoder {name!r}; known: {", ".join(sorted(_BUILDERS))}')
    if image_size < _SMALLEST[name]:
        raise ValueError(f'encoder {name!r} needs images of {_SMALLEST[name]} pixels or more; got {image_size}')
    return _BUILDERS[name](image_size)
