"""What every test runs under. It imports no TensorFlow, so that the tests that need none start at once."""

import os
import pathlib
from collections.abc import Callable

import numpy as np
import pytest

os.environ.setdefault('MPLBACKEND', 'Agg')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

GOLDENS = pathlib.Path(__file__).parent / 'fixtures' / 'goldens'


@pytest.fixture
def goldens() -> Callable[[str], dict[str, np.ndarray]]:
    """Reads a file of golden values; `fixtures/goldens/README.md` says where they come from."""

    def read(name: str) -> dict[str, np.ndarray]:
        with np.load(GOLDENS / f'{name}.npz', allow_pickle=False) as values:
            return dict(values)

    return read


@pytest.fixture(scope='session')
def untrained(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A servable of an untrained network, `cafer/1`, whose answers differ from face to face; nobody changes it."""
    from exported import export_untrained

    return export_untrained(tmp_path_factory.mktemp('serving') / 'cafer' / '1')
