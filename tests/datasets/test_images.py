"""An image is used only if it decodes to its last row."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cafer_tf.datasets import UnusableImage, check_image, load_image


def encoded(image_format: str, mode: str = 'RGB', size: int = 48) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (size, size, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, image_format)
    return stream.getvalue()


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


def test_a_missing_or_unreadable_file_is_refused(tmp_path):
    with pytest.raises(UnusableImage, match=r'^missing file$'):
        load_image(tmp_path / 'x.jpg')
    with pytest.raises(UnusableImage, match='unreadable file'):
        load_image(tmp_path)
