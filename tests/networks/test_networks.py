import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_critic, build_encoder, build_head


def test_the_papers_parameter_counts():
    encoder = build_encoder('alexnet', 224)
    assert encoder.count_params() == 2_469_696
    assert encoder.output_shape == (None, 9216)
    assert build_head(9216).count_params() == 590_426
    assert build_critic(9216).count_params() == 592_496


@pytest.mark.parametrize(('name', 'size'), [('compact', 32), ('compact', 64), ('compact', 97), ('alexnet', 63)])
def test_encoders_give_one_finite_vector_an_image(name, size):
    encoder = build_encoder(name, size)
    features = encoder(tf.random.stateless_uniform([3, size, size, 3], seed=[0, 0]))
    assert features.shape == (3, encoder.output_shape[-1])
    assert np.isfinite(features).all()
    assert np.ptp(features, axis=0).max() > 0


def test_normalisation_is_part_of_the_encoder_and_has_no_weights():
    layer = build_encoder('compact', 64).get_layer('normalize')
    assert layer.count_params() == 0
    np.testing.assert_allclose(layer(tf.fill([1, 1, 1, 3], 0.485))[0, 0, 0, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(
        layer(tf.ones([1, 1, 1, 3]))[0, 0, 0], (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225], rtol=1e-5
    )


def test_head_and_critic_are_linear_at_the_end():
    features = 100 * tf.random.stateless_normal([64, 128], seed=[0, 0])
    assert np.abs(build_head(128)(features)).max() > 1
    outputs = build_critic(128)(features)
    assert outputs.shape == (64, 16)
    assert outputs.numpy().min() < -1 < 1 < outputs.numpy().max()


def test_unknown_encoder_and_small_images_are_named():
    with pytest.raises(ValueError, match="unknown encoder 'vgg'; known: alexnet, compact"):
        build_encoder('vgg', 64)
    with pytest.raises(ValueError, match="'alexnet' needs images of 63 pixels or more; got 48"):
        build_encoder('alexnet', 48)
