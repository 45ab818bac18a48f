"""Encoded images to pixels, of which none can fail the others.

A decoder's error ends the run of a graph, and with it the request. What headers tell is sorted out before decoding. For
the rest only the decoder knows: a JPEG's tables, a PNG's checksums and its compressed data can be wrong in ways that
nothing cheaper than decoding finds. Among TensorFlow's own kernels one thing survives an error: a `tf.data` pipeline
with `ignore_errors`, which goes on with its next element. To make each image an element is slow for small ones; so the
whole batch is the only element of a first pipeline. If an image fails, that one stays empty; then, and only then, a
second one decodes them one by one.

What the decoders make up for is no error, here as in training: a JPEG with wrong pixels, or with an end mark too early,
whose missing pixels become grey. Transparency is dropped, as in training and in cropping: the colours beneath count.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import tensorflow as tf

from cafer_tf import features, input
from cafer_tf.config import InputConfig
from cafer_tf.serving import headers
from cafer_tf.serving.statuses import Status


class Decoded(NamedTuple):
    """Of `n` images.

    Attributes:
        pixels: `[n, size, size, 3]` float32, as `cafer_tf.input.preprocess` makes them; black where the status is not
            0.
        status: `[n]` int32, a `Status`.
    """

    pixels: tf.Tensor
    status: tf.Tensor


def decode(encoded: tf.Tensor, config: InputConfig) -> Decoded:
    """Pixels, as they are stored, of those images that can be decoded, and what is wrong with the others.

    What looks like JPEG or PNG is decoded by the very operations of `cafer_tf.input.preprocess`: the pixels are equal
    bit by bit to those of evaluation.

    Args:
        encoded: `[n]` strings.
        config: size and crop.
    """
    found = headers.look(encoded)
    # A tiny image stands in for what is not to be decoded, so that all go the same way, without branches.
    kept = tf.where(found.status == int(Status.OK), encoded, _placeholder())
    decoded = _all_at_once(kept, found.is_jpeg, config).concatenate(_one_by_one(kept, found.is_jpeg, config)).take(1)
    pixels, status = decoded.get_single_element()
    size = config.image_size
    pixels = tf.ensure_shape(pixels, [None, size, size, 3])
    return Decoded(pixels, tf.where(found.status == int(Status.OK), tf.ensure_shape(status, [None]), found.status))


def _all_at_once(encoded: tf.Tensor, is_jpeg: tf.Tensor, config: InputConfig) -> tf.data.Dataset:
    """One element for the batch, or none where an image fails."""

    def all_of_them(encoded: tf.Tensor, is_jpeg: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.map_fn(
            lambda image: _decode_one(image[0], image[1], config),
            (encoded, is_jpeg),
            fn_output_signature=_signature(config),
        )

    return tf.data.Dataset.from_tensors((encoded, is_jpeg)).map(all_of_them).ignore_errors()


def _one_by_one(encoded: tf.Tensor, is_jpeg: tf.Tensor, config: InputConfig) -> tf.data.Dataset:
    """One element for the batch, of as many images as can be decoded; made only when it is asked for."""

    def each_of_them(encoded: tf.Tensor, is_jpeg: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count = tf.size(encoded, tf.int64)
        places = tf.data.Dataset.range(count)
        images = tf.data.Dataset.zip((places, tf.data.Dataset.from_tensor_slices((encoded, is_jpeg))))
        good = images.map(
            lambda place, image: (place, *_decode_one(image[0], image[1], config)), num_parallel_calls=tf.data.AUTOTUNE
        ).ignore_errors()
        # An element beyond the last image, so that there is one even if no image is good.
        nothing = tf.data.Dataset.from_tensors((count, *_nothing(config)))
        rows, pixels, status = good.concatenate(nothing).batch(count + 1).get_single_element()
        scattered = tf.scatter_nd(
            rows[:, tf.newaxis], pixels, tf.concat([[count + 1], tf.shape(pixels, tf.int64)[1:]], 0)
        )
        corrupt = tf.fill([count + 1], int(Status.CORRUPT))
        return scattered[:-1], tf.tensor_scatter_nd_update(corrupt, rows[:, tf.newaxis], status)[:-1]

    return tf.data.Dataset.from_tensors((encoded, is_jpeg)).map(each_of_them)


def _decode_one(encoded: tf.Tensor, is_jpeg: tf.Tensor, config: InputConfig) -> tuple[tf.Tensor, tf.Tensor]:
    """Pixels and status of one image; fails where it cannot be decoded."""
    shape = tf.io.extract_jpeg_shape(tf.where(is_jpeg, encoded, _placeholder()), tf.int32)
    small = tf.cast(shape[0], tf.int64) * tf.cast(shape[1], tf.int64) <= features.MAX_PIXELS
    pixels = input.preprocess(tf.where(small, encoded, _placeholder()), config)
    return pixels, tf.where(small, int(Status.OK), int(Status.TOO_LARGE))


def _nothing(config: InputConfig) -> tuple[tf.Tensor, tf.Tensor]:
    return tuple(tf.zeros(spec.shape, spec.dtype) for spec in _signature(config))


def _signature(config: InputConfig) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    size = config.image_size
    return tf.TensorSpec([size, size, 3], tf.float32), tf.TensorSpec([], tf.int32)


@functools.cache
def _placeholder() -> bytes:
    """A JPEG of one black pixel."""
    with tf.init_scope():
        return bytes(tf.io.encode_jpeg(tf.zeros([1, 1, 3], tf.uint8)).numpy())
