"""Alignment and cropping: where the eyes come to lie, and what does not change the crop."""

import dataclasses

import faces_photographs as photographs
import numpy as np
import pytest
from faces_photographs import apart, scene
from skimage import data as photographs_of_skimage
from skimage.transform import SimilarityTransform

from cafer_tf import faces
from cafer_tf.config import FacesConfig

DETECT = FacesConfig(source='detect', size=96)
GIVEN = FacesConfig(source='given', size=96)


@pytest.mark.parametrize('config', [dataclasses.replace(DETECT, margin=margin, size=64) for margin in (0.0, 0.3, 1.0)])
@pytest.mark.parametrize(('degrees', 'distance'), [(0, 20), (25, 31.7), (-25, 150), (180, 40), (90, 9)])
def test_aligned_eyes_are_level_and_at_the_stated_places(config, degrees, distance):
    eyes = SimilarityTransform(rotation=np.deg2rad(degrees), scale=distance, translation=(300.3, 210.8))(
        np.array([[-0.5, 0], [0.5, 0]])
    )
    y, x = np.mgrid[:480, :640]
    spots = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * (0.12 * distance) ** 2)) for a, b in eyes]
    image = np.round(np.stack([255 * spots[0], 255 * spots[1], np.zeros_like(spots[0])], -1)).astype(np.uint8)
    box = (300 - distance, 210 - distance, 3 * distance, 3 * distance)
    shown = faces.crop(image, faces.Face(box, tuple(eyes[0]), tuple(eyes[1])), config).astype(float)
    assert shown.shape == (64, 64, 3)
    rows, columns = np.mgrid[:64, :64]
    for channel, (place_x, place_y) in enumerate(faces.eye_places(config)):
        weight = shown[..., channel] / shown[..., channel].sum()
        assert (weight * columns).sum() == pytest.approx(place_x, abs=0.3)
        assert (weight * rows).sum() == pytest.approx(place_y, abs=0.3)


def test_the_eye_places_follow_from_the_stated_geometry():
    config = dataclasses.replace(DETECT, margin=0.5, size=120)
    # The tight square is 60 pixels of the 120 and starts at 30; the eyes are a third of it apart.
    level = 30 + 60 * faces.EYE_LEVEL - 0.5
    assert faces.eye_places(config) == (pytest.approx((49.5, level)), pytest.approx((69.5, level)))


def test_an_aligned_tight_crop_is_about_the_square_of_the_detected_box():
    pictures = [scene(index)[0] for index in range(5)] + [photographs_of_skimage.astronaut()]
    for image in pictures:
        face = faces.detect(image)[0]
        side = faces.EYE_SIDE * np.hypot(*np.subtract(face.left_eye, face.right_eye))
        assert max(face.box[2:]) / side == pytest.approx(1, abs=0.2)
        level = (np.mean([face.left_eye, face.right_eye], axis=0)[1] - face.box[1]) / face.box[3]
        assert level == pytest.approx(faces.EYE_LEVEL, abs=0.06)


def test_a_box_of_the_size_of_the_crop_is_copied():
    image = np.random.default_rng(0).integers(0, 256, (90, 110, 3), np.uint8)
    config = FacesConfig(source='given', size=40, margin=0)
    assert (faces.crop(image, faces.Face((17, 23, 40, 40)), config) == image[23:63, 17:57]).all()
    wide = dataclasses.replace(config, margin=0.25)  # a box of 40 / 1.5 is widened to 40 again
    side = 40 / 1.5
    face = faces.Face((17 + 20 - side / 2, 23 + 20 - side / 2, side, side / 2))
    moved = face._replace(box=(*face.box[:1], face.box[1] + side / 4, *face.box[2:]))
    assert apart(faces.crop(image, moved, wide), image[23:63, 17:57]) < 0.01


def test_without_alignment_the_box_decides():
    image, (left, right), _ = scene(2, 20)
    config = dataclasses.replace(GIVEN, align=False)
    box = (250.0, 150.0, 120.0, 140.0)
    assert (faces.crop(image, faces.Face(box, left, right), config) == faces.crop(image, faces.Face(box), GIVEN)).all()
    assert apart(faces.crop(image, faces.Face(box, left, right), GIVEN), faces.crop(image, faces.Face(box), GIVEN)) > 5


def test_a_profile_is_cropped_by_its_box():
    image, _, _ = scene(2)
    box = (260.0, 140.0, 120.0, 180.0)
    profile = faces.Face(box, (315.0, 205.0), (325.0, 215.0))
    assert (faces.crop(image, profile, GIVEN) == faces.crop(image, faces.Face(box), GIVEN)).all()


def test_beyond_the_image_its_edge_is_repeated():
    image = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    shown = faces.crop(image, faces.Face((-20, 10, 40, 40)), FacesConfig(source='given', size=40, margin=0))
    assert (shown[:, :20] == shown[:, 20:21]).all()
    assert (shown[:, 20:] == image[10:, :20]).all()
    corner = faces.crop(image, faces.Face((30, 30, 40, 40)), FacesConfig(source='given', size=40, margin=2))
    assert corner.shape == (40, 40, 3)
    assert (corner[-10:, -10:] == corner[-1, -1]).all()


def test_shrinking_does_not_alias():
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[:, ::2] = 255
    for side in (597, 350, 113, 97, 90):
        shown = faces.crop(stripes, faces.Face((0, 0, side, side)), FacesConfig(source='given', size=50, margin=0))
        assert np.abs(shown[2:-2, 2:-2].astype(int) - 128).max() < 20, side


@pytest.mark.parametrize(
    ('degrees', 'middle', 'scale'),
    [(0, (331.4, 228.7), 1), (20, (320, 240), 1), (-20, (320, 240), 1), (0, (300, 240), 1.37), (13, (250, 260), 0.7)],
)
def test_a_moved_turned_or_scaled_photograph_gives_nearly_the_same_crop(degrees, middle, scale):
    (first, eyes, _), (second, moved_eyes, _) = scene(1), scene(1, degrees, middle, scale)
    by_eyes = [
        faces.crop(image, faces.Face((point[0][0] - 40, point[0][1] - 40, 120, 120), *point), DETECT)
        for image, point in ((first, eyes), (second, moved_eyes))
    ]
    assert apart(*by_eyes) < 1.5
    detected = [photographs.decoded(faces.prepare(photographs.encoded(image), DETECT)) for image in (first, second)]
    assert apart(*detected) < 8
    stranger = photographs.decoded(faces.prepare(photographs.encoded(scene(3)[0]), DETECT))
    assert apart(detected[0], stranger) > 15


def test_the_same_photograph_gives_the_same_bytes():
    data = photographs.encoded(scene(1, 10)[0], 'JPEG', quality=90)
    assert faces.prepare(data, DETECT) == faces.prepare(data, DETECT)
    assert faces.prepare(data, DETECT) != faces.prepare(data, dataclasses.replace(DETECT, quality=60))
