"""Encoders by name. Every encoder takes images `[n, size, size, 3]` in [0, 1] and returns features `[n, d]`."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from cafer_tf.config import SMALLEST_IMAGE
from cafer_tf.networks.alexnet import alexnet
from cafer_tf.networks.compact import compact
from cafer_tf.networks.pooling import POOLINGS
from cafer_tf.networks.preprocessing import normalization
from cafer_tf.networks.resnet import resnet18

_NETWORKS = {'alexnet': alexnet, 'compact': compact, 'resnet18': resnet18}


def build_encoder(
    name: str,
    image_size: int,
    *,
    pooling: str = 'auto',
    mean: Sequence[float] = (0.485, 0.456, 0.406),
    standard_deviation: Sequence[float] = (0.229, 0.224, 0.225),
) -> tf.keras.Model:
    """The encoder E of a name, freshly initialised.

    Args:
        name: `compact`, `alexnet` or `resnet18`.
        image_size: side of the square input, in pixels.
        pooling: `grid` averages the last feature map to 6 x 6 cells, `global` to one; `auto` is `grid` for `alexnet`
            and `global` otherwise.
        mean: of red, green and blue, by which images are normalised; ImageNet's.
        standard_deviation: likewise, above 0.

    Returns:
        A network from `[n, size, size, 3]`, RGB in [0, 1], to `[n, d]`.

    Raises:
        ValueError: an unknown name or pooling, or images too small for the network.

    >>> build_encoder('compact', 64).output_shape, build_encoder('compact', 64, pooling='grid').output_shape
    ((None, 128), (None, 4608))
    """
    if name not in _NETWORKS:
        raise ValueError(f'unknown encoder {name!r}; known: {", ".join(sorted(_NETWORKS))}')
    if pooling not in ('auto', *POOLINGS):
        raise ValueError(f'unknown pooling {pooling!r}; known: auto, {", ".join(POOLINGS)}')
    if image_size < SMALLEST_IMAGE[name]:
        raise ValueError(f'encoder {name!r} needs images of {SMALLEST_IMAGE[name]} pixels or more; got {image_size}')
    images = tf.keras.Input([image_size, image_size, 3], name='image')
    x = normalization(mean, standard_deviation)(images)
    features = _NETWORKS[name](x) if pooling == 'auto' else _NETWORKS[name](x, pooling)
    return tf.keras.Model(images, features, name=name)
