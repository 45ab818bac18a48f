import numpy as np
import pytest

from cafer_tf.conversion import ConversionError
from cafer_tf.conversion.verification import compare, images_per_second
from cafer_tf.serving import Embedded


def test_distances_are_those_of_all_faces_however_they_are_batched(predictor, own_faces):
    shown = []

    def shifted(images):
        """Valence off by 0.001 a face, from 0 on; arousal upside down; embeddings off by 2 for the first face."""
        found = predictor.embed(images)
        valence, arousal = found.predictions.T
        faces = np.arange(len(shown), len(shown) + len(images))
        shown.extend(faces)
        embeddings = found.embeddings + 2.0 * (faces == 0)[:, np.newaxis]
        return Embedded(np.stack([valence + 0.001 * faces, -arousal], axis=1), embeddings)

    found = compare(predictor, {'shifted': shifted}, [own_faces])
    assert found['faces'] == len(shown) == 40
    figures = found['models']['shifted']
    # Of 0, 0.001, …, 0.039: the largest, and 0.039 / 2.
    assert figures['difference']['valence'] == pytest.approx({'largest': 0.039, 'mean': 0.0195}, abs=1e-6)
    assert figures['difference']['embedding'] == pytest.approx({'largest': 2.0, 'mean': 2 / 40}, rel=1e-4)
    # The labels are the model's own answers; upside down, they agree no more than not at all.
    assert found['ccc']['arousal'] == pytest.approx(1)
    assert figures['ccc']['arousal'] <= 0
    assert figures['ccc_change']['arousal'] == pytest.approx(figures['ccc']['arousal'] - 1)


def test_a_network_that_answers_nan_is_refused(predictor, own_faces):
    def broken(images):
        found = predictor.embed(images)
        return Embedded(found.predictions, found.embeddings * np.nan)

    with pytest.raises(ConversionError, match='broken answers NaN or infinity'):
        compare(predictor, {'broken': broken}, [own_faces])


def test_speed_is_that_of_the_fastest_call(predictor, untimed):
    calls = []

    def model(images):
        calls.append(images.shape)
        return predictor.embed(images)

    found = images_per_second({'model': model}, 32)
    # One call to prepare, and one that counts.
    assert calls == [(1, 32, 32, 3)] * 2 + [(32, 32, 32, 3)] * 2
    assert set(found['model']) == {'1', '32'}
