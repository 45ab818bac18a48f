"""Encoders by name. Every encoder takes images `[n, size, size, 3]` in [0, 1] and returns features `[n, d]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from cafer_tf.config import SMALLEST_IMAGE
from cafer_tf.networks.alexnet import alexnet
from cafer_tf.networks.breg_next import breg_next50
from cafer_tf.networks.compact import compact
from cafer_tf.networks.cp_resnet18 import cp_resnet18
from cafer_tf.networks.dense import hidden_layers
from cafer_tf.networks.face_channel import face_channel
from cafer_tf.networks.face_ssd import face_ssd
from cafer_tf.networks.pooling import POOLINGS
from cafer_tf.networks.preprocessing import normalization
from cafer_tf.networks.resnet import resnet18
from cafer_tf.networks.vgg16 import vgg16

_NETWORKS: dict[str, Callable[..., tf.Tensor]] = {
    'alexnet': alexnet,
    'breg_next50': breg_next50,
    'compact': compact,
    'cp_resnet18': cp_resnet18,
    'face_channel': face_channel,
    'face_ssd': face_ssd,
    'resnet18': resnet18,
    'vgg16': vgg16,
}
_UNPOOLED = ('face_ssd',)
_BOTTLENECK = 'bottleneck_'


def build_encoder(
    name: str,
    image_size: int,
    *,
    pooling: str = 'auto',
    mean: Sequence[float] = (0.485, 0.456, 0.406),
    standard_deviation: Sequence[float] = (0.229, 0.224, 0.225),
    bottleneck: Sequence[int] = (),
    dropout: float = 0.0,
    normalized: bool = False,
) -> tf.keras.Model:
    """The encoder E of a name, freshly initialised.

    Args:
        name: `compact`, `alexnet` or `resnet18`; or `breg_next50`, `cp_resnet18`, `face_channel`, `face_ssd` or
            `vgg16`, those of other systems.
        image_size: side of the square input, in pixels.
        pooling: `grid` averages the last feature map to 6 x 6 cells, `global` to one, and `flatten` keeps all of it;
            `auto` is `grid` for `alexnet`, `flatten` for `vgg16` and `face_channel`, and `global` otherwise. `face_ssd`
            has `auto` alone.
        mean: of red, green and blue, by which images are normalised; ImageNet's.
        standard_deviation: likewise, above 0.
        bottleneck: units of dense layers, each with a ReLU, that end the encoder.
        dropout: rate before each of them.
        normalized: whether each is normalised over the batch before its ReLU.

    Returns:
        A network from `[n, size, size, 3]`, RGB in [0, 1], to `[n, d]`.

    Raises:
        ValueError: an unknown name or pooling, a pooling for `face_ssd`, or images too small for the network.

    >>> build_encoder('compact', 64).output_shape, build_encoder('compact', 64, pooling='grid').output_shape
    ((None, 128), (None, 4608))
    """
    if name not in _NETWORKS:
        raise ValueError(f'unknown encoder {name!r}; known: {", ".join(sorted(_NETWORKS))}')
    if pooling not in ('auto', *POOLINGS):
        raise ValueError(f'unknown pooling {pooling!r}; known: auto, {", ".join(POOLINGS)}')
    if pooling != 'auto' and name in _UNPOOLED:
        raise ValueError(f'encoder {name!r} has no last feature map to pool; pooling must be auto, not {pooling!r}')
    if image_size < SMALLEST_IMAGE[name]:
        raise ValueError(f'encoder {name!r} needs images of {SMALLEST_IMAGE[name]} pixels or more; got {image_size}')
    images = tf.keras.Input([image_size, image_size, 3], name='image')
    x = normalization(mean, standard_deviation)(images)
    features = _NETWORKS[name](x) if pooling == 'auto' else _NETWORKS[name](x, pooling)
    for layer in hidden_layers(bottleneck, dropout, len(bottleneck), normalized=normalized, name=_BOTTLENECK):
        features = layer(features)
    return tf.keras.Model(images, features, name=name)


def backbone(encoder: tf.keras.Model) -> tf.keras.Model:
    """An encoder without its bottleneck, which no file of pretrained weights has; the layers are shared.

    Args:
        encoder: as `build_encoder` made it.

    >>> backbone(build_encoder('compact', 32, bottleneck=[16])).output_shape
    (None, 128)
    """
    own = [layer for layer in encoder.layers if not layer.name.startswith(_BOTTLENECK)]
    if len(own) == len(encoder.layers):
        return encoder
    return tf.keras.Model(encoder.input, own[-1].output, name=encoder.name)
