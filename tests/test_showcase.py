import types

import numpy as np
import pytest
from records import encode, image_of, write

from cafer_tf.showcase import label_mean_scores, predicted_faces, spread


def test_label_mean_has_no_agreement_and_the_spread_as_error(tmp_path):
    valence, arousal = np.random.default_rng(0).uniform(-1, 1, (2, 50))
    train = write(tmp_path / 'train.gz', [(0.5, -0.5), (-0.1, 0.1)])
    test = write(tmp_path / 'test.gz', np.stack([valence, arousal], axis=1))
    scores = label_mean_scores([str(train)], [str(test)])
    assert scores['valence']['rmse'] == pytest.approx(np.sqrt(((valence - 0.2) ** 2).mean()), rel=1e-5)
    assert scores['valence']['ccc'] == pytest.approx(0.0, abs=1e-6)
    assert scores['arousal']['pcc'] == pytest.approx(0.0, abs=1e-6)


LABELS = [(0.9, 0.9), (-0.9, -0.9), (0.8, 0.8), (-0.5, -0.5), (0.7, 0.8), (0.0, 0.0)]
SUBJECTS = ['a', 'a', 'b', 'b', 'c', 'c']


def test_shown_faces_are_of_different_people_with_different_emotions():
    assert spread(np.array(LABELS), SUBJECTS, 3) == [0, 3, 5]
    assert len(spread(np.array(LABELS), SUBJECTS, 9)) == 3


def test_shown_faces_are_answered_beside_their_truth(tmp_path):
    class ByLength:
        """Answers with the length of an image."""

        def predict(self, images: list[bytes]) -> list[types.SimpleNamespace]:
            """One answer an image."""
            return [types.SimpleNamespace(valence=len(image), arousal=0.0) for image in images]

    file = write(tmp_path / 'test.gz', LABELS, subjects=SUBJECTS)
    faces = predicted_faces(ByLength(), [str(file)], 3)
    assert [face.name for face in faces] == ['a', 'b', 'c']
    assert [face.image for face in faces] == [encode(image_of(*LABELS[place], seed=place)) for place in (0, 3, 5)]
    assert [face.predicted[0] for face in faces] == [len(face.image) for face in faces]
    np.testing.assert_allclose([face.truth for face in faces], [LABELS[place] for place in (0, 3, 5)], rtol=1e-6)
