"""Finds the fixtures, and `drawn`, by which they were made."""

import pathlib
import sys

import numpy as np
import pytest

FIXTURES = pathlib.Path(__file__).parents[1] / 'fixtures'
sys.path.append(str(FIXTURES))


@pytest.fixture(scope='session')
def torch_outputs() -> dict[str, np.ndarray]:
    """What PyTorch computed from drawn weights and images; `tests/fixtures/README.md` says how."""
    with np.load(FIXTURES / 'torch_outputs.npz', allow_pickle=False) as outputs:
        return dict(outputs)
