import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks.face_reader import build_face_reader
from cafer_tf.networks.face_ssd import ScaledUnitNormalization, default_boxes, face_ssd, map_sides
from cafer_tf.networks.precision import layers_in

SIZE = 64


def build(size):
    images = tf.keras.Input([size, size, 3])
    return tf.keras.Model(images, face_ssd(images))


@pytest.fixture(scope='module')
def network():
    tf.keras.utils.set_random_seed(0)
    return build(SIZE)


def test_has_the_published_layout_at_300_pixels():
    network = build(300)
    assert map_sides(300) == (38, 19, 10, 5, 3, 1)
    assert network.output_shape == (None, 1940 * 7)
    assert len(default_boxes(300)) == 1940
    # VGG's convolutions, SSD's, the scale, and a 3 x 3 convolution of each map to 7 numbers.
    outputs = sum(9 * channels * 7 + 7 for channels in (512, 1024, 512, 256, 256, 256))
    assert network.count_params() == 14_714_688 + 8_228_736 + 512 + outputs == 23_121_386


@pytest.mark.parametrize('size', [64, 65, 190, 257])
def test_there_is_a_box_for_every_cell_whatever_the_size(size):
    assert face_ssd(tf.keras.Input([size, size, 3])).shape[1] == 7 * len(default_boxes(size))


def test_boxes_are_squares_about_the_middle_of_their_cells():
    boxes = default_boxes(300)
    np.testing.assert_allclose(boxes[38 + 2], [2.5 / 38, 1.5 / 38, 0.1], rtol=1e-6)  # row 1, column 2 of map 1
    third = boxes[38**2 + 19**2 :][:100]
    np.testing.assert_allclose(third[10 * 4 + 7], [0.75, 0.45, 0.38], rtol=1e-6)
    np.testing.assert_allclose(boxes[-1], [0.5, 0.5, 0.92], rtol=1e-6)


@pytest.mark.parametrize('cell', [7, 22, 41, 56, 64 + 3])  # of map 1, of 8 x 8 cells, and the first row's end of map 2
def test_a_cell_looks_where_its_box_is(network, cell):
    images = tf.random.stateless_uniform([1, SIZE, SIZE, 3], [0, 0])
    with tf.GradientTape() as tape:
        tape.watch(images)
        faceness = network(images)[:, 7 * cell]
    weight = np.abs(tape.gradient(faceness, images).numpy()[0]).sum(-1)
    offsets = (np.arange(SIZE) + 0.5) / SIZE - 0.5
    seen = weight.sum(0) @ offsets, weight.sum(1) @ offsets
    # It sees far beyond its box, and more of one side, where the image ends on the other.
    np.testing.assert_array_equal(np.sign(seen), np.sign(default_boxes(SIZE)[cell, :2] - 0.5))


def test_gradients_are_finite(network):
    images = tf.random.stateless_uniform([2, SIZE, SIZE, 3], [0, 1])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(images, training=True) ** 2)
    gradients = tape.gradient(loss, network.trainable_variables)
    assert all(np.isfinite(gradient).all() and np.any(gradient) for gradient in gradients)


def test_outputs_are_float32_in_half_precision():
    with layers_in('mixed_float16'):
        network, reader = build(SIZE), build_face_reader(SIZE)
    assert network.get_layer('conv11_2').compute_dtype == 'float16'
    assert network.output.dtype == reader.output.dtype == tf.float32
    # Nothing between the last layer in half precision and the outputs goes back to it.
    last = [layer.compute_dtype for layer in network.layers if layer.name.startswith(('map', 'cells', 'flatten'))]
    assert last == ['float32'] * 15


def test_survives_a_round_trip(network, tmp_path):
    together = tf.keras.Sequential([network, build_face_reader(SIZE)])
    together.save(tmp_path / 'network.keras')
    images = tf.random.stateless_uniform([2, SIZE, SIZE, 3], [0, 0])
    np.testing.assert_array_equal(tf.keras.models.load_model(tmp_path / 'network.keras')(images), together(images))


def test_normalises_channels_to_a_scale_that_is_learned():
    layer = ScaledUnitNormalization()
    pixels = tf.constant([[[[3.0, 4.0], [0.0, 0.0]]]])
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        outputs = layer(pixels)
        loss = tf.reduce_sum(outputs**2)
    np.testing.assert_allclose(outputs, [[[[12.0, 16.0], [0.0, 0.0]]]], rtol=1e-6)  # 20 (3, 4) / 5
    # d/ds Σ s_k² u_k² = 2 s_k u_k², of u = (.6, .8); and nothing is left of the length.
    scale, back = tape.gradient(loss, [layer.scale, pixels])
    np.testing.assert_allclose(scale, [2 * 20 * 0.36, 2 * 20 * 0.64], rtol=1e-5)
    np.testing.assert_allclose(back, np.zeros([1, 1, 2, 2]), atol=1e-3)


def test_the_reader_takes_the_cell_that_is_surest():
    outputs = tf.random.stateless_normal([6, len(default_boxes(SIZE)) * 7], [0, 0])
    cells = outputs.numpy().reshape(6, -1, 7)
    expected = [image[image[:, 0].argmax(), 5:] for image in cells]
    reader = build_face_reader(SIZE)
    np.testing.assert_array_equal(reader(outputs), expected)
    assert not reader.weights


def test_the_reader_becomes_tensorflow_lite():
    reader = build_face_reader(SIZE)
    interpreter = tf.lite.Interpreter(model_content=tf.lite.TFLiteConverter.from_keras_model(reader).convert())
    outputs = tf.random.stateless_normal([1, reader.input_shape[1]], [0, 0])
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]['index'], outputs)
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.get_tensor(interpreter.get_output_details()[0]['index']), reader(outputs))
