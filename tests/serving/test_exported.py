import json
import shutil

import model_servers
import numpy as np
import pytest
import tensorflow as tf
from records import encode, image_of, write
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.tools import saved_model_cli
from tensorflow_serving.apis import prediction_log_pb2

from cafer_tf import Cafer, Config, input
from cafer_tf.serving import STATUSES, ModelError, Predictor, export

CONFIG = Config.from_dict({'input': {'image_size': 32}})


@pytest.fixture(scope='module')
def model():
    tf.keras.utils.set_random_seed(0)
    model = Cafer(CONFIG, threshold=0.6)
    kernel, bias = model.head.layers[-1].get_weights()
    model.head.layers[-1].set_weights([0.05 * kernel, bias])  # an untrained network would only answer at the bounds
    return model


@pytest.fixture(scope='module')
def exported(model, tmp_path_factory):
    return export(model, tmp_path_factory.mktemp('serving') / '7')


@pytest.fixture(scope='module')
def predictor(exported):
    return Predictor(exported)


@pytest.fixture(scope='module')
def signatures(exported):
    loaded = tf.saved_model.load(str(exported))
    yield loaded.signatures  # they live as long as what they were loaded with


@pytest.fixture(scope='module')
def images():
    points = [(0.9, 0.9), (-0.9, 0.1), (0.0, -0.9)]
    return [encode(image_of(*point, side=side)) for point, side in zip(points, (64, 33, 120), strict=True)]


def test_answers_what_the_model_says_in_process(model, predictor, images):
    batch = tf.stack([input.preprocess(tf.constant(image), CONFIG.input) for image in images])
    expected = model(batch, training=False).numpy()
    answers = predictor.predict(images)
    np.testing.assert_allclose([(a.valence, a.arousal) for a in answers], expected, atol=1e-5)
    np.testing.assert_allclose([a.intensity for a in answers], np.hypot(*expected.T), atol=1e-5)
    assert np.ptp(expected, axis=0).min() > 1e-3  # so that an answer for another image would show


def test_both_signatures_agree(signatures, tmp_path):
    path = write(tmp_path / 'examples', np.array([[0.5, 0.5], [-0.5, 0.2]]))
    serialised = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    parsed = tf.io.parse_example(serialised, {'image/encoded': tf.io.FixedLenFeature([], tf.string)})
    from_examples = signatures['examples'](examples=tf.constant(serialised))
    from_bytes = signatures['serving_default'](image_bytes=parsed['image/encoded'])
    assert set(from_bytes) == {'valence', 'arousal', 'intensity', 'status'}
    assert set(from_examples) == {*from_bytes, 'embedding'}
    for name, values in from_bytes.items():
        assert values.shape == [2, 1]
        np.testing.assert_allclose(from_examples[name], values, atol=1e-6)


def test_pixels_are_answered_with_the_embedding(model, predictor, signatures, images):
    batch = tf.stack([input.preprocess(tf.constant(image), CONFIG.input) for image in images])
    found = predictor.embed(batch.numpy())
    expected = model.encoder(batch, training=False)  # of up to 30
    np.testing.assert_allclose(found.embeddings, expected, atol=2e-4)
    np.testing.assert_allclose(found.predictions, np.array(predictor.predict(images))[:, :2], atol=1e-5)
    signature = signatures['images']
    assert signature.structured_input_signature[1]['images'].shape.as_list() == [None, 32, 32, 3]
    assert {name: spec.shape.as_list() for name, spec in signature.structured_outputs.items()} == {
        'valence': [None, 1],
        'arousal': [None, 1],
        'intensity': [None, 1],
        'status': [None, 1],
        'embedding': [None, 128],
    }


def test_one_bad_image_fails_no_request(predictor, images):
    encoded = [images[0], b'no image', images[1], images[2][:-2], b'']
    answers = predictor.predict(encoded)
    names = ['ok', 'not an image', 'ok', 'truncated or corrupt', 'empty']
    assert [STATUSES[answer.status] for answer in answers] == names
    good = [answer for answer in answers if answer.status == 0]
    np.testing.assert_allclose(good, predictor.predict(images[:2]), atol=1e-5)
    assert np.isnan([answer[:3] for answer in answers if answer.status]).all()


def test_every_signature_answers_nan_where_there_is_a_status(signatures, images):
    feature = [tf.train.Feature(bytes_list=tf.train.BytesList(value=[data])) for data in (images[0], b'GIF89a')]
    examples = [tf.train.Example(features=tf.train.Features(feature={'image/encoded': one})) for one in feature]
    pixels = np.zeros([2, 32, 32, 3], np.float32)
    pixels[1, 0, 0, 0] = np.inf
    answers = {
        3: signatures['examples'](examples=tf.constant([example.SerializeToString() for example in examples])),
        2: signatures['images'](images=tf.constant(pixels)),
    }
    for code, outputs in answers.items():
        assert outputs.pop('status').numpy().tolist() == [[0], [code]]
        for name, values in outputs.items():
            assert np.isfinite(values[0]).all() and np.isnan(values[1]).all(), name


def test_the_graph_needs_nothing_but_tensorflow(exported):
    saved = saved_model_pb2.SavedModel.FromString((exported / 'saved_model.pb').read_bytes())
    graph = saved.meta_graphs[0].graph_def
    ops = {node.op for nodes in (graph.node, *(part.node_def for part in graph.library.function)) for node in nodes}
    assert 'IgnoreErrorsDataset' in ops
    assert not {op for op in ops if 'PyFunc' in op or '>' in op}  # Python, and the operations of add-ons


class Older(tf.Module):
    """What exports were before there were embeddings, and a status."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='image_bytes')])
    def image_bytes(self, image_bytes):
        return {'valence': tf.zeros([tf.size(image_bytes), 1])}


def test_an_older_export_says_what_to_do(exported, tmp_path):
    older = Older()
    tf.saved_model.save(older, str(tmp_path), signatures={'serving_default': older.image_bytes})
    shutil.copytree(exported / 'assets.extra', tmp_path / 'assets.extra')
    with pytest.raises(ModelError, match=r'no signature images.*Export the model again'):
        Predictor(tmp_path).embed(np.zeros([1, 32, 32, 3]))
    with pytest.raises(ModelError, match=r'no output status.*Export the model again'):
        Predictor(tmp_path).predict([b''])


def test_pixels_of_another_size_are_refused(predictor):
    with pytest.raises(ValueError, match=r'\[n, 32, 32, 3\]; theirs is \[1, 40, 40, 3\]'):
        predictor.embed(np.zeros([1, 40, 40, 3]))


def test_answers_do_not_depend_on_the_batch(predictor, images):
    together = np.array(predictor.predict(images))
    np.testing.assert_allclose(together, predictor.predict(images, batch_size=1), atol=1e-5)
    assert predictor.predict([]) == []


def test_predictions_are_bounded(model, images, tmp_path):
    model.head.layers[-1].bias.assign([50.0, -50.0])
    try:
        answers = Predictor(export(model, tmp_path / 'model')).predict(images)
    finally:
        model.head.layers[-1].bias.assign([0.0, 0.0])
    assert {(answer.valence, answer.arousal) for answer in answers} == {(1.0, -1.0)}


def test_the_newest_version_is_taken(exported, tmp_path):
    for version in ('9', '10'):
        shutil.copytree(exported, tmp_path / version)
    (tmp_path / 'notes').mkdir()
    assert Predictor(tmp_path).directory == tmp_path / '10'


def test_metadata_travels_with_the_model(exported, predictor):
    assert predictor.config == CONFIG
    assert predictor.threshold == 0.6
    assert 'cafer_tf' in json.loads((exported / 'assets.extra' / 'cafer.json').read_text())


def test_what_is_no_model_is_explained(exported, tmp_path):
    with pytest.raises(ModelError, match='holds no SavedModel'):
        Predictor(tmp_path)
    foreign = tmp_path / 'foreign'
    tf.saved_model.save(tf.Module(), str(foreign))
    with pytest.raises(ModelError, match=r'not one of this project: cafer\.json is missing'):
        Predictor(foreign)
    (foreign / 'assets.extra').mkdir()
    (foreign / 'assets.extra' / 'cafer.json').write_text('{"config": {"trainig": {}}, "threshold": 1}')
    with pytest.raises(ModelError, match='unknown key trainig'):
        Predictor(foreign)
    (foreign / 'assets.extra' / 'cafer.json').write_text('[]')
    with pytest.raises(ModelError, match='cannot be read'):
        Predictor(foreign)


def test_a_damaged_model_is_explained(exported, tmp_path):
    damaged = tmp_path / 'damaged'
    shutil.copytree(exported, damaged)
    (damaged / 'saved_model.pb').write_bytes(b'damaged')
    with pytest.raises(ModelError, match='cannot be loaded'):
        Predictor(damaged)


def test_every_warm_up_request_is_answered(exported, signatures):
    path = exported / 'assets.extra' / 'tf_serving_warmup_requests'
    logs = [
        prediction_log_pb2.PredictionLog.FromString(r) for r in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    ]
    asked = []
    for log in logs:
        request = log.predict_log.request
        name = request.model_spec.signature_name
        outputs = signatures[name](**model_servers.feed(request))
        assert not outputs['status'].numpy().any()
        asked.append((name, len(outputs['status'])))
    assert sorted(asked) == [(name, size) for name in sorted(signatures) for size in (1, 2, 4, 8, 16, 32)]
    assert path.stat().st_size < 50_000


def test_saved_model_cli_runs_every_signature(exported, predictor, images, tmp_path):
    feature = [tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])) for image in images]
    examples = [tf.train.Example(features=tf.train.Features(feature={'image/encoded': one})) for one in feature]
    pixels = [input.preprocess(tf.constant(image), CONFIG.input).numpy() for image in images]
    expected = np.array(predictor.predict(images))
    for signature, name, values in (
        ('serving_default', 'image_bytes', np.array(images, object)),
        ('examples', 'examples', np.array([example.SerializeToString() for example in examples], object)),
        ('images', 'images', np.array(pixels)),
    ):
        out = tmp_path / signature
        np.save(tmp_path / 'values.npy', values)
        # What the command does with --inputs and --outdir, without a process for each.
        fed = saved_model_cli.load_inputs_from_input_arg_string(f'{name}={tmp_path / "values.npy"}', '', '')
        saved_model_cli.run_saved_model_with_feed_dict(str(exported), 'serve', signature, fed, str(out), False)
        found = [np.load(out / f'{output}.npy')[:, 0] for output in ('valence', 'arousal', 'intensity', 'status')]
        np.testing.assert_allclose(np.transpose(found), expected, atol=1e-5)
