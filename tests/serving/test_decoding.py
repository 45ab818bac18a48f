"""Whatever is in a request, each image gets its pixels or a status, and the others theirs."""

import io
import struct
import zlib

import fuzz_images
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from cafer_tf import input
from cafer_tf.config import InputConfig
from cafer_tf.features import MAX_BYTES, MAX_SCANS
from cafer_tf.serving import STATUSES, Status, decoding, headers, orientation

CONFIG = InputConfig(image_size=32)
PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'


def saved(form: str, mode: str = 'RGB', size: tuple[int, int] = (50, 70), **options: object) -> bytes:
    """Smooth colours, which survive JPEG."""
    colours = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC).convert(mode).save(stream, form, **options)
    return stream.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))


def png_of(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds nothing."""
    header = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
    return PNG_SIGNATURE + header + chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b'')


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG that says to be larger than it is; decoders fill up what is missing."""
    place = JPEG.index(b'\xff\xc0') + 5
    return JPEG[:place] + struct.pack('>HH', height, width) + JPEG[place + 4 :]


JPEG, PNG = saved('JPEG'), saved('PNG')
SCAN = JPEG[JPEG.index(b'\xff\xda') : -2]
GOOD = {
    'jpeg': JPEG,
    'progressive jpeg': saved('JPEG', progressive=True),
    'grey jpeg': saved('JPEG', 'L'),
    'cmyk jpeg': saved('JPEG', 'CMYK'),
    'jpeg of two pictures': saved('MPO', save_all=True, append_images=[Image.new('RGB', (50, 70))]),
    'jpeg and more': JPEG + b'more',
    'jpeg and a film': JPEG + np.random.default_rng(0).bytes(6_000_000),  # marks of scans come up by chance
    'png': PNG,
    'grey png': saved('PNG', 'L'),
    'png of two colours': saved('PNG', '1'),
    'palette png': saved('PNG', 'P'),
    'transparent png': saved('PNG', 'RGBA'),
    'transparent grey png': saved('PNG', 'LA'),
    'png and more': PNG + b'more',
}
BAD = {
    Status.EMPTY: [b''],
    Status.NOT_AN_IMAGE: [
        b'no image',
        b'\x00',
        b'BMW is a make of cars',
        b'RIFF\x00\x00\x00\x00WAVE',
        b'\xff\xd8',
        PNG[1:],
    ],
    Status.UNSUPPORTED_FORMAT: [
        *(saved(form) for form in ('GIF', 'BMP', 'WEBP', 'TIFF', 'ICO', 'PPM', 'AVIF', 'JPEG2000')),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
    Status.CORRUPT: [
        *(JPEG[:end] for end in (3, 20, 200, len(JPEG) // 2, -2, -1)),
        *(PNG[:end] for end in (8, 20, 40, len(PNG) // 2, -12, -1)),
        PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:],  # among the compressed data: the checksum is another one
        png_of(0, 0),
        PNG_SIGNATURE + chunk(b'abCd', struct.pack('>II', 1, 1)) + PNG[8:],  # its size is not where it is looked for
    ],
    Status.TOO_LARGE: [
        *(jpeg_of(*sides) for sides in ((8192, 4097), (65_000, 65_000))),
        *(png_of(*sides) for sides in ((8192, 4097), (2**31 - 1, 2**31 - 1), (2**32 - 1, 2**32 - 1))),
        JPEG[:-2] + MAX_SCANS * SCAN + JPEG[-2:],
        JPEG + b'\x00' * MAX_BYTES,
    ],
}


@pytest.fixture(scope='module')
def decode():
    return tf.function(
        lambda encoded: decoding.decode(encoded, CONFIG), input_signature=[tf.TensorSpec([None], tf.string)]
    )


def alone(data: bytes) -> np.ndarray:
    """What evaluation sees."""
    return input.preprocess(tf.constant(data), CONFIG).numpy()


@pytest.mark.parametrize('company', [[], [JPEG[:-2]]], ids=['all good', 'one truncated'])
def test_pixels_are_those_of_evaluation_bit_by_bit(decode, company):
    found = decode(tf.constant([*GOOD.values(), *company]))
    assert found.status.numpy().tolist() == [Status.OK] * len(GOOD) + [Status.CORRUPT] * len(company)
    for name, data, pixels in zip(GOOD, GOOD.values(), found.pixels.numpy(), strict=False):
        np.testing.assert_array_equal(pixels, alone(data), err_msg=name)


def test_pixels_are_what_a_viewer_shows(decode):
    found = decode(tf.constant(list(GOOD.values())))
    for name, data, pixels in zip(GOOD, GOOD.values(), found.pixels.numpy(), strict=True):
        shown = np.asarray(Image.open(io.BytesIO(data)).convert('RGB'), np.float32) / 255
        np.testing.assert_allclose(pixels, input.fit(tf.constant(shown), CONFIG), atol=0.03, err_msg=name)


def test_of_sixteen_bits_the_upper_half_counts(decode):
    levels = np.random.default_rng(0).integers(0, 2**16, (32, 32), np.uint16)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, 'PNG')
    pixels, status = decode(tf.constant([stream.getvalue()]))
    assert status.numpy().tolist() == [Status.OK]
    expected = np.repeat((levels >> 8)[..., np.newaxis], 3, axis=2).astype(np.float32) / 255
    np.testing.assert_allclose(pixels[0], input.fit(tf.constant(expected), CONFIG), atol=1e-6)


def test_each_image_gets_its_own_status(decode):
    images = [(status, data) for status, several in BAD.items() for data in several]
    mixed = [pair for bad in images for pair in (bad, (Status.OK, JPEG))]
    found = decode(tf.constant([data for _, data in mixed]))
    assert found.status.dtype == tf.int32
    assert found.status.numpy().tolist() == [status for status, _ in mixed]
    pixels = found.pixels.numpy()
    assert not pixels[::2].any()
    np.testing.assert_array_equal(pixels[1::2], np.broadcast_to(alone(JPEG), pixels[1::2].shape))


@pytest.mark.parametrize('data', [[], [b''], [JPEG[:-2]], [PNG[:-1], JPEG[:9]]], ids=['none', 'empty', 'one', 'two'])
def test_a_request_without_a_good_image_is_answered(decode, data):
    found = decode(tf.constant(data, tf.string))
    assert found.pixels.shape == (len(data), 32, 32, 3)
    assert np.all(found.status.numpy() != Status.OK)


def test_the_largest_image_is_accepted():
    assert headers.look(tf.constant([png_of(8192, 4096), JPEG])).status.numpy().tolist() == [Status.OK] * 2


def test_each_status_has_a_name():
    assert len(STATUSES) == len(Status) == 6
    assert [STATUSES[status] for status in (0, 1, 2, 4)] == ['ok', 'empty', 'not an image', 'truncated or corrupt']


def exif(order: str, value: int) -> bytes:
    """A directory of three entries, of which the second is the orientation; `order` as `struct` names it."""
    entries = [
        (0x010F, 2, 4, b'abc\x00'),
        (0x0112, 3, 1, struct.pack(f'{order}HH', value, 0)),
        (0x0132, 2, 1, bytes(4)),
    ]
    head = {'<': b'II', '>': b'MM'}[order] + struct.pack(f'{order}HIH', 42, 8, len(entries))
    return b'Exif\x00\x00' + head + b''.join(struct.pack(f'{order}HHI4s', *entry) for entry in entries) + bytes(4)


@pytest.mark.parametrize('order', ['<', '>'])
def test_photographs_are_turned_upright(decode, order):
    images = [saved('JPEG', size=(60, 80), exif=exif(order, value)) for value in range(1, 9)]
    stored, status = decode(tf.constant([*images, PNG]))
    pixels = orientation.turn_upright(stored, tf.constant([*images, PNG])).numpy()
    assert not status.numpy().any()
    np.testing.assert_array_equal(pixels[-1], alone(PNG))
    for value, data in enumerate(images, 1):
        stored = Image.fromarray(tf.io.decode_jpeg(data).numpy())
        stored.getexif()[0x0112] = value
        upright = tf.constant(np.asarray(ImageOps.exif_transpose(stored), np.float32) / 255)
        np.testing.assert_allclose(pixels[value - 1], input.fit(upright, CONFIG), atol=1e-5, err_msg=str(value))


def test_what_makes_no_sense_is_upright():
    said = exif('<', 6)
    images = [
        *(saved('JPEG', exif=exif(order, value)) for order in '<>' for value in (0, 9, 2**16 - 1)),
        *(b'\xff\xd8\xff\xe1\x00\x40' + said[:end] for end in (6, 10, 14, 16, 20, 30)),
        b'\xff\xd8\xff\xe1\x00\x40' + said[:10] + b'\xff' * 40,
        b'\xff\xd8\xff\xe2\x00\x40' + said,  # another kind of segment
        *(said, said[:6], b'', JPEG, PNG, b'x' * 2000 + said),
    ]
    assert orientation.orientations(tf.constant(images)).numpy().tolist() == [1] * len(images)
    assert orientation.orientations(tf.constant([saved('JPEG', exif=said)])).numpy().tolist() == [6]


@settings(max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(sorted(fuzz_images.IMAGES.items())).flatmap(lambda image: fuzz_images.damaged(image[1])),
        min_size=5,
        max_size=8,
    )
)
def test_damage_harms_nobody_else(decode, batch):
    found = decode(tf.constant([PNG, *batch]))
    status, pixels = found.status.numpy().tolist(), found.pixels.numpy()
    assert status[0] == Status.OK
    np.testing.assert_array_equal(pixels[0], alone(PNG))
    assert np.isfinite(pixels).all()
    for data, code, image in zip(batch, status[1:], pixels[1:], strict=True):
        # What can be decoded alone is decoded here, and nothing else is.
        try:
            whole = data.startswith(b'\xff\xd8\xff') or (data.startswith(PNG_SIGNATURE) and data[12:16] == b'IHDR')
            expected = alone(data) if whole else None
        except tf.errors.OpError:
            expected = None
        if code == Status.TOO_LARGE:
            continue
        assert (code == Status.OK) == (expected is not None), data
        if expected is not None and orientation.orientations(tf.constant([data])).numpy()[0] == 1:
            np.testing.assert_array_equal(image, expected)
