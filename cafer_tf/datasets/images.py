"""Images are passed through byte for byte; here they are proven to decode first."""

from __future__ import annotations

import io
import pathlib
import re
import warnings

from PIL import Image, UnidentifiedImageError

from cafer_tf import features
from cafer_tf.datasets import tree

# A JPEG with more than one picture (MPO, from phones with depth cameras) decodes as a plain JPEG: its first picture.
_FORMATS = {'JPEG': 'jpeg', 'MPO': 'jpeg', 'PNG': 'png'}
_PNG_END = b'\x00\x00\x00\x00IEND\xaeB`\x82'
"""The last chunk of a PNG: no content, its name, and the checksum of that."""
_JPEG_SEGMENT = re.compile(rb'\xff[^\x00\x01\xd0-\xd7\xff]')
"""A JPEG's marker with a length behind it, or the end marker: neither pixels nor a restart among them."""
_JPEG_START, _JPEG_END = b'\xff\xd8', b'\xff\xd9'
_TOO_LARGE = f'more than {features.MAX_PIXELS / 1e6:.1f} million pixels or {features.MAX_BYTES >> 20} MiB'


class UnusableImage(ValueError):
    """An image that cannot be used; the message is the reason, without the path, so that reasons can be counted."""


def load_image(path: str | pathlib.Path) -> bytes:
    """The bytes of an image file.

    Args:
        path: of the file.

    Returns:
        All that it holds, which need not be an image: `check_image` says.

    Raises:
        UnusableImage: there is no such file, or it cannot be read.
    """
    try:
        return tree.read_bytes(path)
    except FileNotFoundError:
        raise UnusableImage('missing file') from None
    except OSError as error:
        raise UnusableImage(f'unreadable file ({error.strerror})') from None


def check_image(data: bytes) -> str:
    """Decodes an image in full, so that a truncated one is found now and not during training.

    Args:
        data: the file's bytes.

    Returns:
        `jpeg` or `png`.

    Raises:
        UnusableImage: empty, truncated, damaged, enormous, of too many scans, or neither JPEG nor PNG.
    """
    if not data:
        raise UnusableImage('empty file')
    if data.startswith(_JPEG_START) and data.count(features.START_OF_SCAN) > features.MAX_SCANS:
        raise UnusableImage(f'more than {features.MAX_SCANS} scans')
    try:
        with warnings.catch_warnings():
            # Pillow only warns about images of 90 to 180 million pixels: no face photograph is that large.
            warnings.simplefilter('error', Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                image_format = image.format
                if image_format in _FORMATS:
                    image.load()
            if image_format == 'PNG':
                _check_png_end(data)
            elif image_format in _FORMATS:
                _check_jpeg_end(data)
    except UnidentifiedImageError:
        raise UnusableImage('not an image') from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusableImage('more pixels than any photograph') from None
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow reports damage as any of these three; what its text has in brackets differs from image to image.
        text = str(error).partition(' (')[0]
        reason = 'truncated image' if 'truncated' in text.lower() else f'damaged image ({text})'
        raise UnusableImage(reason) from None
    if image_format not in _FORMATS:
        raise UnusableImage(f'{image_format} image, only JPEG and PNG are read')
    return _FORMATS[image_format]


def check_stored(data: bytes) -> str:
    """`check_image` of what is stored, trained on and served, which must be no larger than what is served.

    Args:
        data: of an image that was cropped, where that is asked.

    Returns:
        `jpeg` or `png`.

    Raises:
        UnusableImage: as `check_image` says, or too large.
    """
    image_format = check_image(data)
    with Image.open(io.BytesIO(data)) as image:
        pixels = image.width * image.height
    if pixels > features.MAX_PIXELS or len(data) > features.MAX_BYTES:
        raise UnusableImage(_TOO_LARGE)
    return image_format


def _check_jpeg_end(data: bytes) -> None:
    """Raises unless a JPEG that decodes has its end marker: Pillow stops at the last pixel, TensorFlow reads on.

    Damage among the pixels can look like a segment that reaches beyond the end.
    """
    position = 2  # behind the start marker
    while (found := _JPEG_SEGMENT.search(data, position)) and found.group() != _JPEG_END:
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2], 'big')
    if not found:
        raise OSError('truncated')


def _check_png_end(data: bytes) -> None:
    """Raises unless a PNG that decodes is whole: TensorFlow refuses one without its last chunks, Pillow does not.

    Bytes that follow the end belong to nobody, and both leave them alone.
    """
    start = 8  # behind the signature
    while start < len(data) and data[start + 4 : start + 8] != _PNG_END[4:8]:
        start += 12 + int.from_bytes(data[start : start + 4], 'big')
    if data[start : start + len(_PNG_END)] != _PNG_END:
        raise OSError('truncated')
    with Image.open(io.BytesIO(data)) as image:  # verifying needs an image that was not decoded
        image.verify()
