"""Names from data in pictures, where a text may otherwise be read as markup."""

from __future__ import annotations

import functools

from matplotlib import ft2font
from matplotlib.font_manager import FontProperties, findfont

_MISSING = '□'
_NOTHING = '\u200b'
"""Has no width and no ink."""


def as_drawn(name: str) -> str:
    r"""The text that Matplotlib draws as a name.

    Between dollars it reads mathematics, and may fail; what starts with an underscore it leaves out of legends. A
    letter that its font lacks becomes a box, as it would with a warning.

    Args:
        name: as it shall be read; its lines stay lines.

    Example:
        >>> print(as_drawn('a $5 b $6'))
        a \$5 b \$6
    """
    known = ''.join(letter if letter == '\n' or ord(letter) in _letters() else _MISSING for letter in name)
    return (_NOTHING if known.startswith('_') else '') + known.replace('$', r'\$')


@functools.cache
def _letters() -> frozenset[int]:
    """The letters of the font, by their numbers."""
    return frozenset(ft2font.FT2Font(findfont(FontProperties())).get_charmap())
