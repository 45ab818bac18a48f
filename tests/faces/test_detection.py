"""The detector, on rendered faces whose eyes are known, and on one photograph."""

import pathlib
import subprocess
import sys

import faces_photographs as photographs
import numpy as np
import pytest
from faces_photographs import reason, scene
from PIL import Image
from skimage import data as photographs_of_skimage

from cafer_tf import faces
from cafer_tf.config import FacesConfig
from cafer_tf.faces import detection

DETECT = FacesConfig(source='detect', size=96)


def test_finds_at_least_95_percent_of_turned_faces_in_larger_photographs():
    found = 0
    for index in range(40):
        rng = np.random.default_rng([1, index])
        face = photographs.candid(index)
        width, height = (900, 1200) if index % 10 == 0 else (640, 480) if index % 2 else (500, 400)
        middle = tuple(rng.uniform(170, [width - 170, height - 170]))
        turn = photographs.turned(len(face), float(rng.uniform(-25, 25)), middle)
        image = photographs.photograph([(face, turn)], (width, height), int(rng.integers(30, 220)))
        for detected in faces.detect(image):
            left, top, width_, height_ = detected.box
            found += abs(left + width_ / 2 - middle[0]) < 50 and abs(top + height_ / 2 - middle[1]) < 50
    assert 38 <= found <= 40


def test_finds_the_eyes_where_they_are():
    for index, degrees in ((0, -20.0), (1, 0.0), (2, 12.0), (3, 20.0)):
        image, eyes, _ = scene(index, degrees)
        face = faces.detect(image)[0]
        distance = np.hypot(*np.subtract(*eyes))
        assert np.abs(np.subtract([face.left_eye, face.right_eye], eyes)).max() < 0.12 * distance


def test_finds_a_real_face_at_both_ends_of_the_scale():
    image = photographs_of_skimage.astronaut()
    small, large = (np.asarray(Image.fromarray(image).resize((side, side))) for side in (200, 3000))
    for picture in (small, large):
        (face,) = faces.detect(picture)
        eyes = np.array([face.left_eye, face.right_eye]) * 512 / len(picture)
        assert np.abs(eyes - [[204, 100], [246, 103]]).max() < 5


def test_finds_faces_that_fill_the_image_and_their_eyes():
    found = 0
    for index in range(10):
        whole = photographs.candid(index)
        side = len(whole)
        left, top = side // 5, side // 6
        loose, tight = faces.detect(whole), faces.detect(whole[top : side * 9 // 10, left : side * 4 // 5])
        if loose and tight:
            eyes = np.array([loose[0].left_eye, loose[0].right_eye]) - (left, top)
            found += np.abs(np.subtract([tight[0].left_eye, tight[0].right_eye], eyes)).max() < 0.04 * side
    assert found >= 7


def test_the_largest_of_several_faces_comes_first():
    small, large = photographs.portrait(1).image, photographs.portrait(3).image
    parts = [
        (small, photographs.turned(200, 0, (130, 150), 0.6)),
        (large, photographs.turned(200, 5, (430, 270), 1.5)),
    ]
    found = faces.detect(photographs.photograph(parts))
    assert len(found) == 2
    assert found[0].box[0] > 250 > found[1].box[0]
    assert faces.face_of(photographs.photograph(parts), DETECT) == found[0]


def test_the_least_confidence_is_kept():
    image, _, _ = scene(0)
    best = faces.detect(image)[0].confidence
    assert faces.detect(image, min_confidence=best - 1e-4)
    assert not [face for face in faces.detect(image, min_confidence=0.999999) if face.confidence <= 0.999999]


@pytest.mark.parametrize('shape', [(1, 1), (1, 300), (300, 1), (8, 8), (19, 19), (24, 900), (480, 640)])
def test_an_image_without_a_face_is_a_reason(shape):
    blank = photographs.encoded(np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8))
    assert reason(blank, DETECT) == 'no face found'


def test_importing_loads_no_tensorflow_and_a_missing_mtcnn_is_named():
    code = (
        'import sys, numpy\n'
        "sys.modules['mtcnn'] = None\n"
        'from cafer_tf import faces\n'
        "assert 'tensorflow' not in sys.modules\n"
        'try:\n'
        '    faces.detect(numpy.zeros((64, 64, 3), numpy.uint8))\n'
        'except faces.FacesError as error:\n'
        '    print(error)\n'
    )
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert 'pip install "cafer-tf[faces]"' in run.stdout


def test_weights_are_never_read_from_the_current_folder(tmp_path: pathlib.Path, monkeypatch):
    for name in ('pnet', 'rnet', 'onet'):
        (tmp_path / f'{name}.lz4').write_bytes(b'not weights')
    monkeypatch.chdir(tmp_path)
    detection._load.cache_clear()
    assert faces.detect(scene(1)[0])
