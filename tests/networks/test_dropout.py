import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import build_head
from cafer_tf.networks.dropout import Dropout


def masks(layer, count=3):
    return np.stack([layer(tf.ones([4, 50]), training=True).numpy() for _ in range(count)])


def test_thins_out_and_scales():
    outputs = Dropout(0.2)(tf.ones([100, 100]), training=True).numpy()
    np.testing.assert_allclose(np.unique(outputs), [0.0, 1.25])
    np.testing.assert_allclose(outputs.mean(), 1.0, atol=0.03)  # 6 standard deviations of 0.005


def test_does_nothing_outside_training_or_at_rate_0():
    inputs = tf.random.stateless_normal([4, 5], seed=[0, 0])
    np.testing.assert_array_equal(Dropout(0.5)(inputs), inputs)
    np.testing.assert_array_equal(Dropout(0.5)(inputs, training=False), inputs)
    np.testing.assert_array_equal(Dropout(0.0)(inputs, training=True), inputs)


def test_follows_the_seed_and_layers_differ():
    tf.keras.utils.set_random_seed(5)
    first, second = masks(Dropout(0.5)), masks(Dropout(0.5))
    tf.keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(masks(Dropout(0.5)), first)
    assert (first != second).any()
    assert (first[0] != first[1]).any()


@pytest.mark.parametrize('jit_compile', [False, True])
def test_a_function_draws_new_masks_every_call(jit_compile):
    layer = Dropout(0.5)
    draw = tf.function(lambda: layer(tf.ones([4, 50]), training=True), jit_compile=jit_compile)
    first, second = draw().numpy(), draw().numpy()
    assert (first != second).any()


@pytest.mark.parametrize('precision', ['mixed_float16', 'mixed_bfloat16'])
def test_half_precision_has_the_same_masks(precision):
    tf.keras.utils.set_random_seed(0)
    full = masks(Dropout(0.3, dtype='float32'))
    tf.keras.utils.set_random_seed(0)
    half = masks(Dropout(0.3, dtype=precision)).astype(np.float32)
    np.testing.assert_allclose(half, full, rtol=1e-2)


def test_a_checkpoint_restores_the_next_masks(tmp_path):
    head = build_head(50)
    draw = tf.function(lambda: head(tf.ones([8, 50]), training=True))
    draw()
    path = tf.train.Checkpoint(model=head).save(tmp_path / 'checkpoint')
    expected = draw().numpy()
    resumed = build_head(50)
    tf.train.Checkpoint(model=resumed).restore(path).assert_consumed()
    np.testing.assert_array_equal(resumed(tf.ones([8, 50]), training=True), expected)


def test_saved_models_answer_alike(tmp_path):
    head = build_head(50)
    features = tf.random.stateless_normal([3, 50], seed=[0, 0])
    head(features, training=True)
    head.save(tmp_path / 'head.keras')
    loaded = tf.keras.models.load_model(tmp_path / 'head.keras')
    np.testing.assert_array_equal(loaded(features), head(features))
    assert loaded.layers[0].rate == 0.5

    module = tf.Module()
    module.head = head
    module.answer = tf.function(lambda x: head(x, training=False), input_signature=[tf.TensorSpec([None, 50])])
    tf.saved_model.save(module, tmp_path / 'module')
    servable = tf.saved_model.load(tmp_path / 'module')
    np.testing.assert_allclose(servable.answer(features), head(features), rtol=1e-6)
