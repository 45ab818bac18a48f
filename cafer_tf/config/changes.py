"""Changes as users write them on a command line."""

from __future__ import annotations

import json
from typing import Any

from cafer_tf.config.errors import require


def parse_pair(text: str, form: str = 'KEY=VALUE') -> tuple[str, str]:
    """What stands before the first `=`, and what stands after it.

    Args:
        text: such as `training.epochs=3`.
        form: what it is called where it has no `=`.

    Raises:
        ConfigError: it has none.
    """
    key, equals, value = text.partition('=')
    require(bool(equals), f'expected {form}, with a =; got {text!r}')
    return key, value


def parse_change(text: str) -> tuple[str, Any]:
    """A change for `Config.with_changes`; a value that is not JSON is text.

    Args:
        text: `KEY=VALUE`.

    Raises:
        ConfigError: it has no `=`.

    Example:
        >>> parse_change('training.epochs=3'), parse_change('network.encoder=alexnet')
        (('training.epochs', 3), ('network.encoder', 'alexnet'))
    """
    key, value = parse_pair(text)
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
