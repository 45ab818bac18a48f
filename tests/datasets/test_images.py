"""An image is used only if it decodes to its last row."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from cafer_tf.datasets import UnusableImage, check_image, check_stored, load_image


def encoded(image_format: str, mode: str = 'RGB', size: int = 48, **options: bool) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (size, size, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, image_format, **options)
    return stream.getvalue()


def accepted(data: bytes) -> bool:
    try:
        check_image(data)
    except UnusableImage:
        return False
    return True


def decodes(data: bytes) -> bool:
    """Whether training could read the image, by the call that it makes."""
    try:
        tf.io.decode_image(data, channels=3, expand_animations=False)
    except tf.errors.InvalidArgumentError:
        return False
    return True


KINDS = {
    'jpeg': encoded('JPEG'),
    'grey jpeg': encoded('JPEG', 'L'),
    'progressive jpeg': encoded('JPEG', progressive=True),
    'png': encoded('PNG'),
    'palette png': encoded('PNG', 'P'),
    'two-level png': encoded('PNG', '1'),
}
kinds = pytest.mark.parametrize('data', [pytest.param(data, id=kind) for kind, data in KINDS.items()])


@pytest.mark.parametrize(
    ('image_format', 'mode', 'name'),
    [
        ('JPEG', 'RGB', 'jpeg'),
        ('JPEG', 'L', 'jpeg'),
        ('PNG', 'RGB', 'png'),
        ('PNG', 'RGBA', 'png'),
        ('PNG', 'P', 'png'),
    ],
)
def test_names_the_format(image_format, mode, name):
    assert check_image(encoded(image_format, mode)) == name


@pytest.mark.parametrize('image_format', ['JPEG', 'PNG'])
@pytest.mark.parametrize('kept', [0.3, 0.6, 0.9])
def test_a_truncated_image_is_refused(image_format, kept):
    data = encoded(image_format)
    with pytest.raises(UnusableImage, match=r'truncated|damaged'):
        check_image(data[: int(len(data) * kept)])


@kinds
def test_an_image_cut_anywhere_at_its_end_is_truncated(data):
    for cut in range(1, 41):
        with pytest.raises(UnusableImage, match=r'^(truncated image|damaged image .*)$'):
            check_image(data[:-cut])
        assert not decodes(data[:-cut])


def test_a_png_without_its_whole_last_chunk_is_called_truncated():
    for cut in range(1, 21):
        with pytest.raises(UnusableImage, match=r'^truncated image$'):
            check_image(KINDS['png'][:-cut])


def test_a_png_whose_last_chunk_has_a_wrong_checksum_is_refused():
    data = KINDS['png'][:-1] + bytes([KINDS['png'][-1] ^ 1])
    assert not decodes(data)
    with pytest.raises(UnusableImage, match=r'^truncated image$'):
        check_image(data)


@kinds
def test_bytes_behind_the_end_do_no_harm(data):
    assert decodes(data + b'from the camera')
    assert accepted(data + b'from the camera')


@kinds
def test_what_is_accepted_can_be_trained_on(data):
    random = np.random.default_rng(0)
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(data)
        for position in random.integers(0, len(data), random.integers(0, 3)):
            damaged[position] ^= int(random.integers(1, 256))
        kept = bytes(damaged[: random.integers(1, len(data))] if random.random() < 0.2 else damaged)
        assert decodes(kept) or not accepted(kept)
        outcomes.add(accepted(kept))
    assert outcomes == {True, False}


def test_damage_that_looks_like_a_segment_beyond_the_end_is_refused():
    data = bytearray(KINDS['jpeg'])
    data[1565] = 0xE0  # stuffing behind 0xff becomes an application segment
    assert data[1564] == 0xFF
    assert not decodes(bytes(data))
    assert not accepted(bytes(data))


def test_a_damaged_image_is_refused():
    data = bytearray(encoded('PNG'))
    data[len(data) // 2] ^= 255
    with pytest.raises(UnusableImage, match=r'damaged|truncated'):
        check_image(bytes(data))


def test_what_is_no_image_is_refused():
    with pytest.raises(UnusableImage, match=r'^empty file$'):
        check_image(b'')
    with pytest.raises(UnusableImage, match=r'^not an image$'):
        check_image(b'<html>not found</html>')
    with pytest.raises(UnusableImage, match=r'^BMP image, only JPEG and PNG are read$'):
        check_image(encoded('BMP'))


def test_an_enormous_image_is_refused_before_it_is_decoded():
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))

    header = struct.pack('>IIBBBBB', 12_000, 12_000, 8, 2, 0, 0, 0)
    bomb = (
        b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(b'\0' * 100)) + chunk(b'IEND', b'')
    )
    with pytest.raises(UnusableImage, match='more pixels'):
        check_image(bomb)


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded():
    data = encoded('JPEG', progressive=True)
    start, end = data.rindex(b'\xff\xda'), data.rindex(b'\xff\xd9')
    assert check_image(data[:end] + 10 * data[start:end] + data[end:]) == 'jpeg'
    with pytest.raises(UnusableImage, match=r'^more than 64 scans$'):
        check_image(data[:end] + 70 * data[start:end] + data[end:])


def test_what_is_stored_is_no_larger_than_what_is_served():
    stream = io.BytesIO()
    Image.new('L', (8192, 4097)).save(stream, 'PNG')
    assert check_image(stream.getvalue()) == 'png'  # to crop a face from
    with pytest.raises(UnusableImage, match=r'^more than 33\.6 million pixels or 32 MiB$'):
        check_stored(stream.getvalue())


def test_a_missing_or_unreadable_file_is_refused(tmp_path):
    with pytest.raises(UnusableImage, match=r'^missing file$'):
        load_image(tmp_path / 'x.jpg')
    with pytest.raises(UnusableImage, match='unreadable file'):
        load_image(tmp_path)
