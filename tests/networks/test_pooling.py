import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_encoder
from cafer_tf.networks.pooling import GridAveragePooling, cells_and_channels, pool


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


def test_flattened_maps_keep_every_cell():
    inputs = tf.keras.Input([2, 3, 4])
    values = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(tf.keras.Model(inputs, pool(inputs, 'flatten'))(values), values.reshape(1, 24))


@pytest.mark.parametrize(
    ('name', 'pooling', 'bottleneck', 'expected'),
    [
        ('compact', 'grid', (), (36, 128)),  # its normalisation of the features changes no order
        ('compact', 'global', (), (1, 128)),
        ('compact', 'flatten', (8,), (1, 8)),
        ('alexnet', 'auto', (), (36, 256)),
        ('vgg16', 'auto', (), (9, 512)),  # as many features as those of compact's grid
    ],
)
def test_an_encoder_knows_the_map_of_its_features(name, pooling, bottleneck, expected):
    encoder = build_encoder(name, 96, pooling=pooling, bottleneck=bottleneck)
    assert cells_and_channels(encoder.layers) == expected
    assert encoder.output_shape[-1] == np.prod(expected)


def test_layers_without_a_map_have_no_order_of_their_own():
    assert cells_and_channels([tf.keras.layers.ReLU()]) is None
