import importlib.util
import json

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from cafer_tf import conversion
from cafer_tf.conversion import ConversionError, verification
from cafer_tf.conversion.tflite import float_kernels


@pytest.fixture(scope='module')
def exported(predictor, own_faces, representative, tmp_path_factory):
    """The folder of all files, and the figures."""
    out = tmp_path_factory.mktemp('exported') / 'new' / 'files'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, 'ROUNDS', 1)
        patch.setattr(verification, 'SECONDS', 0.0)
        return out, conversion.export_network(predictor, [*conversion.FORMATS], out, [own_faces], representative)


def test_all_files_appear_together_with_their_figures(exported, predictor):
    out, found = exported
    assert {path.name for path in out.parent.iterdir()} == {'files'}  # nothing is left aside
    assert {path.name for path in out.iterdir()} == {*conversion.FORMATS.values(), 'cafer.json'}
    assert json.loads((out / 'cafer.json').read_text()) == found
    assert (found['faces'], found['refused'], found['about']['threshold']) == (40, [], 0.6)
    assert found['models']['SavedModel']['ccc'] == {'valence': pytest.approx(1), 'arousal': pytest.approx(1)}
    sizes = {name: figures['bytes'] for name, figures in found['models'].items()}
    assert sizes['tflite-float16'] < 0.6 * sizes['onnx']
    assert sizes['tflite-int8'] < 0.6 * sizes['tflite-float16']
    for figures in found['models'].values():
        assert all(figures['images_per_second'][batch] > 0 for batch in ('1', '32'))


def test_files_answer_as_the_model_does(exported, predictor, representative):
    out, found = exported
    expected = predictor.embed(representative)
    spread = np.ptp(expected.predictions, axis=0)
    assert spread.min() > 1e-3  # so that an answer for another face would show
    # Half precision has 11 bits, 8-bit integers have steps of a 256th of the range: of each activation, one by one.
    for name, model, bound in (
        ('onnx', conversion.OnnxModel, 1e-4),
        ('tflite-float16', conversion.TfliteModel, 0.02),
        ('tflite-int8', conversion.TfliteModel, 0.3),
    ):
        asked = model(out / conversion.FORMATS[name])
        for rows in (slice(0, 1), slice(None), slice(1, 4)):
            answers = asked(representative[rows])
            difference = np.abs(answers.predictions - expected.predictions[rows])
            assert (difference <= bound * spread).all(), name
            assert answers.embeddings.shape == expected.embeddings[rows].shape
        largest = np.abs(asked(representative).predictions - expected.predictions).max(axis=0)
        measured = found['models'][name]['difference']
        np.testing.assert_allclose(largest, [measured[o]['largest'] for o in ('valence', 'arousal')], atol=1e-6)


def test_the_onnx_file_says_what_it_is(exported):
    out, found = exported
    session = onnxruntime.InferenceSession(out / 'cafer.onnx', providers=['CPUExecutionProvider'])
    (images,) = session.get_inputs()
    assert (images.name, images.shape) == ('images', ['n', 32, 32, 3])
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert shapes == {'valence': ['n', 1], 'arousal': ['n', 1], 'embedding': ['n', 128]}
    about = session.get_modelmeta().custom_metadata_map
    assert [about[key] for key in ('image_size', 'crop', 'threshold')] == ['32', '0.0625', '0.6']
    assert (about['input'], json.loads(about['faces'])) == (found['about']['input'], found['about']['faces'])


def test_tflite_files_compute_in_what_they_promise(exported):
    out, found = exported
    assert found['models']['tflite-int8']['float_kernels'] == []
    # The same look finds the kernels of a file that computes in float32.
    assert 'CONV_2D' in float_kernels((out / 'cafer-float16.tflite').read_bytes())
    runner = tf.lite.Interpreter(str(out / 'cafer-int8.tflite')).get_signature_runner('images')
    assert runner.get_input_details()['images']['dtype'] == np.float32
    assert {detail['dtype'] for detail in runner.get_output_details().values()} == {np.float32}


def test_the_table_says_it_all(exported):
    text = conversion.described(exported[1], 'the test split')
    assert text.startswith('40 faces of the test split; ')
    for part in ('SavedModel', 'onnx', 'tflite-float16: half the size', 'tflite-int8: every operation', '1.000'):
        assert part in text


def test_a_file_that_loses_too_much_is_refused(predictor, own_faces, tmp_path, untimed):
    black = np.zeros([2, 32, 32, 3])  # ranges of black images cannot hold what other images give
    out = tmp_path / 'files'
    found = conversion.export_network(predictor, ['tflite-int8'], out, [own_faces], black, max_ccc_drop=0.1)
    assert found['refused'] == ['tflite-int8']
    assert not list(tmp_path.iterdir())
    assert 'more than 0.1' in conversion.described(found, 'faces')


def test_mistakes_are_explained(predictor, own_faces, tmp_path, monkeypatch):
    def export(formats, out=tmp_path / 'files'):
        conversion.export_network(predictor, formats, out, [own_faces])

    with pytest.raises(ConversionError, match="unknown format 'tf'; known: onnx, tflite-float16, tflite-int8"):
        export(['tf'])
    with pytest.raises(ConversionError, match='needs representative faces'):
        export(['tflite-int8'])
    (tmp_path / 'notes').write_text('')
    with pytest.raises(ConversionError, match='is there already'):
        export(['onnx'], tmp_path)
    with pytest.raises(ConversionError, match='Not a directory'):
        export(['onnx'], tmp_path / 'notes' / 'files')
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None if name == 'tf2onnx' else find(name))
    with pytest.raises(ConversionError, match=r'needs the package tf2onnx.*cafer-tf\[export\]'):
        export(['onnx'])
