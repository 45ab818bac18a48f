import numpy as np
import pytest
import tensorflow as tf
from records import encode, image_of

from cafer_tf import Cafer, Config
from cafer_tf.datasets import FaceRecord
from cafer_tf.evaluation import Predicted
from cafer_tf.examples import to_example
from cafer_tf.serving import Predictor, export


@pytest.fixture(scope='session')
def served(tmp_path_factory):
    """The folder of versions of an untrained model whose answers differ from face to face."""
    tf.keras.utils.set_random_seed(0)
    model = Cafer(Config.from_dict({'input': {'image_size': 32}, 'training': {'batch_size': 6}}), threshold=0.6)
    kernel, bias = model.head.layers[-1].get_weights()
    model.head.layers[-1].set_weights([0.05 * kernel, bias])
    folder = tmp_path_factory.mktemp('serving') / 'cafer'
    export(model, folder / '1')
    return folder


@pytest.fixture(scope='session')
def predictor(served):
    return Predictor(served)


@pytest.fixture
def write_records():
    """Writes faces of some people to TFRecords, with all that a record can say; returns the records."""

    def write(path, people=3, each=4, seed=0):
        random = np.random.default_rng(seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        faces = [
            FaceRecord(
                f'{person}/{image}.png',
                *np.float32(random.uniform(-0.9, 0.9, 2)).tolist(),
                f'person {person}',
                'test',
                video_id=f'clip {person}' if person else None,
                frame_index=7 * image if person else None,
                metadata=(('light', 'left' if image % 2 else 'right'), ('note', 'a=b')) if person else (),
            )
            for person in range(people)
            for image in range(each)
        ]
        with tf.io.TFRecordWriter(str(path), 'GZIP' if path.suffix == '.gz' else '') as writer:
            for i, face in enumerate(faces):
                image = encode(image_of(face.valence, face.arousal, seed=i), 'PNG')
                writer.write(to_example(face, 'csv', image, 'png').SerializeToString())
        return faces

    return write


@pytest.fixture
def make_faces():
    """What a model might have said: errors of each person and of each image, an embedding that knows the person."""

    def make(people=6, each=20, seed=0, known=True, **changes):
        random = np.random.default_rng(seed)
        n = people * each
        person = np.repeat(np.arange(people), each)
        labels = random.uniform(-0.7, 0.7, (n, 2))
        predictions = 0.8 * labels + random.normal(0, 0.1, (people, 2))[person] + random.normal(0, 0.1, (n, 2))
        sources = np.array([f'{i}.png' for i in range(n)])
        found = {
            'labels': labels,
            'predictions': np.clip(predictions, -1, 1),
            'embeddings': random.normal(0, 5, (people, 4))[person] + random.normal(0, 1, (n, 4)),
            'subjects': np.array([f'person {i}' for i in person]) if known else sources,
            'videos': np.full(n, ''),
            'frames': np.full(n, -1),
            'sources': sources,
            'metadata': ((),) * n,
        }
        return Predicted(**{**found, **changes})

    return make
