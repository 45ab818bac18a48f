import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_encoder, layers_in
from cafer_tf.networks.face_channel import Grey, ShuntingInhibition


def test_the_published_layout():
    encoder = build_encoder('face_channel', 64)
    trained = sum(np.prod(variable.shape) for variable in encoder.trainable_variables)
    assert trained == 3_589_530 - (4096 * 200 + 200) - 2 * (200 + 1) == 2_769_728
    assert encoder.output_shape == (None, 4 * 4 * 256)


def test_a_round_trip_on_the_smallest_images(tmp_path):
    images = tf.random.stateless_uniform([2, 32, 32, 3], seed=[0, 0])
    encoder = build_encoder('face_channel', 32)
    features = encoder(images)
    assert features.shape == (2, 2 * 2 * 256)
    assert np.ptp(features, axis=0).max() > 0
    encoder.save(tmp_path / 'encoder.keras')
    np.testing.assert_array_equal(tf.keras.models.load_model(tmp_path / 'encoder.keras')(images), features)


def test_only_grey_is_seen():
    np.testing.assert_allclose(
        Grey()(tf.constant([[[[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -1.0]]]])).numpy().ravel(),
        [0.2989, 2 * 0.5870, -0.1140],
        rtol=1e-6,
    )
    with layers_in('mixed_float16'):
        encoder = build_encoder('face_channel', 32)
    assert encoder.get_layer('grey').output.dtype == tf.float32


def test_inhibition_divides():
    u, inhibition = tf.constant([[3.0, 3.0, 0.0]]), tf.constant([[1.0, 0.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch([u, inhibition])
        outputs = ShuntingInhibition(0.5)([u, inhibition])
    by_u, by_inhibition = tape.gradient(outputs, [u, inhibition])
    np.testing.assert_allclose(outputs, [[2, 6, 0]], rtol=1e-6)
    np.testing.assert_allclose(by_u, [[1 / 1.5, 2, 1 / 4.5]], rtol=1e-6)  # 1 / (a + I)
    np.testing.assert_allclose(by_inhibition, [[-3 / 1.5**2, -3 / 0.5**2, 0]], rtol=1e-6)  # -u / (a + I)^2


@pytest.mark.parametrize('precision', ['mixed_float16', 'mixed_bfloat16'])
def test_gradients_of_strong_inhibition_are_finite_in_half_precision(precision):
    with layers_in(precision):
        layer = ShuntingInhibition(0.5)
    u, inhibition = tf.constant([[1e4, 10.0]]), tf.constant([[0.0, 3e4]])
    with tf.GradientTape() as tape:
        tape.watch([u, inhibition])
        outputs = layer([u, inhibition])
    assert outputs.dtype in (tf.float16, tf.bfloat16)
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(outputs, [u, inhibition]))
