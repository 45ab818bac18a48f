"""Images are passed through byte for byte; here they are proven to decode first."""

from __future__ import annotations

import io
import pathlib
import warnings

from PIL import Image, UnidentifiedImageError

# A JPEG with more than one picture (MPO, from phones with depth cameras) decodes as a plain JPEG: its first picture.
_FORMATS = {'JPEG': 'jpeg', 'MPO': 'jpeg', 'PNG': 'png'}


class UnusableImage(ValueError):
    """An image that cannot be used; the message is the reason, without the path, so that reasons can be counted."""


def load_image(path: str | pathlib.Path) -> bytes:
    """The bytes of an image file.

    Raises:
        UnusableImage: there is no such file, or it cannot be read.
    """
    try:
        return pathlib.Path(path).read_bytes()
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
        UnusableImage: empty, truncated, damaged, enormous, or neither JPEG nor PNG.
    """
    if not data:
        raise UnusableImage('empty file')
    try:
        with warnings.catch_warnings():
            # Pillow only warns about images of 90 to 180 million pixels: no face photograph is that large.
            warnings.simplefilter('error', Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                image_format = image.format
                if image_format in _FORMATS:
                    image.load()
    except UnidentifiedImageError:
        raise UnusableImage('not an image') from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusableImage('more pixels than any photograph') from None
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow reports damage as any of these three; only the size of the gap varies in the text of a truncation.
        reason = 'truncated image' if 'truncated' in str(error).lower() else f'damaged image ({error})'
        raise UnusableImage(reason) from None
    if image_format not in _FORMATS:
        raise UnusableImage(f'{image_format} image, only JPEG and PNG are read')
    return _FORMATS[image_format]
