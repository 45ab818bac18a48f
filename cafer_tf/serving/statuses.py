"""What a model says of an image that it cannot answer for."""

from __future__ import annotations

import enum

STATUS = 'status'
"""The output that holds the status of each image."""
STATUSES = ('ok', 'empty', 'not an image', 'unsupported format', 'truncated or corrupt', 'too large')
"""A name for each `Status`."""


class Status(enum.IntEnum):
    """Why there are no numbers for an image; the codes are part of the servable's interface and never change."""

    OK = 0
    EMPTY = 1
    NOT_AN_IMAGE = 2
    UNSUPPORTED_FORMAT = 3
    CORRUPT = 4
    TOO_LARGE = 5
