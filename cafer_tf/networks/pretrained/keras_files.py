"""Keras' own files of weights: `.keras`, `.weights.h5`, and the older `.h5`."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

from cafer_tf.names import natural_key
from cafer_tf.networks import preprocessing
from cafer_tf.networks.pretrained.stored import (
    BATCH_NORMALIZATION,
    BOUNDED_SHORTCUT,
    CONVOLUTION,
    DENSE,
    KINDS,
    RANK_ONE_CONVOLUTION,
    UNIT_NORMALIZATION,
    StoredLayer,
    StoredWeights,
    WeightsError,
)

HDF5_MAGIC = b'\x89HDF\r\n\x1a\n'
ARCHIVED_WEIGHTS = 'model.weights.h5'
"""Entry of the weights in a `.keras` file."""

_LAYER_WEIGHT = re.compile('layers/[^/]+/vars/[0-9]+')
_KINDS = {
    (4,): CONVOLUTION,
    (4, 1): CONVOLUTION,
    (2,): DENSE,
    (2, 1): DENSE,
    (1, 1, 1, 1): BATCH_NORMALIZATION,
    (2, 2, 1): RANK_ONE_CONVOLUTION,
    (0, 0): BOUNDED_SHORTCUT,
    (1,): UNIT_NORMALIZATION,
}
"""Kinds by the ranks of a layer's weights."""


def read_keras(archive: zipfile.ZipFile) -> StoredWeights:
    """The layers of a `.keras` file, of whose configuration no object is built."""
    config = json.loads(archive.read('config.json'))
    return read_hdf5(archive.read(ARCHIVED_WEIGHTS))._replace(constants=normalization_constants(config))


def read_hdf5(content: bytes) -> StoredWeights:
    """The layers of an HDF5 file.

    Raises:
        WeightsError: Keras did not write it, or it holds several networks. (Other exceptions say that it is damaged.)
    """
    with h5py.File(io.BytesIO(content)) as file:
        datasets: dict[str, h5py.Dataset] = {}
        # It visits what the file itself holds, and follows no link into another.
        file.visititems(lambda name, item: datasets.update({name: item} if isinstance(item, h5py.Dataset) else {}))
        groups = _legacy_groups(file) if 'layer_names' in file.get('model_weights', file).attrs else _groups(datasets)
        layers = [_layer({name: _values(datasets[name], len(content)) for name in names}) for names in groups]
        config = json.loads(file.attrs.get('model_config', '{}'))
    return StoredWeights(layers, normalization_constants(config))


def normalization_constants(config: dict[str, Any]) -> tuple[list[float], list[float]] | None:
    """Mean and standard deviation of the layer that normalises the input, in a network's configuration; None without.

    >>> layer = {'config': {'name': 'normalize', 'mean': [0.5, 0.5, 0.5], 'variance': [0.25, 0.25, 0.25]}}
    >>> normalization_constants({'config': {'layers': [layer]}})
    ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
    """
    for layer in config.get('config', {}).get('layers', []):
        if layer['config'].get('name') == preprocessing.LAYER:
            mean, variance = layer['config']['mean'], layer['config']['variance']
            return np.ravel(mean).tolist(), np.sqrt(np.ravel(variance)).tolist()
    return None


def _groups(datasets: dict[str, h5py.Dataset]) -> list[list[str]]:
    """Names of the data sets of each layer: `layers/<kind>_<number>/vars/<number>`."""
    groups: dict[str, list[str]] = {}
    for name in sorted(datasets, key=natural_key):
        if _LAYER_WEIGHT.fullmatch(name):
            groups.setdefault(name.split('/')[1], []).append(name)
    if not groups:
        raise WeightsError('it holds no layers as Keras writes those of one network')
    return list(groups.values())


def _legacy_groups(file: h5py.File) -> list[list[str]]:
    """The same of a file that names layers and weights in attributes."""
    root = file.get('model_weights', file)
    groups = []
    for layer in root.attrs['layer_names']:
        names = [f'{root.name}/{layer}/{weight}'.strip('/') for weight in root[layer].attrs['weight_names']]
        if names:
            groups.append(names)
    return groups


def _layer(values: dict[str, np.ndarray]) -> StoredLayer:
    dimensions = tuple(value.ndim for value in values.values())
    if dimensions not in _KINDS:
        raise WeightsError(f'{", ".join(values)} are none of {", ".join(KINDS)}')
    return StoredLayer(_KINDS[dimensions], tuple(values), tuple(values.values()))


def _values(dataset: h5py.Dataset, file_size: int) -> np.ndarray:
    # Keras stores plainly, so that no data set is larger than its file; anything else might be, or be another file.
    if dataset.chunks or dataset.is_virtual or dataset.external or dataset.nbytes > file_size:
        raise WeightsError(f'its data set {dataset.name} is not stored as Keras stores weights')
    return dataset[()]
