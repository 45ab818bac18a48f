"""The requests that TensorFlow Serving answers before anybody else's, so that nobody waits for what starts lazily.

The server reads them with each version it loads: a TFRecord of `PredictionLog`, at most 1,000, in a file of this very
name (https://www.tensorflow.org/tfx/serving/saved_model_warmup). A request that fails makes the version fail to load.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator, Mapping

import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from cafer_tf import features

WARM_UP = pathlib.PurePath('assets.extra', 'tf_serving_warmup_requests')
"""Where the requests lie in a model."""
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
"""Images of a request: for each signature one of each size, which are those that `deploy/batching.config` allows."""
_GREY = 128


def write(directory: str | os.PathLike[str], signatures: Mapping[str, tf.types.experimental.GenericFunction]) -> None:
    """Writes the requests into an exported model; the same ones whenever the signatures are the same.

    Args:
        directory: the model.
        signatures: by name, what the model was exported with: functions of one batch of `image_bytes`, `examples` or
            `images`.
    """
    path = pathlib.Path(directory) / WARM_UP
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in _requests(signatures):
            writer.write(request.SerializeToString())


def _requests(signatures: Mapping[str, tf.types.experimental.GenericFunction]) -> Iterator[PredictionLog]:
    image = bytes(tf.io.encode_jpeg(tf.fill([64, 64, 3], tf.constant(_GREY, tf.uint8))).numpy())
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[image]))
    example = tf.train.Example(features=tf.train.Features(feature={features.IMAGE: feature})).SerializeToString()
    values = {'image_bytes': image, 'examples': example, 'images': _GREY / 255}
    for name, function in signatures.items():
        (spec,) = function.input_signature
        for size in BATCH_SIZES:
            log = PredictionLog()
            request = log.predict_log.request
            request.model_spec.signature_name = name
            # A tensor with fewer values than places repeats the last one: the file stays small.
            tensor = tf.make_tensor_proto(values[spec.name], spec.dtype, [size, *spec.shape[1:]])
            request.inputs[spec.name].CopyFrom(tensor)
            yield log
