"""What the first bytes of images say, for a whole batch at once and without decoding anything."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from cafer_tf.features import MAX_BYTES, MAX_PIXELS, MAX_SCANS, START_OF_SCAN
from cafer_tf.serving.statuses import Status

_JPEG = b'\xff\xd8\xff'
_PNG = b'\x89PNG\r\n\x1a\n'
_PNG_HEADER = b'IHDR'
_LOOKED_AT = 24
"""Bytes up to the height of a PNG."""
# RE2 sees bytes with \C alone. A bitmap's first two letters could begin any text, so that its reserved zeros count too.
_OTHER_FORMATS = (
    r'(?s)('
    r'GIF8[79]a'
    r'|BM\C{4}\x00{4}'
    r'|RIFF\C{4}WEBP'
    r'|II\*\x00|MM\x00\*|II\+\x00|MM\x00\+'  # TIFF, and BigTIFF
    r'|\C{4}ftyp'  # HEIC, AVIF and others
    r'|\x00\x00\x00\x0c(?:jP  |JXL )'
    r'|\x00\x00[\x01\x02]\x00'  # icons
    r'|8BPS|P[1-7]\s|qoif'
    r'|\s*<(?:\?xml|svg)'
    r')\C*'
)


class Headers(NamedTuple):
    """Of `n` images.

    Attributes:
        status: `[n]` int32, what is known already; `OK` where decoding must show.
        is_jpeg: `[n]` bool.
    """

    status: tf.Tensor
    is_jpeg: tf.Tensor


def look(encoded: tf.Tensor) -> Headers:
    """Sorts out what needs no decoding to be refused; a JPEG's size is not seen here, since it has no fixed place.

    Args:
        encoded: `[n]` strings.
    """
    lengths = tf.strings.length(encoded)
    head = tf.io.decode_raw(encoded, tf.uint8, fixed_length=_LOOKED_AT)  # filled up with zeros
    is_jpeg, is_png = _begins(head, _JPEG), _begins(head, _PNG)
    other_format = tf.strings.regex_full_match(tf.strings.substr(encoded, 0, 16), _OTHER_FORMATS)
    width, height = (_integers(head[:, start : start + 4]) for start in (16, 20))
    # What a PNG says of its sides reaches to 2^32, and the product of two such numbers beyond 64 bits.
    large_png = is_png & ((width > MAX_PIXELS) | (height > MAX_PIXELS) | (width * height > MAX_PIXELS))
    too_large = (lengths > MAX_BYTES) | large_png | (is_jpeg & (_scans(encoded) > MAX_SCANS))
    # What does not begin with its header could say its size later, and decoders take it.
    headless_png = is_png & ~_begins(head[:, 12:], _PNG_HEADER)
    status = tf.where(
        is_jpeg | is_png, Status.OK, tf.where(other_format, Status.UNSUPPORTED_FORMAT, Status.NOT_AN_IMAGE)
    )
    status = tf.where(headless_png, Status.CORRUPT, tf.where(too_large, Status.TOO_LARGE, status))
    return Headers(tf.where(lengths == 0, Status.EMPTY, status), is_jpeg)


def _begins(head: tf.Tensor, magic: bytes) -> tf.Tensor:
    return tf.reduce_all(head[:, : len(magic)] == tf.constant(list(magic), tf.uint8), axis=1)


def _integers(digits: tf.Tensor) -> tf.Tensor:
    """Big-endian bytes `[n, 4]` to `[n]` int64."""
    return tf.reduce_sum(tf.cast(digits, tf.int64) * tf.constant([2**24, 2**16, 2**8, 1], tf.int64), axis=1)


def _scans(encoded: tf.Tensor) -> tf.Tensor:
    """How often the mark of a scan is in each string, `[n]` int32; those in a thumbnail count too, but not beyond
    `MAX_SCANS + 1`: a string of nothing else must not become as many pieces.
    """
    pieces, _, _ = tf.raw_ops.StringSplitV2(input=encoded, sep=START_OF_SCAN, maxsplit=MAX_SCANS + 1)
    rows = tf.cast(pieces[:, 0], tf.int32)
    return tf.math.unsorted_segment_sum(tf.ones_like(rows), rows, tf.size(encoded)) - 1
