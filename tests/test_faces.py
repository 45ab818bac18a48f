"""Detection, alignment and cropping, on rendered faces whose eyes are known, and on one photograph."""

import dataclasses
import io
import pathlib
import subprocess
import sys

import faces_photographs as photographs
import numpy as np
import pytest
from PIL import Image
from skimage import data as photographs_of_skimage
from skimage.transform import SimilarityTransform

from cafer_tf import faces
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import UnusableImage
from cafer_tf.faces import detection

DETECT = FacesConfig(source='detect', size=96)
GIVEN = FacesConfig(source='given', size=96)
RESIZED = FacesConfig(source='as_is', size=96)


def scene(index: int, degrees: float = 0.0, middle=(320.0, 240.0), scale: float = 1.0):
    """A photograph of a portrait, and the eyes and the chin in it."""
    face = photographs.portrait(index)
    transform = photographs.turned(len(face.image), degrees, middle, scale)
    left, right, chin = (tuple(point) for point in transform(np.array([*face.eyes, face.chin])))
    return photographs.photograph([(face.image, transform)]), (left, right), chin


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Mean absolute difference, in grey levels of 255."""
    return float(np.abs(first.astype(float) - second.astype(float)).mean())


def reason(data: bytes, config: FacesConfig, **given) -> str:
    with pytest.raises(UnusableImage) as raised:
        faces.prepare(data, config, **given)
    return str(raised.value)


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


@pytest.mark.parametrize('shape', [(1, 1), (1, 300), (300, 1), (8, 8), (19, 19), (24, 900), (480, 640)])
def test_an_image_without_a_face_is_a_reason(shape):
    blank = photographs.encoded(np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8))
    assert reason(blank, DETECT) == 'no face found'


@pytest.mark.parametrize('config', [DETECT, GIVEN, RESIZED])
def test_damage_is_a_reason(config):
    whole = photographs.encoded(scene(0)[0], 'JPEG')
    assert reason(b'', config) == 'empty file'
    assert reason(b'neither', config) == 'not an image'
    assert reason(whole[: len(whole) // 2], config) == 'truncated image'
    assert reason(photographs.encoded(scene(0)[0], 'BMP'), config) == 'BMP image, only JPEG and PNG are read'


@pytest.mark.filterwarnings('error')
def test_every_colour_mode_is_read():
    picture = Image.fromarray(scene(1)[0])
    grey = picture.convert('L')
    palette = picture.quantize(256)
    palette.info['transparency'] = bytes(range(256))
    clear = picture.convert('RGBA')
    clear.putalpha(0)
    forms = {
        'grey': photographs.encoded(grey),
        'grey, transparent': photographs.encoded(grey.convert('LA')),
        'grey, 16 bits': photographs.encoded(Image.fromarray(np.asarray(grey).astype(np.uint16) * 256 + 17)),
        'transparent': photographs.encoded(clear),
        'palette': photographs.encoded(palette),
        'CMYK': photographs.encoded(picture.convert('CMYK'), 'JPEG', quality=95),
        'grey JPEG': photographs.encoded(grey, 'JPEG', quality=95),
    }
    colour, without = (
        photographs.decoded(faces.prepare(photographs.encoded(image), RESIZED)) for image in (picture, grey)
    )
    for name, data in forms.items():
        shown = photographs.decoded(faces.prepare(data, RESIZED))
        assert shown.shape == (96, 96, 3), name
        assert apart(shown, without if 'grey' in name else colour) < 3, name
    bits = photographs.encoded(grey.convert('1'))
    assert photographs.decoded(faces.prepare(bits, RESIZED)).shape == (96, 96, 3)


def test_the_exif_orientation_is_followed_but_for_given_places():
    picture = Image.fromarray(scene(1)[0])
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise when shown
    lying = photographs.encoded(picture.transpose(Image.Transpose.ROTATE_90), exif=exif)
    upright = photographs.encoded(picture)
    assert faces.prepare(lying, DETECT) == faces.prepare(upright, DETECT)
    assert faces.prepare(lying, RESIZED) == faces.prepare(upright, RESIZED)
    stored = photographs.encoded(picture.transpose(Image.Transpose.ROTATE_90))
    box = (100, 150, 80, 80)
    assert faces.prepare(lying, GIVEN, box) == faces.prepare(stored, GIVEN, box)


def test_as_is_passes_bytes_through_or_resizes_the_central_square():
    image = scene(1)[0]
    data = photographs.encoded(image)
    assert faces.prepare(data, FacesConfig()) is data
    resized = faces.prepare(data, RESIZED)
    with Image.open(io.BytesIO(resized)) as written:
        assert (written.format, written.size) == ('JPEG', (96, 96))
    square = Image.fromarray(image[:, 80:560]).resize((96, 96), Image.Resampling.BILINEAR)
    assert apart(photographs.decoded(resized), np.asarray(square)) < 2
    exact = dataclasses.replace(RESIZED, size=480)
    assert (faces.crop(image, faces.face_of(image, exact), exact) == image[:, 80:560]).all()
    with pytest.raises(faces.FacesError, match=r'set faces\.size'):
        faces.crop(image, faces.face_of(image, RESIZED), FacesConfig())


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
