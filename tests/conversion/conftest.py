import numpy as np
import pytest
import tensorflow as tf
from records import write

from cafer_tf import Cafer, Config, input
from cafer_tf.conversion import representative_faces, verification
from cafer_tf.datasets import FaceRecord
from cafer_tf.examples import to_example
from cafer_tf.serving import Predictor, export


@pytest.fixture(scope='session')
def make_model():
    """An untrained model whose answers differ from face to face; a new one would answer 0."""

    def make(**sections):
        tf.keras.utils.set_random_seed(0)
        model = Cafer(Config.from_dict({'input': {'image_size': 32}, **sections}), threshold=0.6)
        kernel, bias = model.head.layers[-1].get_weights()
        model.head.layers[-1].set_weights([0.05 * kernel, bias])
        return model

    return make


@pytest.fixture(scope='session')
def predictor(make_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp('serving') / 'cafer'
    export(make_model(), folder / '1')
    return Predictor(folder)


@pytest.fixture(scope='session')
def own_faces(predictor, tmp_path_factory):
    """TFRecords whose labels are what the model says of them, so that its CCC is 1."""
    folder = tmp_path_factory.mktemp('faces')
    colours = np.random.default_rng(0).uniform(-0.9, 0.9, (40, 2))
    draft = write(folder / 'draft', colours, 'PNG')
    images = np.stack([image for image, _ in input.evaluation_dataset([str(draft)], predictor.config).unbatch()])
    said = predictor.embed(images).predictions
    with tf.io.TFRecordWriter(str(folder / 'faces')) as writer:
        encoded = input.read_images([str(draft)], range(len(said)))
        for i, (image, (valence, arousal)) in enumerate(zip(encoded, said.tolist(), strict=True)):
            face = FaceRecord(f'{i}.png', valence, arousal, f'person {i // 4}', 'test')
            writer.write(to_example(face, 'csv', image, 'png').SerializeToString())
    return str(folder / 'faces')


@pytest.fixture(scope='session')
def representative(predictor, own_faces):
    return representative_faces([own_faces], predictor.config)


@pytest.fixture
def untimed(monkeypatch):
    """Speed by one call each."""
    monkeypatch.setattr(verification, 'ROUNDS', 1)
    monkeypatch.setattr(verification, 'SECONDS', 0.0)
