"""The hidden dense layers of AV heads, and those that end an encoder."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from cafer_tf.networks.dropout import Dropout
from cafer_tf.networks.normalization import BatchNormalization


def hidden_layers(
    units: Sequence[int], dropout: float, dropped: int, *, normalized: bool = False, name: str = ''
) -> list[tf.keras.layers.Layer]:
    """Dense layers one after another, each with a ReLU.

    Args:
        units: of each.
        dropout: rate before each of the first ones, in [0, 1).
        dropped: how many have it.
        normalized: whether each is normalised over the batch before its ReLU.
        name: beginning of the layers' names.
    """
    layers: list[tf.keras.layers.Layer] = []
    for number, width in enumerate(units, start=1):
        if number <= dropped:
            layers.append(Dropout(dropout, name=f'{name}dropout{number}'))
        activation = None if normalized else 'relu'
        dense = tf.keras.layers.Dense(width, activation, kernel_initializer='he_normal', name=f'{name}dense{number}')
        layers.append(dense)
        if normalized:
            layers.append(BatchNormalization(name=f'{name}norm{number}'))
            layers.append(tf.keras.layers.ReLU(name=f'{name}relu{number}'))
    return layers
