"""The values of label files, each checked; an error's message stands after the place that the caller adds."""

from __future__ import annotations

import math

from cafer_tf import features


def label(name: str, value: str | float) -> float:
    """A valence or an arousal.

    Args:
        name: of the label, for the message.
        value: as the file has it.

    Raises:
        ValueError: not a number, or outside [-1, 1].
    """
    number = finite(name, value)
    if not features.LABEL_MIN <= number <= features.LABEL_MAX:
        raise ValueError(f'{name} {value} is outside [{features.LABEL_MIN:g}, {features.LABEL_MAX:g}]')
    return number


def finite(name: str, value: str | float) -> float:
    """A number.

    Args:
        name: of the value, for the message.
        value: as the file has it.

    Raises:
        ValueError: not a number, or not a finite one.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f'{name} {value!r} is not a number') from None
    # Python also reads 1_0, and the digits of every script.
    spelled = isinstance(value, str) and ('_' in value or not value.isascii())
    if spelled or isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f'{name} {value!r} is not a number')
    return number


def identifier(name: str, value: object) -> str:
    """A name of a person or a clip.

    Args:
        name: of the value, for the message.
        value: as the file has it.

    Raises:
        ValueError: not text, empty, or not writable as UTF-8.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'{name} is empty')
    if not value.isprintable():
        raise ValueError(f'{name} {value!r} has unprintable characters')
    return value.strip()
