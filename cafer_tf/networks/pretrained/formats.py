"""Which format a file of weights has, by its content."""

from __future__ import annotations

import pathlib
import zipfile

import numpy as np

from cafer_tf.networks.pretrained import keras_files, pickled, safe_tensors
from cafer_tf.networks.pretrained.state_dict import torch_layers
from cafer_tf.networks.pretrained.stored import StoredWeights, WeightsError

_TORCH7_TYPES = range(1, 9)


def read_weights(path: pathlib.Path) -> StoredWeights:
    """The layers of a file of any format that is known.

    Raises:
        WeightsError: the file cannot be read, or its format or something in it is not known.
    """
    try:
        return _read(path)
    except WeightsError:
        raise
    except Exception as error:  # damaged bytes can fail in any way
        raise WeightsError(f'it cannot be read, or is damaged: {type(error).__name__}: {error}') from error


def _read(path: pathlib.Path) -> StoredWeights:
    with path.open('rb') as file:
        beginning = file.read(16)
    if beginning.startswith(b'PK'):
        return _read_zip(path)
    if beginning.startswith(keras_files.HDF5_MAGIC):
        return keras_files.read_hdf5(path.read_bytes())
    if beginning.startswith(pickled.LEGACY_MAGIC):
        return _torch_weights(pickled.read_legacy(path))
    if safe_tensors.is_safe_tensors(beginning):
        return _torch_weights(safe_tensors.read_safe_tensors(path))
    # A file of Torch, PyTorch's predecessor in Lua, begins with the type of its first object, in four bytes or in text.
    if int.from_bytes(beginning[:4], 'little') in _TORCH7_TYPES or beginning[1:2] == b'\n':
        raise WeightsError('it seems to be a file of Torch7 for Lua, which is not read; save it again with PyTorch')
    raise WeightsError('it is no file of weights of PyTorch, safetensors or Keras')


def _read_zip(path: pathlib.Path) -> StoredWeights:
    with zipfile.ZipFile(path) as archive:
        # Both store plainly. What is compressed might not fit into memory.
        if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
            raise WeightsError('its entries are larger than the archive')
        names = archive.namelist()
        if keras_files.ARCHIVED_WEIGHTS in names:
            return keras_files.read_keras(archive)
        pickles = [name for name in names if name.count('/') == 1 and name.endswith('/data.pkl')]
        if len(pickles) != 1:
            raise WeightsError('it is a zip archive of neither PyTorch nor Keras')
        return _torch_weights(pickled.read_archive(archive, pickles[0]))


def _torch_weights(tensors: dict[str, np.ndarray]) -> StoredWeights:
    return StoredWeights(torch_layers(tensors), channels_first=True)
