"""From the tensors of a PyTorch state dict to layers in Keras' layout."""

from __future__ import annotations

import numpy as np

from cafer_tf.networks.pretrained.stored import BATCH_NORMALIZATION, CONVOLUTION, DENSE, StoredLayer, WeightsError

_NORMALIZATION = ('weight', 'bias', 'running_mean', 'running_var')
_COUNTER = 'num_batches_tracked'


def torch_layers(tensors: dict[str, np.ndarray]) -> list[StoredLayer]:
    """The layers of a state dict, in its order.

    Kernels are transposed from `[out, in, h, w]` to `[h, w, in, out]` and from `[out, in]` to `[in, out]`. The rows of
    dense kernels stay in PyTorch's order.

    Args:
        tensors: by name, `<layer>.<part>`.

    Raises:
        WeightsError: a tensor is no part of a convolution, a dense layer or a batch normalisation.
    """
    groups: dict[str, dict[str, np.ndarray]] = {}
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition('.')
        if part not in (*_NORMALIZATION, _COUNTER):
            raise WeightsError(f'its tensor {name!r} is no part of a {CONVOLUTION}, {DENSE} or {BATCH_NORMALIZATION}')
        if part != _COUNTER:
            groups.setdefault(layer, {})[part] = tensor
    return [_layer(name, parts) for name, parts in groups.items()]


def _layer(name: str, parts: dict[str, np.ndarray]) -> StoredLayer:
    weight = parts.get('weight', np.empty(0))
    order: tuple[str, ...] = _NORMALIZATION[:2]
    if weight.ndim == 4 and len(parts) <= 2:
        kind, weight = CONVOLUTION, weight.transpose(2, 3, 1, 0)
    elif weight.ndim == 2 and len(parts) <= 2:
        kind, weight = DENSE, weight.T
    elif len(parts) == len(_NORMALIZATION):
        kind, order = BATCH_NORMALIZATION, _NORMALIZATION
    else:
        raise WeightsError(
            f'its layer {name!r}, of {", ".join(f"{part} {list(value.shape)}" for part, value in parts.items())}, '
            f'is no {CONVOLUTION}, {DENSE} or {BATCH_NORMALIZATION}'
        )
    present = [part for part in order if part in parts]
    values = (weight, *(parts[part] for part in present[1:]))
    return StoredLayer(kind, tuple(f'{name}.{part}'.lstrip('.') for part in present), values)
