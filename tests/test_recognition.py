import dataclasses
import io
import json
import math
import shutil

import faces_photographs as photographs
import numpy as np
import pytest
import skimage
from faces_photographs import candid, portrait
from PIL import Image

from cafer_tf import datasets, faces, features, recognition
from cafer_tf.faces import Face, NoFaceError
from cafer_tf.recognition import is_crop, parameters, recognise, recognise_file
from cafer_tf.serving import ModelError, Predictor


@pytest.fixture(scope='module')
def as_is(untrained):
    return Predictor(untrained)


@pytest.fixture(scope='module')
def of_crops(as_is, tmp_path_factory):
    """The same network, as if it had learned from faces that were cropped from photographs."""
    folder = shutil.copytree(as_is.directory, tmp_path_factory.mktemp('of_crops') / '1')
    facts = json.loads((folder / 'assets.extra' / 'cafer.json').read_text())
    facts['config']['faces'].update(source='given', size=40, margin=0.4)
    (folder / 'assets.extra' / 'cafer.json').write_text(json.dumps(facts))
    return Predictor(folder)


@pytest.fixture(scope='module')
def pair():
    """Two faces, the second one larger."""
    parts = [
        (candid(index), photographs.turned(len(candid(index)), degrees, middle, scale))
        for index, degrees, middle, scale in ((0, 8, (170, 200), 0.8), (1, -10, (450, 220), 1.2))
    ]
    return photographs.photograph(parts)


def test_every_face_is_answered_as_its_crop_would_be(of_crops, pair):
    found = recognise(of_crops, pair)
    assert [face.box[0] + face.box[2] / 2 for face in found] == pytest.approx([450, 170], abs=30)
    config = dataclasses.replace(of_crops.config.faces, source='detect')
    detected = faces.detect(pair, config.min_confidence)
    # What ingestion would store of each face, asked by the signature that a server has.
    answers = of_crops.predict([faces.stored(faces.crop(pair, face, config), config.quality) for face in detected])
    for face, place, answer in zip(found, detected, answers, strict=True):
        assert (face.box, face.left_eye, face.right_eye, face.confidence) == tuple(place)
        expected = (answer.valence, answer.arousal, answer.intensity)
        assert (face.valence, face.arousal, face.intensity) == pytest.approx(expected, abs=1e-5)
    assert abs(found[0].valence - found[1].valence) > 1e-3  # so that an answer for the other face would show


def test_a_real_photograph_is_answered_by_a_model_of_cropped_faces(as_is):
    photograph = recognise_file(as_is, photographs.encoded(skimage.data.astronaut()))
    (face,) = photograph.faces
    assert not photograph.whole
    assert np.abs(np.subtract([face.left_eye, face.right_eye], [[204, 100], [246, 103]])).max() < 5
    (crop,) = photograph.crops
    np.testing.assert_allclose(recognition.predicted(as_is, [crop])[0], [face.valence, face.arousal], atol=1e-6)


def test_a_model_of_cropped_faces_gets_faces_that_are_cropped_alike(as_is):
    config = parameters(as_is.config)
    size = config.size
    (left, level), (right, _) = faces.eye_places(config)
    rendered = np.array([np.array(portrait(index).eyes) / 200 for index in range(6)])
    distance, height = rendered[:, 1, 0] - rendered[:, 0, 0], rendered[:, :, 1]
    assert (right - left) / size == pytest.approx(distance.mean(), abs=0.03)
    assert (level + 0.5) / size == pytest.approx(height.mean(), abs=0.05)


def test_an_image_that_looks_like_a_crop_is_taken_whole_by_a_model_of_crops_alone(as_is, of_crops):
    data = photographs.encoded(candid(0))
    whole = recognise_file(as_is, data)
    (answer,) = as_is.predict([data])
    assert (whole.whole, whole.found) == (True, 1)
    assert (whole.faces[0].valence, whole.faces[0].arousal) == (answer.valence, answer.arousal)
    assert not recognise_file(of_crops, data).whole
    forced = recognise_file(of_crops, data, whole=True)
    assert (forced.whole, forced.found) == (True, 0)
    assert forced.faces[0].valence == of_crops.predict([data])[0].valence


def test_a_face_that_is_not_there_is_none(as_is, of_crops):
    wall = np.full((120, 200, 3), 128, np.uint8)
    assert recognise(as_is, wall) == []
    for predictor, image in ((as_is, wall), (of_crops, wall[:, :120])):
        with pytest.raises(NoFaceError, match='no face found'):
            recognise_file(predictor, photographs.encoded(image))


def test_an_image_that_the_model_refuses_is_unusable_and_the_model_is_not(as_is):
    side = math.isqrt(features.MAX_PIXELS) + 1
    file = io.BytesIO()
    Image.new('L', (side, side)).save(file, 'PNG', compress_level=1)
    with pytest.raises(datasets.UnusableImage, match='too large'):
        recognise_file(as_is, file.getvalue(), whole=True)


def test_what_looks_like_a_crop():
    image = np.zeros((100, 104, 3), np.uint8)
    large, small = Face((20, 10, 60, 70)), Face((20, 10, 40, 50))
    assert is_crop(image, [large])
    assert is_crop(image, [])
    assert not is_crop(image, [small])
    assert not is_crop(image, [large, small])
    assert not is_crop(image[:70], [])


def test_a_face_at_the_edge_that_cannot_be_cropped_is_left_out(as_is):
    config = parameters(as_is.config)
    inside, outside = Face((10, 10, 40, 40)), Face((-60, 10, 40, 40))
    kept, crops = recognition.cropped(np.zeros((80, 90, 3), np.uint8), [outside, inside], config)
    assert kept == [inside]
    assert [crop.shape for crop in crops] == [(config.size, config.size, 3)]


def test_answers_that_are_no_numbers_are_refused(as_is):
    broken = Predictor(as_is.directory)
    broken._model.head.variables[-1].assign([np.nan, 0.0])
    with pytest.raises(ModelError, match='answers NaN'):
        recognition.predicted(broken, [candid(0)])
    with pytest.raises(ModelError, match='answers NaN'):
        recognise_file(broken, photographs.encoded(candid(0)), whole=True)
