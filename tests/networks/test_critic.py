import numpy as np
import tensorflow as tf

from cafer_tf.networks import build_critic


class Holder(tf.keras.Model):
    """A model that makes its critic anew, as `Cafer` does, and stores weights only."""

    def __init__(self):
        super().__init__()
        self.critic = build_critic(24, spectral_normalization=True)
        self.built = True

    def call(self, inputs):
        return self.critic(inputs)

    def get_config(self):
        return {}


def test_training_brings_every_spectral_norm_to_1_and_inference_leaves_it():
    tf.keras.utils.set_random_seed(0)
    critic = build_critic(24, output='tanh', spectral_normalization=True)
    features = tf.random.stateless_normal([8, 24], seed=[0, 0])
    layers = [layer for layer in critic.layers if hasattr(layer, 'layer')]
    assert len(layers) == 3
    before = [layer.layer.kernel.numpy() for layer in layers]
    critic(features)
    for layer, kernel in zip(layers, before, strict=True):
        np.testing.assert_array_equal(layer.layer.kernel, kernel)
    call = tf.function(lambda: critic(features, training=True))
    for _ in range(200):
        call()
    for layer, kernel in zip(layers, before, strict=True):
        assert abs(np.linalg.norm(kernel, ord=2) - 1) > 0.05
        np.testing.assert_allclose(np.linalg.norm(layer.layer.kernel, ord=2), 1.0, rtol=0.01)


def test_half_precision_does_not_round_the_kernels():
    tf.keras.mixed_precision.set_global_policy('mixed_float16')
    try:
        critic = build_critic(24, spectral_normalization=True)
    finally:
        tf.keras.mixed_precision.set_global_policy('float32')
    critic(tf.random.stateless_normal([8, 24], seed=[0, 0]), training=True)
    for layer in (layer.layer for layer in critic.layers if hasattr(layer, 'layer')):
        kernel = layer.kernel.numpy()
        assert kernel.dtype == np.float32
        assert (kernel != kernel.astype(np.float16)).mean() > 0.9


def test_a_model_with_it_survives_a_round_trip(tmp_path):
    model = Holder()
    features = tf.random.stateless_normal([8, 24], seed=[0, 0])
    for _ in range(3):
        model.critic(features, training=True)
    model.save(tmp_path / 'model.keras')
    loaded = tf.keras.models.load_model(tmp_path / 'model.keras', custom_objects={'Holder': Holder})
    np.testing.assert_array_equal(loaded(features), model(features))
    for ours, theirs in zip(model.critic.weights, loaded.critic.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_parameters_are_as_many_without():
    critic = build_critic(9216, spectral_normalization=True)
    assert sum(np.prod(variable.shape) for variable in critic.trainable_variables) == 592_496
