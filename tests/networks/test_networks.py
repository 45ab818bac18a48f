import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import backbone, build_critic, build_encoder, build_head


def test_the_papers_parameter_counts():
    encoder = build_encoder('alexnet', 224)
    assert encoder.count_params() == 2_469_696
    assert encoder.output_shape == (None, 9216)
    assert build_head(9216).count_params() == 590_426
    assert build_critic(9216).count_params() == 592_496


def test_resnet18_has_the_parameters_of_torchvisions():
    encoder = build_encoder('resnet18', 32)
    assert sum(np.prod(variable.shape) for variable in encoder.trainable_variables) == 11_176_512
    assert encoder.output_shape == (None, 512)


@pytest.mark.parametrize(
    ('name', 'size', 'pooling', 'length'),
    [
        ('compact', 32, 'auto', 128),
        ('compact', 64, 'global', 128),
        ('compact', 97, 'grid', 4608),
        ('alexnet', 63, 'auto', 9216),
        ('alexnet', 63, 'global', 256),
        ('alexnet', 97, 'grid', 9216),
        ('resnet18', 32, 'auto', 512),
        ('resnet18', 65, 'grid', 18432),
    ],
)
def test_encoders_give_one_finite_vector_an_image(name, size, pooling, length):
    encoder = build_encoder(name, size, pooling=pooling)
    assert encoder.output_shape == (None, length)
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
    other = build_encoder('compact', 64, mean=(0.5, 0.5, 0.5), standard_deviation=(0.25, 0.5, 1.0))
    np.testing.assert_allclose(other.get_layer('normalize')(tf.ones([1, 1, 1, 3]))[0, 0, 0], [2.0, 1.0, 0.5], rtol=1e-6)


def test_the_outputs_of_compact_are_normalised_whatever_the_pooling():
    images = tf.random.stateless_uniform([16, 48, 48, 3], seed=[0, 0])
    for pooling in ('global', 'grid'):
        features = build_encoder('compact', 48, pooling=pooling)(images, training=True)
        np.testing.assert_allclose(np.mean(features, axis=0), 0.0, atol=1e-4)


def test_encoders_survive_a_round_trip(tmp_path):
    encoder = build_encoder('compact', 40, pooling='grid')
    encoder.save(tmp_path / 'encoder.keras')
    images = tf.random.stateless_uniform([2, 40, 40, 3], seed=[0, 0])
    np.testing.assert_array_equal(tf.keras.models.load_model(tmp_path / 'encoder.keras')(images), encoder(images))


def test_head_and_critic_are_linear_at_the_end():
    features = 100 * tf.random.stateless_normal([64, 128], seed=[0, 0])
    assert np.abs(build_head(128)(features)).max() > 1
    outputs = build_critic(128)(features)
    assert outputs.shape == (64, 16)
    assert outputs.numpy().min() < -1 < 1 < outputs.numpy().max()


@pytest.mark.parametrize(('output', 'low', 'high'), [('tanh', -1, 1), ('sigmoid', 0, 1)])
def test_the_critic_may_be_bounded(output, low, high):
    outputs = build_critic(128, output=output)(100 * tf.random.stateless_normal([64, 128], seed=[0, 0])).numpy()
    assert low <= outputs.min() < low + 0.1
    assert high - 0.1 < outputs.max() <= high


def test_the_critics_dropout_is_as_asked():
    features = tf.random.stateless_normal([8, 16], seed=[0, 0])
    without, much = build_critic(16, dropout=0.0), build_critic(16, dropout=0.9)
    np.testing.assert_array_equal(without(features, training=True), without(features))
    assert np.ptp(much(features, training=True) - much(features)) > 0


@pytest.mark.parametrize(('precision', 'half'), [('mixed_float16', tf.float16), ('mixed_bfloat16', tf.bfloat16)])
@pytest.mark.parametrize('name', ['compact', 'resnet18'])
def test_mixed_precision(name, precision, half):
    tf.keras.mixed_precision.set_global_policy(precision)
    try:
        encoder = build_encoder(name, 32)
        heads = [build_head(encoder.output_shape[-1]), build_critic(encoder.output_shape[-1])]
    finally:
        tf.keras.mixed_precision.set_global_policy('float32')
    images = tf.random.stateless_uniform([4, 32, 32, 3], seed=[0, 0])
    assert encoder.get_layer('normalize')(images).dtype == tf.float32
    for head in heads:
        with tf.GradientTape() as tape:
            features = encoder(images, training=True)
            outputs = head(features, training=True)
            loss = tf.reduce_sum(outputs)
        assert (features.dtype, outputs.dtype) == (half, tf.float32)
        variables = encoder.trainable_variables + head.trainable_variables
        assert {variable.dtype for variable in encoder.weights + head.weights} == {tf.float32}
        assert np.isfinite(outputs).all()
        assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, variables))


def test_unknown_encoder_and_small_images_are_named():
    with pytest.raises(ValueError, match="unknown encoder 'vgg'; known: alexnet, breg_next50, compact, "):
        build_encoder('vgg', 64)
    with pytest.raises(ValueError, match="unknown pooling 'max'; known: auto, global, grid, flatten"):
        build_encoder('compact', 64, pooling='max')
    with pytest.raises(ValueError, match="'alexnet' needs images of 63 pixels or more; got 48"):
        build_encoder('alexnet', 48)
    with pytest.raises(ValueError, match=r"'face_ssd' has no last feature map to pool; .* not 'grid'"):
        build_encoder('face_ssd', 64, pooling='grid')


@pytest.mark.parametrize(
    ('normalized', 'kinds'), [(False, ['Dropout', 'Dense']), (True, ['BatchNormalization', 'ReLU'])]
)
def test_a_bottleneck_ends_the_encoder(normalized, kinds):
    encoder = build_encoder('compact', 32, bottleneck=(16, 8), dropout=0.5, normalized=normalized)
    assert encoder.output_shape == (None, 8)
    assert [type(layer).__name__ for layer in encoder.layers[-2:]] == kinds
    features = encoder(tf.random.stateless_uniform([4, 32, 32, 3], seed=[0, 0]), training=True)
    assert features.numpy().min() == 0


def test_a_backbone_shares_the_layers_before_the_bottleneck():
    encoder = build_encoder('compact', 32, bottleneck=(16, 8), normalized=True)
    own = backbone(encoder)
    assert (encoder.output_shape[-1], own.output_shape[-1]) == (8, 128)
    kernel = own.get_layer('stem').kernel
    assert kernel is encoder.get_layer('stem').kernel
    plain = build_encoder('compact', 32)
    assert backbone(plain) is plain
