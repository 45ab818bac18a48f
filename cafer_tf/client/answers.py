"""Outputs of a server to predictions, of which nothing is believed before it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cafer_tf import features
from cafer_tf.client.errors import ClientError, printable
from cafer_tf.serving import STATUS, STATUSES, Prediction

_FOREIGN = 'It is no model of this project, or one of another version: export it again, or ask for another one'


def predictions(outputs: Mapping[str, Any], count: int, server: str) -> list[Prediction]:
    """What was answered for a batch of images.

    Args:
        outputs: by name, `[count, 1]` numbers.
        count: of images.
        server: how it is called in messages.

    Raises:
        ClientError: an output is missing, has another shape, or holds what the servable never says.
    """
    columns = {name: _column(outputs, name, count, server) for name in Prediction._fields}
    status = columns.pop(STATUS)
    if not np.isin(status, range(len(STATUSES))).all():
        unknown = status[~np.isin(status, range(len(STATUSES)))][0]
        raise ClientError(f'{server}: answered the status {unknown:g}, which has no meaning here. {_FOREIGN}.')
    for name, column in columns.items():
        lowest, highest = features.RANGES[name]
        known = (column >= lowest - features.ROUNDING) & (column <= highest + features.ROUNDING)
        strange = np.where(status == 0, ~known, ~np.isnan(column))
        if strange.any():
            value, code = column[strange][0], status[strange][0]
            must = f'a number in [{lowest:g}, {highest:.4g}]' if code == 0 else 'NaN'
            raise ClientError(f'{server}: answered {name} {value:g} with status {code:g}, not {must}. {_FOREIGN}.')
    rows = zip(*(column.tolist() for column in columns.values()), status.astype(int).tolist(), strict=True)
    return [Prediction(*row) for row in rows]


def _column(outputs: Mapping[str, Any], name: str, count: int, server: str) -> np.ndarray:
    if name not in outputs:
        there = printable(', '.join(sorted(map(str, outputs))) or 'none')
        raise ClientError(f'{server}: answered without the output {name}; there is {there}. {_FOREIGN}.')
    try:
        column = np.asarray(outputs[name])
    except (TypeError, ValueError):
        column = np.empty(0)
    if column.shape != (count, 1) or column.dtype.kind not in 'iuf':
        raise ClientError(f'{server}: answered {name} that is not {count} numbers, one a row. {_FOREIGN}.')
    return column[:, 0].astype(np.float64)
