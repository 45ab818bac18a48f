import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.conversion import ConversionError, TfliteModel, tflite
from cafer_tf.conversion.network import load_network
from cafer_tf.serving import Servable


def images_of(size):
    return np.random.default_rng(0).uniform(size=(3, size, size, 3)).astype(np.float32)


def write_signature(model, folder):
    """A SavedModel of the one signature that is converted: a tenth of the time that all of them take."""
    module = tf.Module()
    module.weights = [*model.encoder.variables, *model.head.variables]
    tf.saved_model.save(module, str(folder), signatures={'images': Servable(model).images})


@pytest.mark.parametrize('precision', ['mixed_float16', 'mixed_bfloat16'])
def test_a_model_of_mixed_precision_computes_in_float32(make_model, tmp_path, precision):
    expected = make_model().encoder(images_of(32), training=False).numpy()
    mixed = make_model(training={'precision': precision})  # the same weights
    write_signature(mixed, tmp_path)
    answers = load_network(tmp_path, 32)(tf.constant(images_of(32)))
    np.testing.assert_allclose(answers['embedding'], expected, atol=2e-4)
    # What the model itself answers is further away than that.
    assert np.abs(mixed.encoder(images_of(32), training=False).numpy() - expected).max() > 1e-3


def test_what_has_no_integer_kernel_is_gone(make_model, tmp_path):
    write_signature(make_model(), tmp_path)
    graph = load_network(tmp_path, 32).get_concrete_function().graph.as_graph_def()
    operations = {node.op for function in graph.library.function for node in function.node_def}
    assert 'Conv2D' in operations
    assert not operations & {'IsFinite', 'SelectV2', 'RealDiv'}


def test_alexnet_has_integer_kernels_from_end_to_end(make_model, tmp_path):
    model = make_model(input={'image_size': 100}, network={'encoder': 'alexnet'})
    write_signature(model, tmp_path / 'model')
    content = tflite.to_int8(load_network(tmp_path / 'model', 100), images_of(100))
    assert tflite.float_kernels(content) == []
    (tmp_path / 'file').write_bytes(content)
    found = TfliteModel(tmp_path / 'file')(images_of(100)).embeddings
    expected = model.encoder(images_of(100), training=False).numpy()
    assert found.shape == (3, 9216)
    assert np.abs(found - expected).max() < 0.1 * np.ptp(expected)


def test_an_export_without_the_signature_says_what_to_do(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path))
    with pytest.raises(ConversionError, match=r'no signature images.*Export the model again'):
        load_network(tmp_path, 32)
