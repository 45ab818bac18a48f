"""Docstrings as they are written here, in the words that the reference of the site knows."""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r'^( *)Example:$', re.MULTILINE)
_SHARED = re.compile(r'^( +)(\w+)((?:, \w+)+): (.*(?:\n\1 +.*)*)', re.MULTILINE)
"""An entry of a section for several names, with the lines that go on with it."""


class Docstrings(griffe.Extension):
    """Calls the section `Example` by its plural, and gives each name an entry of its own."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Griffe calls it for every module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = _SHARED.sub(_apart, _EXAMPLE.sub(r'\1Examples:', obj.docstring.value))


def _apart(entry: re.Match[str]) -> str:
    indent, first, others, text = entry.groups()
    names = others.removeprefix(', ').split(', ')
    return '\n'.join([f'{indent}{first}: {text}', *(f'{indent}{name}: see `{first}`.' for name in names)])
