"""From a file of weights into a network."""

from __future__ import annotations

import itertools
import math
import os
import pathlib

import numpy as np
import tensorflow as tf

from cafer_tf.networks.breg_next import BoundedShortcut
from cafer_tf.networks.cp_resnet18 import RankOneConvolution
from cafer_tf.networks.face_ssd import ScaledUnitNormalization
from cafer_tf.networks.pooling import cells_and_channels
from cafer_tf.networks.pretrained.formats import read_weights
from cafer_tf.networks.pretrained.keras_files import normalization_constants
from cafer_tf.networks.pretrained.stored import (
    BATCH_NORMALIZATION,
    BOUNDED_SHORTCUT,
    CONVOLUTION,
    DENSE,
    KINDS,
    RANK_ONE_CONVOLUTION,
    UNIT_NORMALIZATION,
    LoadedWeights,
    StoredLayer,
    StoredWeights,
    WeightsError,
)

_CLASSES = {
    CONVOLUTION: tf.keras.layers.Conv2D,
    DENSE: tf.keras.layers.Dense,
    BATCH_NORMALIZATION: tf.keras.layers.BatchNormalization,
    RANK_ONE_CONVOLUTION: RankOneConvolution,
    BOUNDED_SHORTCUT: BoundedShortcut,
    UNIT_NORMALIZATION: ScaledUnitNormalization,
}


def load_weights(
    network: tf.keras.Model, path: str | os.PathLike[str], encoder: tf.keras.Model | None = None
) -> LoadedWeights:
    """Gives an encoder, head or critic the weights of a file.

    The file's content, not its name, says what it is:

    - a state dict of PyTorch, alone or as the only one of a checkpoint: `torch.save`, of PyTorch 1.6 or of before; or
      safetensors, whose layers are taken in the natural order of their names. Nothing but plain tensors is read, and
      nothing of the file is run.
    - weights of the same network from Keras: `.keras`, `.weights.h5` or `.h5`. No object is built from its
      configuration.

    Layers are matched in their order, each kind by itself, and must agree in shape; their names do not matter. So
    torchvision's files fit as well as those of the paper's authors. The dense layers of a classifier are left out where
    the network is an encoder without dense layers. Floats of every size become float32. The network changes only if
    everything fits.

    PyTorch flattens a map channel by channel, Keras cell by cell. So the rows of the first dense kernel of a PyTorch
    file are brought into the order of the map that is flattened before it.

    Args:
        network: as `build_encoder`, `build_head` or `build_critic` (without spectral normalisation) made it.
        path: the file.
        encoder: whose features the network takes, where that is a head or critic; which map was flattened is the
            encoder's. Files of Keras do not need it.

    Returns:
        Which tensors were loaded, and which were left out.

    Raises:
        WeightsError: the file cannot be read, is truncated, damaged, or no file of weights; it holds objects other than
            tensors; it lacks a layer, has one too many, or one of another shape; it says that its network normalises
            images by other constants; or it is PyTorch's, and the map before the first dense layer is not known.
    """
    try:
        stored = read_weights(pathlib.Path(path))
        _check_constants(network, stored)
        return _assign(network, stored, encoder)
    except WeightsError as error:
        raise WeightsError(f'{path}: {error}') from None


def _check_constants(network: tf.keras.Model, stored: StoredWeights) -> None:
    own = normalization_constants({'config': network.get_config()})
    if stored.constants is None or own is None or np.allclose(stored.constants, own, rtol=1e-4):
        return
    (mean, deviation), (own_mean, own_deviation) = (np.round(pair, 6).tolist() for pair in (stored.constants, own))
    raise WeightsError(
        f'its network normalises images by mean {mean} and standard deviation {deviation}, this one by {own_mean} '
        f'and {own_deviation}; set network.mean and network.standard_deviation to those of the file'
    )


def _assign(network: tf.keras.Model, stored: StoredWeights, encoder: tf.keras.Model | None) -> LoadedWeights:
    """Sets the weights of all layers, if the file has those of each.

    `network.layers` has the branches of a residual block in the order of PyTorch's modules, the shortcut last.
    """
    for layer in network.layers:
        if layer.weights and not isinstance(layer, tuple(_CLASSES.values())):
            raise WeightsError(f'layer {layer.name!r} is of a kind that no weights are loaded into')
    values: list[tuple[tf.keras.layers.Layer, list[np.ndarray]]] = []
    loaded: list[str] = []
    ignored: list[str] = []
    for kind in KINDS:
        in_file = [layer for layer in stored.layers if layer.kind == kind]
        in_network = [layer for layer in network.layers if isinstance(layer, _CLASSES[kind])]
        used = in_network or kind != DENSE
        (loaded if used else ignored).extend(name for layer in in_file for name in layer.names)
        fitting: list[tuple[tf.keras.layers.Layer, list[np.ndarray]]] = []
        if used:
            for source, layer in itertools.zip_longest(in_file, in_network):
                if layer is None:
                    raise WeightsError(f'the network has no layer for its {kind} with {source.names[0]!r}')
                if source is None:
                    raise WeightsError(f'it holds no {kind} for layer {layer.name!r}, but {len(in_file)} in all')
                fitting.append((layer, _fitting(source, layer)))
        if kind == DENSE and fitting and stored.channels_first:
            layer, (kernel, *bias) = fitting[0]
            fitting[0] = layer, [_cells_first(kernel, layer, network, encoder), *bias]
        values.extend(fitting)
    for layer, arrays in values:
        layer.set_weights(arrays)
    return LoadedWeights(tuple(loaded), tuple(ignored))


def _fitting(source: StoredLayer, layer: tf.keras.layers.Layer) -> list[np.ndarray]:
    """The weights of a layer of the file, if they are those of a layer of the network."""
    if len(source.names) != len(layer.weights):
        needed = ', '.join(variable.name for variable in layer.weights)
        raise WeightsError(f'layer {layer.name!r} needs {needed}; it has {", ".join(source.names)}')
    for name, value, variable in zip(source.names, source.values, layer.weights, strict=True):
        if value.shape != variable.shape:
            raise WeightsError(
                f'its tensor {name!r} is {list(value.shape)} in the order of Keras, '
                f'and {variable.name} of layer {layer.name!r} is {variable.shape.as_list()}'
            )
        if value.dtype.kind != 'f' and value.dtype != tf.bfloat16.as_numpy_dtype:
            raise WeightsError(f'its tensor {name!r} for layer {layer.name!r} holds {value.dtype} instead of floats')
    return [value.astype(np.float32) for value in source.values]


def _cells_first(
    kernel: np.ndarray, layer: tf.keras.layers.Layer, network: tf.keras.Model, encoder: tf.keras.Model | None
) -> np.ndarray:
    """The first dense kernel `[in, out]`, its inputs cell by cell instead of channel by channel."""
    order = cells_and_channels(network.layers[: network.layers.index(layer)])
    if order is None and encoder is not None:
        order = cells_and_channels(encoder.layers)
    if order is None or math.prod(order) != len(kernel):
        raise WeightsError(
            f'layer {layer.name!r} takes {len(kernel)} features, whose order in a file of PyTorch depends on the map '
            'that they come from; give load_weights the encoder that makes them'
        )
    cells, channels = order
    return kernel.reshape(channels, cells, -1).swapaxes(0, 1).reshape(kernel.shape)
