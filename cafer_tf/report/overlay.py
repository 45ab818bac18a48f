"""Faces marked in their picture, and their course beside it: what is drawn again for every frame of a video."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from cafer_tf import features
from cafer_tf.report.colours import PEOPLE_COLOURS

_PANEL, _PAPER, _LINE, _INK = 0.26, '#ffffff', '#d0d0d0', '#404040'
"""Height of the panel in widths of the picture, and its colours."""
_FINE = 2
"""The panel is drawn this many times larger, and shrunk: Pillow's lines are jagged."""
_LEAST = 480
"""Width, in pixels, below which a picture is enlarged: lettering needs room."""


class Mark(NamedTuple):
    """A face in a picture.

    Attributes:
        number: of the face, from 1, which gives its colour.
        box: left, top, width and height, in pixels of the picture.
        valence, arousal: in [-1, 1].
    """

    number: int
    box: tuple[float, float, float, float]
    valence: float
    arousal: float


def colour_of(number: int) -> str:
    """The colour of a face, `#rrggbb`; the ninth face has that of the first again."""
    return PEOPLE_COLOURS[(number - 1) % len(PEOPLE_COLOURS)]


def enlargement(width: int) -> int:
    """How many times a picture of a width is enlarged before it is drawn on."""
    return max(1, -(-_LEAST // width))


def annotate(image: np.ndarray, marks: Sequence[Mark]) -> np.ndarray:
    """Draws a box around each face, with its number, valence and arousal.

    Args:
        image: uint8 `[height, width, 3]`, RGB. It is enlarged by `enlargement`.
        marks: the faces in it.

    Returns:
        uint8, likewise.
    """
    times = enlargement(image.shape[1])
    picture = Image.fromarray(image)
    if times > 1:
        picture = picture.resize((picture.width * times, picture.height * times), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    size = max(12, round(min(picture.size) / 36))
    stroke = max(2, size // 7)
    for mark in marks:
        left, top, right, bottom = _corners(mark.box, times)
        draw.rectangle((left, top, right, bottom), outline=colour_of(mark.number), width=stroke)
        text = f'{mark.number}  V {mark.valence:+.2f}  A {mark.arousal:+.2f}'
        _, _, wide, high = draw.textbbox((0, 0), text, font=_font(size))
        x = min(max(0, left), max(0, picture.width - wide - size))
        # Above the box, or within it where there is no room.
        y = top - high - size // 2 if top - high - size // 2 >= 0 else max(0, top)
        draw.rectangle((x, y, x + wide + size * 0.6, y + high + size // 2), fill=colour_of(mark.number))
        draw.text((x + size * 0.3, y + size // 4), text, font=_font(size), fill=_on(colour_of(mark.number)))
    return np.asarray(picture)


def panel_height(width: int) -> int:
    """Height of the panel of a width, in pixels; even, as video encoders want it."""
    return 2 * round(_PANEL * width / 2)


def draw_panel(
    width: int, marks: Sequence[Mark], traces: Mapping[int, np.ndarray], now: float, seconds: float
) -> np.ndarray:
    """Draws the faces of now in the circumplex, and valence and arousal over the last seconds.

    Args:
        width: in pixels.
        marks: the faces of now.
        traces: number of a face to `[n, 3]`: time in seconds, valence and arousal; a row of NaN breaks its line.
        now: the time at the right end.
        seconds: how long the plots reach back.

    Returns:
        uint8 `[panel_height(width), width, 3]`, RGB.
    """
    height = panel_height(width)
    picture = _ground(width, height).copy()
    draw = ImageDraw.Draw(picture)
    layout = _layout(width, height)
    for number, trace in traces.items():
        for output, area in enumerate(layout[1:], start=1):
            _draw_trace(draw, area, trace[:, 0], trace[:, output], now, seconds, colour_of(number))
    left, top, right, bottom = layout[0]
    radius = max(3, (right - left) // 32)
    for mark in marks:
        x, y = float(_at(left, right, mark.valence)), float(_at(bottom, top, mark.arousal))
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=colour_of(mark.number), outline=_PAPER, width=_FINE)
    return np.asarray(picture.reduce(_FINE))


@functools.lru_cache(maxsize=4)
def _ground(width: int, height: int) -> Image.Image:
    """What stays the same on all panels of a size."""
    picture = Image.new('RGB', (width * _FINE, height * _FINE), _PAPER)
    draw = ImageDraw.Draw(picture)
    (left, top, right, bottom), *areas = _layout(width, height)
    font = _font(max(16, height * _FINE // 16))
    draw.ellipse((left, top, right, bottom), outline=_LINE, width=_FINE)
    draw.line((left, (top + bottom) // 2, right, (top + bottom) // 2), fill=_LINE, width=_FINE)
    draw.line(((left + right) // 2, top, (left + right) // 2, bottom), fill=_LINE, width=_FINE)
    draw.text((right, bottom), 'valence', font=font, fill=_INK, anchor='rb')
    draw.text((left, top), 'arousal', font=font, fill=_INK, anchor='lt')
    for (left, top, right, bottom), name in zip(areas, features.OUTPUTS, strict=True):
        draw.rectangle((left, top, right, bottom), outline=_LINE, width=_FINE)
        draw.line((left, (top + bottom) // 2, right, (top + bottom) // 2), fill=_LINE, width=_FINE)
        draw.text((left + 4 * _FINE, top + 2 * _FINE), name, font=font, fill=_INK)
        draw.text((left - 3 * _FINE, top), '+1', font=font, fill=_INK, anchor='rt')
        draw.text((left - 3 * _FINE, bottom), '-1', font=font, fill=_INK, anchor='rb')
    return picture


def _layout(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Corners of the circumplex, the valence and the arousal, in fine pixels."""
    width, height = width * _FINE, height * _FINE
    edge = height // 24
    side = height - 2 * edge
    start = edge + side + height // 4
    middle = height // 2
    return [
        (edge, edge, edge + side, edge + side),
        (start, edge, width - edge, middle - edge // 2),
        (start, middle + edge // 2, width - edge, height - edge),
    ]


def _draw_trace(
    draw: ImageDraw.ImageDraw,
    area: tuple[int, int, int, int],
    times: np.ndarray,
    values: np.ndarray,
    now: float,
    seconds: float,
    colour: str,
) -> None:
    left, top, right, bottom = area
    recent = ~(times < now - seconds)  # NaN, which breaks the line, stays
    x = right - (now - times[recent]) / seconds * (right - left)
    y = _at(bottom, top, values[recent])
    breaks = np.flatnonzero(np.isnan(x))
    for part in np.split(np.stack([x, y], axis=1), breaks):
        points = [(float(a), float(b)) for a, b in part if a == a]
        if len(points) > 1:
            draw.line(points, fill=colour, width=2 * _FINE, joint='curve')


def _at(start: int, end: int, value: np.ndarray | float) -> np.ndarray | float:
    """Where a value in [-1, 1] lies between two pixels."""
    return start + (value + 1) / 2 * (end - start)


def _corners(box: tuple[float, float, float, float], times: int) -> tuple[float, float, float, float]:
    left, top, width, height = (times * value for value in box)
    return left, top, left + width, top + height


def _on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return '#000000' if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else '#ffffff'


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pathlib.Path(matplotlib.get_data_path(), 'fonts', 'ttf', 'DejaVuSans.ttf')), size)
