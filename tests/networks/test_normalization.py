import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks.normalization import BatchNormalization, statistics_kept


@pytest.mark.parametrize('shape', [[8, 5, 4, 3], [8, 1, 1, 3], [8, 3]])
@pytest.mark.parametrize('jit_compile', [False, True])
def test_moments_have_ddof_0(shape, jit_compile):
    inputs = np.random.default_rng(0).normal(3, 2, size=shape).astype(np.float32)
    layer = BatchNormalization(momentum=0.9, epsilon=1e-3)
    layer.build(shape)
    outputs = tf.function(lambda batch: layer(batch, training=True), jit_compile=jit_compile)(inputs)
    axes = tuple(range(len(shape) - 1))
    mean, variance = inputs.mean(axes), inputs.var(axes)
    np.testing.assert_allclose(outputs, (inputs - mean) / np.sqrt(variance + 1e-3), atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * variance, rtol=1e-5)


@pytest.mark.parametrize('shape', [[1, 1, 1, 3], [1, 3], [1, 1, 2, 3]])
def test_one_value_a_channel_is_no_harm(shape):
    layer = BatchNormalization()
    layer(tf.random.stateless_normal(shape, seed=[0, 0]), training=True)
    assert all(np.isfinite(variable).all() for variable in layer.variables)


def test_a_layer_made_for_one_replica_is_fused():
    layer = BatchNormalization()
    layer.build([None, 8, 8, 3])
    assert layer.fused
    assert not layer.synchronized


@pytest.mark.parametrize('shape', [[8, 5], [8, 4, 4, 5]])
def test_the_moving_statistics_can_be_kept(shape):
    layer = BatchNormalization()
    network = tf.keras.Sequential([tf.keras.Input(shape[1:]), layer])
    x = tf.random.stateless_normal(shape, [1, 2], mean=3.0)
    normalised = tf.function(lambda: network(x, training=True))()
    before = [value.numpy() for value in layer.non_trainable_variables]

    @tf.function
    def call():
        with statistics_kept():
            return network(x, training=True)

    np.testing.assert_allclose(call(), normalised, rtol=1e-5, atol=1e-6)
    for value, old in zip(layer.non_trainable_variables, before, strict=True):
        np.testing.assert_array_equal(value, old)
    network(x, training=True)
    assert all((value.numpy() != old).any() for value, old in zip(layer.non_trainable_variables, before, strict=True))
