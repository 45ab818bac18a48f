"""Pictures inside the page: the same figure gives the same bytes."""

from __future__ import annotations

import base64
import html
import io

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

_RESOLUTION = 144
"""Dots an inch of pixel pictures: sharp on screens with two dots a pixel."""


def drawing(figure: Figure, alternative: str) -> str:
    """A figure of few lines, as SVG.

    Args:
        figure: to draw.
        alternative: what the picture says, with its key numbers, for whoever cannot see it.
    """
    stream = io.BytesIO()
    # The salt makes the names inside the file the same each time.
    with matplotlib.rc_context({'svg.hashsalt': 'cafer'}):
        figure.savefig(stream, format='svg', metadata={'Date': None, 'Creator': None})
    return _image('image/svg+xml', stream.getvalue(), alternative, _width(figure))


def pixels(figure: Figure, alternative: str) -> str:
    """A figure of many points, as PNG.

    Args:
        figure: to draw.
        alternative: what the picture says, with its key numbers, for whoever cannot see it.
    """
    drawn, stream = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format='png', metadata={'Software': None}, dpi=_RESOLUTION)
    # 256 colours lose nothing that an eye sees, and take a third of the bytes.
    palette = Image.open(drawn).convert('RGB').quantize(256, dither=Image.Dither.NONE)
    palette.save(stream, 'png', optimize=True)
    return _image('image/png', stream.getvalue(), alternative, _width(figure))


def photograph(jpeg: bytes, alternative: str) -> str:
    """A face.

    Args:
        jpeg: its bytes.
        alternative: what the picture shows.
    """
    return _image('image/jpeg', jpeg, alternative)


def _width(figure: Figure) -> int:
    """In the pixels of a style sheet, of which 96 make an inch."""
    return round(figure.get_size_inches()[0] * 96)


def _image(kind: str, data: bytes, alternative: str, width: int | None = None) -> str:
    size = '' if width is None else f' width="{width}"'
    content = base64.b64encode(data).decode('ascii')
    return f'<img src="data:{kind};base64,{content}" alt="{html.escape(alternative)}"{size}>'
