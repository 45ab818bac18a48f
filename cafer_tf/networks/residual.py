"""The residual block that `compact` and `resnet18` are made of."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Convolution = Callable[[tf.Tensor, int, int, int, str], tf.Tensor]
"""A normalised convolution, of input, filters, kernel, stride and name."""


def residual_block(x: tf.Tensor, filters: int, stride: int, name: str, convolution: Convolution) -> tf.Tensor:
    """Two 3 x 3 convolutions added to their input, which is projected where its shape changes; ReLU.

    Args:
        x: feature map `[n, h, w, c]`.
        filters: channels of the result.
        stride: of the first convolution and of the projection.
        name: beginning of the layers' names.
        convolution: makes each convolution with its normalisation.

    Reference: K. He et al., "Deep residual learning for image recognition", CVPR 2016, figure 2.
    """
    layers = tf.keras.layers
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = convolution(x, filters, 1, stride, f'{name}_shortcut')
    x = convolution(x, filters, 3, stride, f'{name}_a')
    x = layers.ReLU(name=f'{name}_a_relu')(x)
    x = convolution(x, filters, 3, 1, f'{name}_b')
    x = layers.Add(name=f'{name}_add')([x, shortcut])
    return layers.ReLU(name=f'{name}_relu')(x)
