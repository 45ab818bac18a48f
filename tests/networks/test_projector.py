import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import views
from cafer_tf.networks import build_projector


def test_the_parameters_are_the_published_ones():
    projector = build_projector(32)
    assert projector.count_params() == 8_962 + 2_632
    # Both share nothing, and see the same input.
    shapes = [tuple(variable.shape) for variable in projector.trainable_variables if len(variable.shape) == 2]
    assert sorted(shapes) == [(32, 64), (32, 256), (64, 8), (256, 2)]


@pytest.mark.parametrize('size', [32, 128, 2048])
def test_begins_where_it_can_learn(size):
    """Whatever the number of features: within reach of tanh's gradient, and about as far apart as the margin of 1."""
    tf.keras.utils.set_random_seed(0)
    projector = build_projector(size)
    (sparse, sparse_space), (dense, dense_space) = (
        projector(view) for view in views(tf.random.stateless_normal([128, size], seed=[0, 0]))
    )
    for plane in (sparse, dense):
        assert (np.abs(plane) <= 0.5).all()
        assert np.mean(1 - (2 * plane.numpy()) ** 2) > 0.5  # tanh's slope
        assert np.std(plane) > 1e-3
    assert sparse_space.shape == (128, 8)
    assert min(sparse_space.numpy().min(), dense_space.numpy().min()) >= 0
    pushed = np.mean(np.sum((sparse_space - dense_space) ** 2, axis=1) < 1)
    assert pushed > 0.2  # of N(0, 1) throughout, a few per cent


def test_half_precision_is_none_of_its_business():
    tf.keras.mixed_precision.set_global_policy('mixed_float16')
    try:
        projector = build_projector(8)
    finally:
        tf.keras.mixed_precision.set_global_policy('float32')
    features = tf.random.stateless_normal([4, 8], seed=[0, 0], dtype=tf.float16)
    outputs = projector(features)
    assert {output.dtype for output in outputs} == {tf.float32}
    for output, other in zip(outputs, projector(tf.cast(features, tf.float32)), strict=True):
        np.testing.assert_array_equal(output, other)


def test_survives_a_round_trip(tmp_path):
    projector = build_projector(8)
    projector.save(tmp_path / 'projector.keras')
    features = tf.random.stateless_normal([4, 8], seed=[0, 0])
    loaded = tf.keras.models.load_model(tmp_path / 'projector.keras')
    for output, other in zip(projector(features), loaded(features), strict=True):
        np.testing.assert_array_equal(output, other)
