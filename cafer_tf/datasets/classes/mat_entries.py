"""Prints the annotations of a MATLAB file as JSON: `[[path, class], …]`, or `null` where it has none.

Run as a program of its own: some damaged files end the process in which SciPy reads them, and that must not be the
caller's.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from scipy import io

VARIABLE = 'annotations'
PATH_FIELD, CLASS_FIELD = 0, 5


def entries(file: str) -> list[tuple[object, object]] | None:
    """The first and the sixth field of every annotation; None if there are no annotations with as many fields."""
    found = io.loadmat(file, variable_names=[VARIABLE], appendmat=False).get(VARIABLE)
    fields = getattr(getattr(found, 'dtype', None), 'names', None) or ()
    if len(fields) <= CLASS_FIELD:
        return None
    return [(_only(entry[PATH_FIELD]), _only(entry[CLASS_FIELD])) for entry in np.ravel(found)]


def _only(value: object) -> object:
    """What an array of one element holds; MATLAB knows nothing but arrays."""
    array = np.asarray(value)
    return array.item() if array.size == 1 else None


if __name__ == '__main__':
    json.dump(entries(sys.argv[1]), sys.stdout, default=repr)
