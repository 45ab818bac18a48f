"""State dicts of `torch.save`, read without PyTorch and without running what a pickle says."""

from __future__ import annotations

import collections
import io
import math
import pathlib
import pickle
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from cafer_tf.networks.pretrained.stored import WeightsError

LEGACY_MAGIC = bytes.fromhex('80028a0a6cfc9c46f9206aa850192e')
"""How a file of the format before PyTorch 1.6 begins: the pickle of its magic number."""

_LEGACY_PROTOCOL = 1001
_LARGEST_PICKLE = 1 << 24
_DTYPES = {
    'DoubleStorage': 'float64',
    'FloatStorage': 'float32',
    'HalfStorage': 'float16',
    'BFloat16Storage': 'bfloat16',
    'LongStorage': 'int64',
    'IntStorage': 'int32',
    'ShortStorage': 'int16',
    'CharStorage': 'int8',
    'ByteStorage': 'uint8',
    'BoolStorage': 'bool',
}


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


# The implementation in Python, because the one in C reserves as much memory as a damaged pickle asks for.
class _Unpickler(pickle._Unpickler):
    """Knows tensors, their storages and ordered dictionaries, and refuses everything else.

    Nothing of PyTorch's is called: a tensor is rebuilt as a description, `_Tensor`.
    """

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, encoding='utf-8')
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a global of the pickle.

        The functions are made anew each time, since a pickle may set attributes of what it is given.
        """
        if (module, name) == ('collections', 'OrderedDict'):
            return collections.OrderedDict
        if (module, name) == ('torch._utils', '_rebuild_tensor_v2'):
            return lambda storage, offset, size, stride, *_: _Tensor(storage, offset, size, stride)
        if (module, name) == ('torch._utils', '_rebuild_parameter'):
            return lambda tensor, *_: tensor
        if module == 'torch' and name in _DTYPES:
            return _DTYPES[name]
        raise WeightsError(
            f'it holds a {module}.{name}, and only plain tensors are read, for safety; '
            'save them alone, by torch.save(model.state_dict(), file)'
        )

    def persistent_load(self, pid: Any) -> _Storage:
        """The storage of an identifier: what it is, dtype, key, device, number of elements, view."""
        kind, dtype, key, _, length, *view = pid
        if kind != 'storage' or any(view):
            raise WeightsError(f'it holds a {kind} of a kind that is not read')
        self.storages[key] = _Storage(key, _dtype(dtype), length)
        return self.storages[key]


def read_archive(archive: zipfile.ZipFile, pickle_name: str) -> dict[str, np.ndarray]:
    """The tensors of a file of PyTorch 1.6 or newer, in its order.

    Args:
        archive: the open file.
        pickle_name: of the entry `*/data.pkl`.

    Raises:
        WeightsError: it holds anything else, or is damaged. (Other exceptions, too, say that it is damaged.)
    """
    root = pickle_name.removesuffix('data.pkl')
    if f'{root}byteorder' in archive.namelist() and archive.read(f'{root}byteorder') != b'little':
        raise WeightsError('its numbers are not little-endian')
    if archive.getinfo(pickle_name).file_size > _LARGEST_PICKLE:
        raise WeightsError('its pickle is too large for a state dict')
    unpickler = _Unpickler(io.BytesIO(archive.read(pickle_name)))
    tensors = _state_dict(unpickler.load())
    return _arrays(tensors, lambda storage: archive.read(f'{root}data/{storage.key}'))


def read_legacy(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The same of a file of PyTorch before 1.6: five pickles, then the storages, each after its length."""
    data = memoryview(path.read_bytes())
    stream = io.BytesIO(data[:_LARGEST_PICKLE])
    _, protocol, system = (_Unpickler(stream).load() for _ in range(3))
    if protocol != _LEGACY_PROTOCOL or not system['little_endian']:
        raise WeightsError('its protocol is unknown, or its numbers are not little-endian')
    unpickler = _Unpickler(stream)
    tensors = _state_dict(unpickler.load())
    keys = _Unpickler(stream).load()
    position = stream.tell()
    contents = {}
    for key in keys:
        start = position + 8
        position = start + int.from_bytes(data[position:start], 'little') * unpickler.storages[key].dtype.itemsize
        contents[key] = data[start:position]
    return _arrays(tensors, lambda storage: contents[storage.key])


def _state_dict(content: Any) -> dict[str, _Tensor]:
    """The tensors by name, of a state dict or of a checkpoint that holds one: under `state_dict`, or no other."""
    if isinstance(content, dict):
        content = content.get('state_dict', content)
    if not isinstance(content, dict):
        raise WeightsError(f'it holds a {type(content).__name__} instead of a state dict')
    candidates = [content, *(value for value in content.values() if isinstance(value, dict))]
    found = [
        {name: value for name, value in candidate.items() if isinstance(value, _Tensor)} for candidate in candidates
    ]
    found = [tensors for tensors in found if tensors]
    if len(found) != 1:
        raise WeightsError(f'it holds {len(found)} state dicts, under the keys {", ".join(map(str, content))}')
    return found[0]


def _arrays(tensors: dict[str, _Tensor], read: Callable[[_Storage], bytes | memoryview]) -> dict[str, np.ndarray]:
    contents = {storage: read(storage) for storage in {tensor.storage for tensor in tensors.values()}}
    return {str(name): _array(name, tensor, contents[tensor.storage]) for name, tensor in tensors.items()}


def _array(name: str, tensor: _Tensor, content: bytes | memoryview) -> np.ndarray:
    """A view of a storage."""
    (_, dtype, length), offset, size, stride = tensor
    if len(content) != length * dtype.itemsize:
        raise WeightsError(f'tensor {name!r} is cut short')
    last = offset + sum((side - 1) * step for side, step in zip(size, stride, strict=True))
    # No more elements than the storage has: a stride of 0 could otherwise make any number out of one.
    if min(offset, *size, *stride, 0) < 0 or math.prod(size) > length or last >= length:
        raise WeightsError(f'tensor {name!r} of size {list(size)} does not fit into its storage of {length}')
    elements = np.frombuffer(content, dtype)[offset:]
    return np.lib.stride_tricks.as_strided(elements, size, [step * dtype.itemsize for step in stride], writeable=False)


def _dtype(name: str) -> np.dtype:
    return np.dtype(tf.bfloat16.as_numpy_dtype if name == 'bfloat16' else name).newbyteorder('<')
