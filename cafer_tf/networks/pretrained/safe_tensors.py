"""State dicts in the format of Hugging Face's safetensors."""

from __future__ import annotations

import json
import math
import pathlib

import numpy as np
import tensorflow as tf

from cafer_tf.names import natural_key
from cafer_tf.networks.pretrained.stored import WeightsError

_LARGEST_HEADER = 100_000_000
_DTYPES = {
    'F64': '<f8',
    'F32': '<f4',
    'F16': '<f2',
    'BF16': tf.bfloat16.as_numpy_dtype,
    'I64': '<i8',
    'I32': '<i4',
    'I16': '<i2',
    'I8': 'i1',
    'U8': 'u1',
    'BOOL': '?',
}


def is_safe_tensors(beginning: bytes) -> bool:
    """Whether a file of these first bytes (9 suffice) is of this format: the header's length, 8 bytes, and its `{`."""
    return beginning[8:9] == b'{' and int.from_bytes(beginning[:8], 'little') <= _LARGEST_HEADER


def read_safe_tensors(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The tensors of a file, by name, in natural order: the format knows no order of its own.

    Raises:
        WeightsError: the file is truncated or damaged, or of a dtype that weights do not have. (Other exceptions, too,
            say that it is damaged.)
    """
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], 'little')
    header = json.loads(content[8:start])
    header.pop('__metadata__', None)
    return {name: _array(name, header[name], memoryview(content)[start:]) for name in sorted(header, key=natural_key)}


def _array(name: str, entry: dict, data: memoryview) -> np.ndarray:
    if entry['dtype'] not in _DTYPES:
        raise WeightsError(f'tensor {name!r} is of dtype {entry["dtype"]}')
    dtype = np.dtype(_DTYPES[entry['dtype']])
    begin, end = entry['data_offsets']
    if not 0 <= begin <= end <= len(data) or end - begin != math.prod(entry['shape']) * dtype.itemsize:
        raise WeightsError(f'tensor {name!r} is cut short')
    return np.frombuffer(data[begin:end], dtype).reshape(entry['shape'])
