import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_encoder, layers_in
from cafer_tf.networks.cp_resnet18 import RankOneConvolution


def test_it_has_about_the_parameters_of_resnet18():
    encoder = build_encoder('cp_resnet18', 32)
    assert sum(np.prod(variable.shape) for variable in encoder.trainable_variables) == 11_225_419
    images = tf.random.stateless_uniform([2, 32, 32, 3], seed=[0, 0])
    features = encoder(images)
    assert features.shape == (2, 512)
    assert np.ptp(features, axis=0).max() > 0


def test_a_round_trip(tmp_path):
    inputs = tf.keras.Input([7, 7, 3])
    network = tf.keras.Model(inputs, RankOneConvolution(2)(inputs))
    network.save(tmp_path / 'network.keras')
    images = tf.random.stateless_normal([1, 7, 7, 3], seed=[0, 0])
    outputs = tf.keras.models.load_model(tmp_path / 'network.keras')(images)
    assert outputs.shape == (1, 3, 3, 3)
    np.testing.assert_array_equal(outputs, network(images))


def factors(channels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    shapes = [3, channels], [3, channels], [channels]
    vertical, horizontal, scale = (generator.normal(size=shape).astype(np.float32) for shape in shapes)
    return vertical, horizontal, scale


@pytest.mark.parametrize('stride', [1, 2])
def test_between_two_1_x_1_convolutions_it_is_one_by_the_cp_kernel(stride):
    generator = np.random.default_rng(0)
    x = generator.normal(size=[2, 8, 7, 4]).astype(np.float32)
    before, after = (generator.normal(size=shape).astype(np.float32) for shape in ([4, 5], [5, 6]))
    vertical, horizontal, scale = factors(5)
    layer = RankOneConvolution(stride)
    layer.build([None, 8, 7, 5])
    layer.set_weights([vertical, horizontal, scale])
    kernel = np.einsum('r,jr,ir,cr,rt->jict', scale, vertical, horizontal, before, after)
    np.testing.assert_allclose(
        layer(x @ before) @ after, tf.nn.conv2d(x, kernel, stride, 'VALID'), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize('precision', ['mixed_float16', 'mixed_bfloat16'])
def test_half_precision(precision):
    vertical, horizontal, scale = factors(3)
    with layers_in(precision):
        layer = RankOneConvolution(2)
    layer.build([None, 5, 5, 3])
    layer.set_weights([vertical, horizontal, scale])
    x = tf.random.stateless_normal([2, 5, 5, 3], seed=[0, 0])
    with tf.GradientTape() as tape:
        outputs = layer(x)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32))
    by_scale = tape.gradient(loss, layer.trainable_variables)[2]
    # The sum is linear in each channel's scale.
    expected = tf.reduce_sum(tf.cast(outputs, tf.float32), [0, 1, 2]) / scale
    np.testing.assert_allclose(by_scale, expected, rtol=0.05, atol=0.1)
    assert {variable.dtype for variable in layer.variables} == {tf.float32}
