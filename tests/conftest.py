"""What every test runs under. It imports no TensorFlow, so that the tests that need none start at once."""

import os
import pathlib
from collections.abc import Callable

import numpy as np
import pytest

os.environ.setdefault('MPLBACKEND', 'Agg')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

GOLDENS = pathlib.Path(os.environ.get('CAFER_GOLDENS', pathlib.Path(__file__).parents[2] / 'shared' / 'goldens'))


@pytest.fixture
def goldens() -> Callable[[str], dict[str, np.ndarray]]:
    """Reads a file of golden values, which lie beside the checkout or where CAFER_GOLDENS says; skips without them."""

    def read(name: str) -> dict[str, np.ndarray]:
        path = GOLDENS / f'{name}.npz'
        if not path.exists():
            pytest.skip(f'golden values are not here: {path.name}')
        with np.load(path, allow_pickle=False) as values:
            return dict(values)

    return read


@pytest.fixture(scope='session')
def untrained(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A servable of an untrained network, `cafer/1`, whose answers differ from face to face; nobody changes it."""
    from exported import export_untrained

    return export_untrained(tmp_path_factory.mktemp('serving') / 'cafer' / '1')
