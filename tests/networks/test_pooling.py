import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_encoder
from cafer_tf.networks.pooling import GridAveragePooling, grid_channels, pool


def reference(feature_map: np.ndarray) -> np.ndarray:
    """PyTorch's adaptive average pooling to 6 x 6, as its documentation's indices say."""
    count, height, width, channels = feature_map.shape
    result = np.empty([count, 6, 6, channels])
    for row in range(6):
        for column in range(6):
            top, bottom = int(np.floor(row * height / 6)), int(np.ceil((row + 1) * height / 6))
            left, right = int(np.floor(column * width / 6)), int(np.ceil((column + 1) * width / 6))
            result[:, row, column] = feature_map[:, top:bottom, left:right].mean(axis=(1, 2))
    return result


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (2, 5), (6, 6), (7, 9), (12, 18), (13, 31)])
def test_cells_are_pytorchs(height, width):
    feature_map = np.random.default_rng(0).normal(size=[2, height, width, 3]).astype(np.float32)
    np.testing.assert_allclose(GridAveragePooling()(feature_map), reference(feature_map), atol=1e-6)


def test_a_map_of_6_x_6_is_only_flattened():
    inputs = tf.keras.Input([6, 6, 4])
    network = tf.keras.Model(inputs, pool(inputs, 'grid'))
    assert [type(layer).__name__ for layer in network.layers] == ['InputLayer', 'Flatten']


@pytest.mark.parametrize('name', ['compact', 'alexnet', 'resnet18'])
def test_the_length_of_the_features_tells_a_grid(name):
    average, grid = (build_encoder(name, 64, pooling=pooling).output_shape[-1] for pooling in ('global', 'grid'))
    assert grid_channels(average) is None
    assert grid_channels(grid) == average
