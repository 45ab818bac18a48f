"""What a run is set by: variables, and options of `cafer run`."""

from __future__ import annotations

OPTIONS = (
    'ROOT',
    'DATASET',
    'OUT',
    'PRESET',
    'CONFIG',
    'MIN_CCC',
    'MAX_BAD_FRACTION',
    'FOLD',
    'SEED',
    'BEAM_ARGS',
    'PEOPLE',
    'IMAGES_PER_PERSON',
)
"""What `cafer run` has an option for."""


def spelled(name: str) -> str:
    """How a user sets something: `CAFER_MIN_CCC (--min-ccc)`."""
    option = f' (--{name.lower().replace("_", "-")})' if name in OPTIONS else ''
    return f'CAFER_{name}{option}'
