"""Images: what changes them and what does not."""

import dataclasses

import numpy as np
import pytest

from cafer_tf.synthesis import EXPRESSIONS, Scene, express, make_person, named, render_face
from cafer_tf.synthesis.head import Part
from cafer_tf.synthesis.raster import rasterise

SIZE = 64


@pytest.fixture(scope='module')
def person():
    return make_person(0, 3)


def show(person, expression, strength=1.0, scene=None):
    weights = express(named(expression, strength).units, person.style, 0)
    return render_face(person, weights, scene or Scene(), SIZE).astype(float)


def test_an_image_is_uint8_rgb(person):
    image = render_face(person, {}, Scene(), 48)
    assert image.shape == (48, 48, 3)
    assert image.dtype == np.uint8
    assert image.std() > 20


@pytest.mark.parametrize('expression', EXPRESSIONS)
def test_every_expression_changes_the_face_and_more_so_when_stronger(person, expression):
    neutral = show(person, 'neutral')
    half, full = (np.abs(show(person, expression, strength) - neutral).mean() for strength in (0.5, 1.0))
    assert 0.4 < half < full


def test_no_two_expressions_look_alike(person):
    images = {name: show(person, name) for name in ('neutral', *EXPRESSIONS)}
    names = list(images)
    for row, first in enumerate(names):
        for second in names[row + 1 :]:
            assert np.abs(images[first] - images[second]).mean() > 0.8, (first, second)


def test_only_the_mouth_moves_when_only_the_jaw_does(person):
    neutral = render_face(person, {}, Scene(), SIZE).astype(float)
    opened = render_face(person, {'unit/jawOpen': 0.7}, Scene(), SIZE).astype(float)
    change = np.abs(opened - neutral).mean(-1)
    assert change[int(0.6 * SIZE) :].mean() > 4
    assert change[: int(0.45 * SIZE)].mean() < 0.1


def test_the_eyes_are_at_their_level_and_the_face_fills_the_frame():
    background = Scene(background=(((0.0, 1.0, 0.0),),))
    for index in range(4):
        person = make_person(1, index)
        image = render_face(person, {}, background, SIZE).astype(int)
        outside = (image[..., 1] > 240) & (image[..., 0] < 30)
        assert outside.mean() < 0.45
        assert not outside[: int(0.9 * SIZE), SIZE // 3 : 2 * SIZE // 3].any(), 'a hole in the face or the neck'
        # Corners that show the background at the bottom would be the cut of the neck; shoulders leave the frame.
        assert not outside[-1, SIZE // 4 : 3 * SIZE // 4].any()


@pytest.mark.parametrize(
    'change',
    [{'yaw': 0.2}, {'pitch': 0.1}, {'roll': 0.1}, {'gaze': 0.7}, {'azimuth': -0.6}, {'zoom': 1.1}, {'key': 0.4}],
)
def test_every_part_of_the_scene_shows(person, change):
    image = show(person, 'neutral')
    assert np.abs(show(person, 'neutral', scene=dataclasses.replace(Scene(), **change)) - image).mean() > 0.1


def test_teeth_are_drawn_only_over_the_lining_of_the_mouth():
    # Three triangles that cover the whole image; the teeth are nearest.
    corners = np.array([[-50, -50], [-50, 150], [150, -50]], np.float32)
    screen = np.concatenate([np.insert(corners, 2, depth, axis=1) for depth in (0, 1)]).astype(np.float32)
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    for behind, visible in ((Part.SKIN, 0), (Part.MOUTH, 1)):
        triangle, _, _ = rasterise(screen, triangles, np.array([behind, Part.TEETH], np.int32), 8)
        assert (triangle == visible).all()
