"""From the bytes of a file to the bytes of its face."""

import dataclasses
import io

import faces_photographs as photographs
import numpy as np
import pytest
from faces_photographs import apart, reason, scene
from PIL import Image

from cafer_tf import faces
from cafer_tf.config import FacesConfig

DETECT = FacesConfig(source='detect', size=96)
GIVEN = FacesConfig(source='given', size=96)
RESIZED = FacesConfig(source='as_is', size=96)


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
