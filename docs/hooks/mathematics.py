"""Equations of the pages (blocks marked `math`), drawn as pictures when the site is built.

A reader needs no script and no network for them, and what GitHub shows is written in the same words.
"""

from __future__ import annotations

import html
import re
from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

_BLOCK = re.compile(r'^```math\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_COMMANDS = {Outline.MOVETO: 'M', Outline.LINETO: 'L', Outline.CURVE3: 'Q', Outline.CURVE4: 'C', Outline.CLOSEPOLY: 'Z'}
_UNITS = 100
"""Units of a picture to the em."""
_ROOM = 8
"""Units of empty space around an equation."""
_SPELLINGS = (
    (r'\\frac', r'\\dfrac'),
    (r'\\tfrac\s*(\d)\s*(\d)', r'\\frac{\1}{\2}'),
    (r'\\tfrac\s*\{', r'\\frac{'),
    (r'\\sqrt\s+(\w)', r'\\sqrt{\1}'),
    (r'\\[lr]Vert\b', r'\\Vert'),
    (r'\\ge\b', r'\\geq'),
)
"""What matplotlib spells in another way."""


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Puts a picture in the place of each equation; MkDocs calls it for every page.

    Args:
        markdown: of the page.
        page: that is built.

    Raises:
        PluginError: an equation that matplotlib cannot draw.
    """
    try:
        return _BLOCK.sub(lambda block: _paragraph(block[1]), markdown)
    except ValueError as error:
        raise PluginError(f'{page.file.src_uri}: an equation cannot be drawn; write it otherwise: {error}') from None


def _paragraph(latex: str) -> str:
    # What is wide stands apart by \qquad, where a narrow page may begin a new line.
    parts = [part.strip() for part in ' '.join(latex.split()).split(r'\qquad')]
    return f'<p class="equation">{" ".join(_picture(part) for part in parts)}</p>'


def _picture(latex: str) -> str:
    text = latex
    for pattern, replacement in _SPELLINGS:
        text = re.sub(pattern, replacement, text)
    path = TextPath((0, 0), f'${text}$', size=_UNITS, prop=FontProperties(math_fontfamily='stix'))
    box = path.get_extents()
    width, height, depth = box.x1 + 2 * _ROOM, box.height + 2 * _ROOM, -box.y0 + _ROOM
    size = f'width: {width / _UNITS:.2f}em; height: {height / _UNITS:.2f}em; vertical-align: {-depth / _UNITS:.2f}em'
    view = f'{-_ROOM} {-box.y1 - _ROOM:.1f} {width:.1f} {height:.1f}'
    return (
        f'<svg role="img" aria-label="{html.escape(latex)}" viewBox="{view}" style="{size}">'
        f'<path d="{_drawn(path)}"/></svg>'
    )


def _drawn(path: Outline) -> str:
    """The path in SVG's words, whose y goes down."""
    words = []
    for points, code in path.iter_segments(simplify=False):
        numbers = () if code == Outline.CLOSEPOLY else (f'{x:.1f} {-y:.1f}' for x, y in points.reshape(-1, 2))
        words.append(_COMMANDS[code] + ' '.join(numbers))
    return ''.join(words)
