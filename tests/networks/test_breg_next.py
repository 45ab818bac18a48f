import math

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_encoder, layers_in
from cafer_tf.networks.breg_next import BoundedShortcut

VALUES = np.array([-30, -2, -0.5, 0, 0.3, 1, 50], np.float32)


def shortcut(alpha: float, beta: float, filters: int = 1, stride: int = 1) -> BoundedShortcut:
    layer = BoundedShortcut(filters, stride)
    layer.build([None, None, None, 1])
    layer.set_weights([alpha, beta])
    return layer


def test_the_published_layout():
    encoder = build_encoder('breg_next50', 32)
    blocks = 7 * 18_626 + 55_618 + 8 * 74_114 + 221_826 + 7 * 295_682
    assert sum(np.prod(variable.shape) for variable in encoder.trainable_variables) == 896 + blocks + 256 == 3_071_664
    assert sum(isinstance(layer, tf.keras.layers.Conv2D) for layer in encoder.layers) == 49
    assert encoder.get_layer('last_elu').output_shape == (None, 8, 8, 128)
    images = tf.random.stateless_uniform([2, 32, 32, 3], seed=[0, 0])
    features = encoder(images)
    assert features.shape == (2, 128)
    assert np.ptp(features, axis=0).max() > 0


def test_a_round_trip(tmp_path):
    inputs = tf.keras.Input([5, 5, 2])
    network = tf.keras.Model(inputs, BoundedShortcut(4, 2)(inputs))
    network.set_weights([0.3, -2.0])
    network.save(tmp_path / 'network.keras')
    images = tf.random.stateless_normal([1, 5, 5, 2], seed=[0, 0])
    outputs = tf.keras.models.load_model(tmp_path / 'network.keras')(images)
    assert outputs.shape == (1, 3, 3, 4)
    np.testing.assert_array_equal(outputs, network(images))


def test_by_hand():
    # α = β = 1: arctan(x / √2) / √2, and arctan(1) = π/4 at x = √2.
    np.testing.assert_allclose(shortcut(1, 1)(tf.fill([1, 1, 1, 1], math.sqrt(2.0))), [[[[math.pi / 4 / 2**0.5]]]])


@pytest.mark.parametrize('alpha', [0, 1e-5, -1e-5, 2e-4, -0.7, 1, 20])
@pytest.mark.parametrize('beta', [0, 1, -3])
def test_its_slope_is_bounded_and_so_are_all_gradients(alpha, beta):
    layer, x = shortcut(alpha, beta), tf.constant(VALUES[:, np.newaxis, np.newaxis, np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x)
    slope, by_alpha, by_beta = (np.ravel(part) for part in tape.gradient(outputs, [x, layer.alpha, layer.beta]))
    np.testing.assert_allclose(slope, 1 / (1 + beta**2 + alpha**2 * VALUES**2), rtol=1e-5)
    assert np.isfinite([*by_alpha, *by_beta]).all()
    root = math.sqrt(1 + beta**2)
    expected = np.arctan(alpha * VALUES / root) / (alpha * root) if alpha else VALUES / root**2
    np.testing.assert_allclose(np.ravel(outputs), expected, rtol=1e-5)


def test_a_halved_map_is_averaged_and_new_channels_are_zeros_on_both_sides():
    x = tf.constant([[1.0, 2, 7], [3, 4, 9]])[tf.newaxis, ..., tf.newaxis]
    outputs = shortcut(0, 0, filters=4, stride=2)(x)  # α = β = 0 is the identity
    np.testing.assert_allclose(outputs[0, 0], [[0, (1 + 2 + 3 + 4) / 4, 0, 0], [0, (7 + 9) / 2, 0, 0]])


def test_gradients_are_finite_in_half_precision():
    with layers_in('mixed_float16'):
        images = tf.keras.Input([4, 4, 2])
        x = BoundedShortcut(2, dtype='float32')(images)
        network = tf.keras.Model(images, tf.keras.layers.Add()([x, images]))
    shortcut_layer = network.layers[1]
    for alpha in (0, 2e-4, 1):
        shortcut_layer.set_weights([alpha, 1])
        with tf.GradientTape() as tape:
            outputs = network(tf.fill([1, 4, 4, 2], 3e4))
        assert shortcut_layer.compute_dtype == 'float32'
        assert outputs.dtype == tf.float16
        assert np.isfinite(tape.gradient(outputs, network.trainable_variables)).all()
