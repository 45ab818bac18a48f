import numpy as np
import pytest
from records import encode, image_of

from cafer_tf.datasets import FaceRecord
from cafer_tf.showcase import Face, _spread, label_mean_scores, usable_faces


def record(subject, valence, arousal, split='test'):
    return FaceRecord(f'{subject}{valence}{arousal}.jpg', valence, arousal, subject, split)


def test_label_mean_has_no_agreement_and_the_spread_as_error():
    rng = np.random.default_rng(0)
    train = [record('a', 0.5, -0.5, 'train'), record('b', -0.1, 0.1, 'train')]
    test = [record('c', *pair) for pair in rng.uniform(-1, 1, (50, 2))]
    scores = label_mean_scores(train, [Face(record, b'') for record in test])
    valence = np.array([r.valence for r in test])
    assert scores['valence']['rmse'] == pytest.approx(np.sqrt(((valence - 0.2) ** 2).mean()), rel=1e-5)
    assert scores['valence']['ccc'] == pytest.approx(0.0, abs=1e-6)
    assert scores['arousal']['pcc'] == pytest.approx(0.0, abs=1e-6)


def test_shown_faces_are_of_different_people_with_different_emotions():
    records = [
        record('a', 0.9, 0.9),
        record('a', -0.9, -0.9),
        record('b', 0.8, 0.8),
        record('b', -0.5, -0.5),
        record('c', 0.7, 0.8),
        record('c', 0.0, 0.0),
    ]
    chosen = [records[index] for index in _spread(records, 3)]
    assert [(r.subject_id, r.valence) for r in chosen] == [('a', 0.9), ('b', -0.5), ('c', 0.0)]
    assert len(_spread(records, 9)) == 3


def test_images_that_cannot_be_used_are_left_out(tmp_path):
    records = [record('a', 0.1, 0.1), record('b', 0.2, 0.2), record('c', 0.3, 0.3)]
    image = encode(image_of(0.1, 0.1))
    (tmp_path / records[0].path).write_bytes(image)
    (tmp_path / records[1].path).write_bytes(image[:300])
    assert usable_faces(tmp_path, records) == [Face(records[0], image)]
