"""What a file of weights holds, whatever its format."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CONVOLUTION = 'convolution'
DENSE = 'dense layer'
BATCH_NORMALIZATION = 'batch normalization'
RANK_ONE_CONVOLUTION = 'rank-one convolution'
BOUNDED_SHORTCUT = 'bounded shortcut'
UNIT_NORMALIZATION = 'unit normalization'
KINDS = (CONVOLUTION, DENSE, BATCH_NORMALIZATION, RANK_ONE_CONVOLUTION, BOUNDED_SHORTCUT, UNIT_NORMALIZATION)


class WeightsError(ValueError):
    """A file is not one of weights, or its weights are not those of the network."""


class StoredLayer(NamedTuple):
    """One layer of a file.

    Attributes:
        kind: one of `KINDS`.
        names: of its tensors, as in the file.
        values: of the same, in the order and layout of Keras: kernel `[h, w, in, out]` or `[in, out]` and bias; gamma,
            beta, moving mean and moving variance, each `[c]`; or those of one of this package's own layers.
    """

    kind: str
    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]


class StoredWeights(NamedTuple):
    """The layers of a file.

    Attributes:
        layers: those of each kind in the network's order.
        constants: mean and standard deviation by which the file's network normalises images, where the file says so.
        channels_first: whether a dense layer after a flattened map counts its inputs channel by channel, as PyTorch
            does, instead of cell by cell.
    """

    layers: list[StoredLayer]
    constants: tuple[list[float], list[float]] | None = None
    channels_first: bool = False


class LoadedWeights(NamedTuple):
    """What became of the tensors of a file.

    Attributes:
        loaded: names of the tensors that the network now holds.
        ignored: names of those that it has no use for: the classification layers of an encoder's file.
    """

    loaded: tuple[str, ...]
    ignored: tuple[str, ...]
