import pathlib

import drawn
import h5py
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import WeightsError, build_critic, build_encoder, build_head, load_weights
from cafer_tf.networks.pooling import pool

FILES = ['tiny.pth', 'tiny_legacy.pth', 'tiny.safetensors', 'tiny_checkpoint.pth']


def tiny() -> tf.keras.Model:
    """The network of the tiny fixtures."""
    layers = tf.keras.layers
    images = tf.keras.Input([16, 16, 3])
    x = layers.ZeroPadding2D(1)(images)
    x = layers.Conv2D(2, 3, 2, use_bias=False, name='conv')(x)
    x = layers.BatchNormalization(epsilon=1e-5, name='norm')(x)
    x = pool(layers.ReLU()(x), 'grid')
    return tf.keras.Model(images, layers.Dense(3, name='dense')(x))


def channels_first(features: tf.Tensor, channels: int) -> np.ndarray:
    """A flattened grid in PyTorch's order."""
    return np.reshape(features, [6, 6, channels]).transpose(2, 0, 1).reshape(1, -1)


@pytest.mark.parametrize('name', FILES)
def test_gives_pytorchs_outputs(name, torch_outputs):
    network = tiny()
    report = load_weights(network, drawn.FIXTURES / name)
    assert report.ignored == ()
    assert [tensor.removeprefix('module.') for tensor in report.loaded] == [
        'conv.weight',
        *('dense.weight', 'dense.bias'),
        *('norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var'),
    ]
    tolerance = 2e-2 if 'checkpoint' in name else 1e-5  # its kernels are of float16 and bfloat16
    np.testing.assert_allclose(network(drawn.draw_image(16)), torch_outputs['tiny'], rtol=tolerance, atol=tolerance)
    assert {variable.dtype for variable in network.weights} == {tf.float32}


@pytest.mark.parametrize('size', [64, 97])
def test_resnet18_gives_torchvisions_features(size, torch_outputs, tmp_path):
    encoder = build_encoder('resnet18', size)
    path = drawn.write_safetensors(tmp_path / 'resnet18', drawn.draw(drawn.resnet18_shapes()))
    assert load_weights(encoder, path).ignored == ('fc.weight', 'fc.bias')
    np.testing.assert_allclose(
        encoder(drawn.draw_image(size))[:, ::37], torch_outputs[f'resnet18_{size}'], rtol=1e-4, atol=1e-4
    )


def test_resnet18_gives_torchvisions_grid(torch_outputs, tmp_path):
    encoder = build_encoder('resnet18', 97, pooling='grid')
    load_weights(encoder, drawn.write_safetensors(tmp_path / 'resnet18', drawn.draw(drawn.resnet18_shapes())))
    features = channels_first(encoder(drawn.draw_image(97)), 512)
    np.testing.assert_allclose(features[:, ::37], torch_outputs['resnet18_grid_97'], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize('size', [100, 224])
def test_alexnet_and_the_published_head_give_torchvisions_outputs(size, torch_outputs, tmp_path):
    encoder, head = build_encoder('alexnet', size), build_head(9216)
    report = load_weights(encoder, drawn.write_safetensors(tmp_path / 'alexnet', drawn.draw(drawn.ALEXNET)))
    assert report.loaded[::2] == tuple(f'features.{index}.weight' for index in (0, 3, 6, 8, 10))
    assert report.ignored == ('classifier.1.weight', 'classifier.1.bias')
    load_weights(head, drawn.write_safetensors(tmp_path / 'head', drawn.draw(drawn.HEAD)), encoder)
    features = encoder(drawn.draw_image(size))
    np.testing.assert_allclose(
        channels_first(features, 256)[:, ::37], torch_outputs[f'alexnet_{size}'], rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(head(features), torch_outputs[f'alexnet_head_{size}'], rtol=1e-4)


def test_a_head_on_averages_is_only_transposed(tmp_path):
    tensors = drawn.draw({'lin0': [64, 128], 'lin1': [8, 64], 'lin2': [2, 8]})
    encoder, head = build_encoder('compact', 32), build_head(128)
    path = drawn.write_safetensors(tmp_path / 'head', {f'a.{name}': tensors[name] for name in tensors})
    load_weights(head, path, encoder)
    np.testing.assert_array_equal(head.get_layer('dense1').kernel, tensors['lin0.weight'].T)
    np.testing.assert_array_equal(head.get_layer('dense2').kernel, tensors['lin1.weight'].T)
    tensors = drawn.draw({'a': [64, 128], 'b': [32, 64], 'c': [16, 32]})
    critic = build_critic(128)
    load_weights(critic, drawn.write_safetensors(tmp_path / 'critic', tensors), encoder)
    np.testing.assert_array_equal(critic.get_layer('dense1').kernel, tensors['a.weight'].T)


def test_a_head_on_a_flattened_map_gets_that_maps_order(tmp_path):
    feature_map = np.random.default_rng(0).normal(size=[1, 3, 3, 4]).astype(np.float32)
    inputs = tf.keras.Input([3, 3, 4])
    encoder = tf.keras.Model(inputs, pool(inputs, 'flatten'))  # 36 features, as many as a grid of one channel
    head, tensors = build_head(36), drawn.draw({'lin0': [64, 36], 'lin1': [8, 64], 'lin2': [2, 8]})
    path = drawn.write_safetensors(tmp_path / 'head', tensors)
    load_weights(head, path, encoder)
    in_pytorch = feature_map.transpose(0, 3, 1, 2).reshape(1, 36) @ tensors['lin0.weight'].T
    np.testing.assert_allclose(encoder(feature_map) @ head.get_layer('dense1').kernel, in_pytorch, rtol=1e-4, atol=1e-4)
    for other in (None, build_encoder('compact', 32)):
        message = refusal(build_head(36), path, other)
        assert "layer 'dense1' takes 36 features, whose order in a file of PyTorch depends on the map" in message


def refusal(network: tf.keras.Model, path: pathlib.Path, encoder: tf.keras.Model | None = None) -> str:
    """What is said of a file that does not fit; the network must stay as it was."""
    before = network.get_weights()
    with pytest.raises(WeightsError) as error:
        load_weights(network, path, encoder)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert str(path) in str(error.value)
    return str(error.value)


def test_a_wrong_shape_names_layer_shapes_and_file(tmp_path):
    tensors = drawn.draw({'lin0': [64, 128], 'lin1': [8, 32], 'lin2': [2, 8]})
    message = refusal(build_head(128), drawn.write_safetensors(tmp_path / 'head.pth', tensors))
    assert "tensor 'lin1.weight' is [32, 8]" in message
    assert "dense2/kernel:0 of layer 'dense2' is [64, 8]" in message


def test_missing_and_superfluous_tensors_are_named(tmp_path):
    shapes = {'lin0': [64, 128], 'lin1': [8, 64], 'lin2': [2, 8]}
    without_bias = {name: value for name, value in drawn.draw(shapes).items() if name != 'lin1.bias'}
    message = refusal(build_head(128), drawn.write_safetensors(tmp_path / 'file', without_bias))
    assert "layer 'dense2' needs dense2/kernel:0, dense2/bias:0; it has lin1.weight" in message
    less = drawn.write_safetensors(tmp_path / 'file', drawn.draw({'lin0': [64, 128], 'lin1': [8, 64]}))
    assert "it holds no dense layer for layer 'valence_arousal', but 2 in all" in refusal(build_head(128), less)
    more = drawn.write_safetensors(tmp_path / 'file', drawn.draw({**shapes, 'lin3': [2, 2]}))
    assert "no layer for its dense layer with 'lin3.weight'" in refusal(build_head(128), more)
    assert "no layer for its convolution with 'conv.weight'" in refusal(build_head(72), drawn.FIXTURES / 'tiny.pth')
    unknown = drawn.write_safetensors(tmp_path / 'file', {'lin0.weight_u': np.ones(3, np.float32)})
    assert "'lin0.weight_u' is no part of a" in refusal(build_head(128), unknown)
    unknown = drawn.write_safetensors(tmp_path / 'file', {'norm.weight': np.ones(3, np.float32)})
    assert "layer 'norm', of weight [3], is no" in refusal(build_head(128), unknown)


def test_a_critic_of_spectral_norm_1_takes_no_weights(tmp_path):
    path = drawn.write_safetensors(tmp_path / 'file', drawn.draw({'a': [64, 128], 'b': [32, 64], 'c': [16, 32]}))
    assert "layer 'dense1' is of a kind" in refusal(build_critic(128, spectral_normalization=True), path)


@pytest.mark.parametrize('name', FILES)
def test_truncated_files_are_refused(name, tmp_path):
    network, content = tiny(), (drawn.FIXTURES / name).read_bytes()
    for length in {*range(40), *range(40, len(content), 97), len(content) - 1}:
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(WeightsError):
            load_weights(network, tmp_path / name)


def test_integers_are_no_weights(tmp_path):
    path = tmp_path / 'head.h5'
    build_head(8).save_weights(path)
    with h5py.File(path, 'a') as file:
        del file['dense1/dense1/bias:0']
        file['dense1/dense1/bias:0'] = np.zeros(64, np.int64)
    assert "layer 'dense1' holds int64 instead of floats" in refusal(build_head(8), path)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'no file of weights'),
        (b'valence,arousal\n0.1,0.2\n', 'no file of weights'),
        (b'\x80\x04N.', 'no file of weights'),
        (b'\x04\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00V 1\x12\x00\x00\x00nn.Sequential', 'Torch7 for Lua'),
        (b'4\n1\n3\nV 1\n13\nnn.Sequential\n', 'Torch7 for Lua'),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    (tmp_path / 'weights.pth').write_bytes(content)
    assert message in refusal(build_head(8), tmp_path / 'weights.pth')


def test_what_cannot_be_read_is_refused(tmp_path):
    assert 'No such file' in refusal(build_head(8), tmp_path / 'nowhere.pth')
    assert 'Is a directory' in refusal(build_head(8), tmp_path)
