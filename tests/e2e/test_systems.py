"""The other systems of the comparison table, trained from TFRecords, and servables of them."""

import numpy as np
import pytest
import tensorflow as tf
from records import encode, image_of, write

from cafer_tf import Config, input, serving, training
from cafer_tf.config.systems import SYSTEMS

THRESHOLD = 0.6
NEWER = ('avce2022', 'elim2022')
SMALLEST = {'alexnet': 64, 'face_ssd': 64}
NARROW = {'mollahosseini2017': (64, 32, 16), 'kollias2018': (64, 32), 'elim2022': (64,)}
"""Their dense layers of thousands of units take most of the time here, and are as they are in the table elsewhere."""

SERVED = ('jang2019', 'barros2019', 'elim2022')
"""Those whose answers come about in other ways than the default's: by cells, from grey, and past a bottleneck. They are
served as well, at half as much time again; of the others, what is saved is tested in `test_presets`."""


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Three steps of examples of four people to learn from, and others of two more."""
    folder = tmp_path_factory.mktemp('records')
    random = np.random.default_rng(0)
    return [
        str(write(folder / f'{name}.gz', random.uniform(-0.8, 0.8, (count, 2)), subjects=people))
        for name, count, people in (('train', 24, list('abcd') * 6), ('eval', 8, list('ef') * 4))
    ]


def train(name, files):
    config = Config.from_preset(name)
    changes = {
        'input.image_size': SMALLEST.get(config.network.encoder, 32),
        'training.batch_size': 8,
        'training.epochs': 1,
        'training.learning_rate': 1e-5,
        'network.head': NARROW.get(name, config.network.head),
    }
    model = training.train(config.with_changes(changes.items()), THRESHOLD, files[:1], files[1:])
    history = {term: values[-1] for term, values in model.history.history.items()}
    assert all(np.isfinite(value) for value in history.values()), history
    assert int(model.optimizer.iterations.numpy()) == 3
    return model


@pytest.mark.parametrize('name', [name for name in (*SYSTEMS, *NEWER) if name not in SERVED])
def test_a_system_trains_from_tfrecords(name, files):
    train(name, files)


@pytest.mark.parametrize('name', SERVED)
def test_a_system_trains_from_tfrecords_and_serves(name, files, tmp_path):
    model = train(name, files)
    photograph = encode(image_of(0.5, -0.5))
    serving.export(model, str(tmp_path / 'servable'))
    answers = tf.saved_model.load(str(tmp_path / 'servable')).signatures['serving_default'](tf.constant([photograph]))
    expected = model.predict_on_batch(input.preprocess(tf.constant(photograph), model.config.input)[tf.newaxis])
    answered = [float(answers[output][0]) for output in ('valence', 'arousal')]
    np.testing.assert_allclose(answered, expected[0], atol=1e-5)
