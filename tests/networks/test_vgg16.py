import numpy as np
import tensorflow as tf

from cafer_tf.networks import build_encoder, load_weights
from cafer_tf.networks.vgg16 import vgg_block


def test_the_convolutions_are_vgg16s_and_the_features_all_of_the_last_map():
    encoder = build_encoder('vgg16', 96)
    kernels = sum(9 * before * after for before, after in [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256)])
    kernels += 9 * (2 * 256 * 256 + 256 * 512 + 5 * 512 * 512)
    assert encoder.count_params() == kernels + 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512 == 14_714_688
    assert encoder.output_shape == (None, 3 * 3 * 512)


def test_odd_maps_keep_their_edge():
    assert build_encoder('vgg16', 33).output_shape == (None, 2 * 2 * 512)


def test_a_round_trip_on_the_smallest_images(tmp_path):
    images = tf.random.stateless_uniform([2, 32, 32, 3], seed=[0, 0])
    encoder, other = build_encoder('vgg16', 32), build_encoder('vgg16', 32)
    features = encoder(images)
    assert features.shape == (2, 512)
    assert np.ptp(features, axis=0).max() > 0
    encoder.save(tmp_path / 'encoder.keras')
    load_weights(other, tmp_path / 'encoder.keras')
    np.testing.assert_array_equal(other(images), features)


def test_a_block_keeps_the_maps_size():
    x = tf.keras.Input([5, 7, 3])
    network = tf.keras.Model(x, vgg_block(x, 4, 2, 'conv9'))
    assert network.output_shape == (None, 5, 7, 4)
    assert [layer.name for layer in network.layers[1:]] == ['conv9_1', 'conv9_2']
    assert network(tf.random.stateless_normal([2, 5, 7, 3], seed=[0, 0])).numpy().min() == 0
