"""Names with numbers in them."""

from __future__ import annotations

import re


def natural_key(name: str) -> list[tuple[int, str]]:
    """For sorting names as people would: by their numbers, where they have any.

    Args:
        name: any text.

    Returns:
        What `sorted` compares.

    Example:
        >>> sorted(['features.10', 'features.3', 'features.3.a'], key=natural_key)
        ['features.3', 'features.3.a', 'features.10']
    """
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in re.split(r'([0-9]+)', name)]
