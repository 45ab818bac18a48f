"""Faces that a data set describes."""

import dataclasses

import faces_photographs as photographs
import numpy as np
import pytest
from faces_photographs import apart, reason, scene

from cafer_tf import faces
from cafer_tf.config import FacesConfig

DETECT = FacesConfig(source='detect', size=96)
GIVEN = FacesConfig(source='given', size=96)


def test_given_landmarks_and_the_detector_agree():
    image, eyes, chin = scene(1)
    landmarks = photographs.landmarks(eyes, chin)
    given = faces.face_of(image, GIVEN, landmarks=landmarks)
    assert np.abs(np.subtract([given.left_eye, given.right_eye], eyes)).max() < 1e-6
    detected = faces.face_of(image, DETECT)
    assert max(given.box[2:]) == pytest.approx(max(detected.box[2:]), rel=0.1)
    assert np.abs(_middle(given) - _middle(detected)).max() < 0.06 * max(detected.box[2:])
    data = photographs.encoded(image)
    crops = [faces.prepare(data, GIVEN, landmarks=landmarks), faces.prepare(data, DETECT)]
    assert apart(*map(photographs.decoded, crops)) < 8


def _middle(face: faces.Face) -> np.ndarray:
    return np.array(face.box[:2]) + np.array(face.box[2:]) / 2


def test_eyes_are_the_means_of_points_36_to_41_and_42_to_47():
    landmarks = np.full((68, 2), 1000.0)
    landmarks[36:42] = [[1, 2], [3, 2], [5, 2], [5, 8], [3, 8], [1, 8]]
    landmarks[42:48] = np.array([[11, 4]]) + np.arange(6)[:, None]
    assert faces.eyes_of(landmarks.ravel()) == ((3, 5), (13.5, 6.5))


def test_landmarks_come_before_a_box_only_to_align():
    image, eyes, chin = scene(1)
    landmarks, box = photographs.landmarks(eyes, chin), (1.0, 2.0, 30.0, 40.0)
    assert faces.face_of(image, GIVEN, box, landmarks) == faces.face_of(image, GIVEN, None, landmarks)
    level = dataclasses.replace(GIVEN, align=False)
    assert faces.face_of(image, level, box, landmarks) == faces.Face(box)
    assert faces.face_of(image, level, [], landmarks).left_eye is not None


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, 'no face box or landmarks'),
        ({'box': [], 'landmarks': ()}, 'no face box or landmarks'),
        ({'box': (1, 2, 0, 5)}, 'face box without a size'),
        ({'box': (1, 2, 5, -5)}, 'face box without a size'),
        ({'box': (1, 2, 5, float('nan'))}, 'face box without a size'),
        ({'box': (1, 2, 5)}, 'face box without a size'),
        ({'box': (0.1, 0.2, 0.5, 0.5)}, 'face box without a size'),
        ({'box': (900, 2, 50, 50)}, 'face outside the image'),
        ({'box': (-60, -60, 50, 50)}, 'face outside the image'),
        ({'box': (-1e300, -1e300, 2e300, 2e300)}, 'face larger than the image'),
        ({'landmarks': (1.0,) * 10}, 'landmarks that are not 68 points'),
        ({'landmarks': (1.0,) * 135 + (float('inf'),)}, 'landmarks that are not 68 points'),
        ({'landmarks': (1.0,) * 136}, 'face box without a size'),
    ],
)
def test_a_description_of_no_face_is_a_reason(given, expected):
    assert reason(photographs.encoded(np.zeros((80, 100, 3), np.uint8)), GIVEN, **given) == expected
