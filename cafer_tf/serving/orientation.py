"""Which side of a photograph is up: the Exif orientation of JPEGs, followed as viewers do."""

from __future__ import annotations

import tensorflow as tf

_EXIF = b'Exif\x00\x00'
_MENTIONS_EXIF = r'(?s)\C*Exif\x00\x00\C*'
_NEAR_THE_START = 1024
"""Bytes in which the Exif segment begins: it is the first or the second one in what cameras and programs write."""
_ENTRIES = 64
"""Entries of its directory that are looked at; they are in the order of their numbers, and this one's is low."""
_ORIENTATION, _SHORT = 0x0112, 3


def turn_upright(pixels: tf.Tensor, encoded: tf.Tensor) -> tf.Tensor:
    """Turns and mirrors those images that are JPEGs and say which side is up.

    Squares are turned, after cropping: where the sides of an image differ by an odd number of pixels, the square lies a
    pixel beside that of an image which is stored upright.

    Args:
        pixels: `[n, size, size, 3]`, as they are stored.
        encoded: `[n]` strings that they were decoded from.
    """
    mentioned = tf.strings.regex_full_match(tf.strings.substr(encoded, 0, _NEAR_THE_START), _MENTIONS_EXIF)
    return tf.cond(tf.reduce_any(mentioned), lambda: _turn(pixels, orientations(encoded)), lambda: pixels)


def orientations(encoded: tf.Tensor) -> tf.Tensor:
    """The Exif orientation of JPEGs, `[n]` int64 in 1..8; 1, which is upright, where none is said or it makes no sense.

    Args:
        encoded: `[n]` strings of any content.
    """
    # Split where Exif is mentioned first, the piece before tells where that is.
    head = tf.strings.substr(encoded, 0, _NEAR_THE_START)
    places, pieces, _ = tf.raw_ops.StringSplitV2(input=head, sep=_EXIF, maxsplit=1)
    before = tf.cast(tf.strings.length(tf.boolean_mask(pieces, places[:, 1] == 0)), tf.int64)
    marker, start = _bytes(encoded, before - 4, 2), before + len(_EXIF)
    header = _bytes(encoded, start, 8)
    big_endian, little_endian = _is(header[:, :4], b'MM\x00*'), _is(header[:, :4], b'II*\x00')
    directory = start + _integers(header[:, 4:], big_endian)
    count = _integers(_bytes(encoded, directory, 2), big_endian)
    entries = tf.reshape(_bytes(encoded, directory + 2, 12 * _ENTRIES), [-1, _ENTRIES, 12])
    row_big_endian = big_endian[:, tf.newaxis]
    is_orientation = (
        (tf.range(_ENTRIES, dtype=tf.int64) < count[:, tf.newaxis])
        & (_integers(entries[..., :2], row_big_endian) == _ORIENTATION)
        & (_integers(entries[..., 2:4], row_big_endian) == _SHORT)
    )
    said = tf.reduce_max(tf.where(is_orientation, _integers(entries[..., 8:10], row_big_endian), 0), axis=1)
    sound = _is(marker, b'\xff\xe1') & (big_endian | little_endian) & (said >= 1) & (said <= 8)
    return tf.where(sound, said, 1)


def _turn(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Each orientation is an exchange of rows and columns or none, and then a reversal along none, one or both."""
    each = orientation[:, tf.newaxis, tf.newaxis, tf.newaxis]
    pixels = tf.where(each >= 5, tf.transpose(pixels, [0, 2, 1, 3]), pixels)
    pixels = tf.where((each == 2) | (each == 3) | (each == 6) | (each == 7), tf.reverse(pixels, [2]), pixels)
    return tf.where((each == 3) | (each == 4) | (each == 7) | (each == 8), tf.reverse(pixels, [1]), pixels)


def _bytes(encoded: tf.Tensor, start: tf.Tensor, count: int) -> tf.Tensor:
    """Bytes `[n, count]` uint8 from a place in each string on, zeros beyond its end."""
    start = tf.clip_by_value(start, 0, tf.cast(tf.strings.length(encoded), tf.int64))
    return tf.io.decode_raw(
        tf.strings.substr(encoded, start, tf.fill(tf.shape(start), tf.constant(count, tf.int64))),
        tf.uint8,
        fixed_length=count,
    )


def _is(found: tf.Tensor, expected: bytes) -> tf.Tensor:
    return tf.reduce_all(found == tf.constant(list(expected), tf.uint8), axis=-1)


def _integers(digits: tf.Tensor, big_endian: tf.Tensor) -> tf.Tensor:
    """Bytes `[..., k]` to `[...]` int64."""
    digits = tf.cast(tf.where(big_endian[..., tf.newaxis], digits, tf.reverse(digits, [-1])), tf.int64)
    places = range(digits.shape[-1])
    return tf.reduce_sum(digits * tf.constant([256**place for place in reversed(places)], tf.int64), axis=-1)
