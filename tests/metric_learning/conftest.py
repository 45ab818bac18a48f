import io
import pathlib

import numpy as np
import pytest
from layout_classes import write_folders
from PIL import Image

from cafer_tf.metric_learning import RECIPES, Settings


@pytest.fixture
def changes() -> tuple[str, ...]:
    """Settings with which a row takes two steps of a batch of six in each of two epochs."""
    network = ('stored_size=12', 'image_size=12', 'embedding=4')
    return (*network, 'classes_per_batch=3', 'images_per_class=2', 'epochs=2', 'validation_fraction=0.3')


@pytest.fixture
def small(changes: tuple[str, ...]) -> Settings:
    """The same, as settings."""
    return RECIPES['folders'].with_changes(changes)


@pytest.fixture
def folders(tmp_path: pathlib.Path) -> pathlib.Path:
    """Twelve classes of four drawings: six to test, two to choose the epoch by, four to train on."""
    root = tmp_path / 'folders'
    generator = np.random.default_rng(0)
    write_folders(root, [_drawing(generator) for _ in range(48)], classes=12)
    return root


def _drawing(generator: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(generator.integers(0, 256, (12, 12), np.uint8)).save(stream, 'PNG')
    return stream.getvalue()
