"""TensorFlow Serving's PredictionService over gRPC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from cafer_tf.client.client import Client, Settings
from cafer_tf.client.errors import ClientError, printable
from cafer_tf.serving import IMAGE_BYTES_SIGNATURE

_LARGEST = 2**31 - 1
_HINTS = {
    grpc.StatusCode.UNAVAILABLE: 'see that it runs, has loaded the model and speaks gRPC at this port, or ask again',
    grpc.StatusCode.NOT_FOUND: 'ask for another model or version, or leave the version out for the newest',
    grpc.StatusCode.UNIMPLEMENTED: 'this is not TensorFlow Serving',
    grpc.StatusCode.INVALID_ARGUMENT: 'see that it is a model of this project, and that batches are not too large',
    grpc.StatusCode.RESOURCE_EXHAUSTED: 'ask with smaller batches, or a server that has less to do',
}


class GrpcClient(Client):
    """Asks over gRPC, without encryption.

    gRPC itself repeats a request that found no server, or whose server says UNAVAILABLE, as it does where its queue of
    batches is full; the pauses double from 0.2 s, give or take a part. RESOURCE_EXHAUSTED is not repeated: that is
    what too large a request gets, and one that waited too long.

    Args:
        server: `host:port`.
        settings: how it is asked.
    """

    def __init__(self, server: str, settings: Settings) -> None:
        super().__init__(server, settings)
        method: dict[str, Any] = {'name': [{'service': 'tensorflow.serving.PredictionService'}]}
        if settings.retries:
            method['retryPolicy'] = {
                'maxAttempts': settings.retries + 1,
                'initialBackoff': '0.2s',
                'maxBackoff': '2s',
                'backoffMultiplier': 2,
                'retryableStatusCodes': ['UNAVAILABLE'],
            }
        options = [
            ('grpc.service_config', json.dumps({'methodConfig': [method]})),
            # Beyond its buffer of 256 KiB a request would not be repeated, and without a word about it.
            ('grpc.per_rpc_retry_buffer_size', _LARGEST),
            # By default a new connection is tried a second after the last one at the earliest, however often it is
            # asked for: most repeats would fail without having tried.
            ('grpc.initial_reconnect_backoff_ms', 100),
        ]
        self._channel = grpc.insecure_channel(server, options)
        self._predict_call = PredictionServiceStub(self._channel).Predict

    def ask(self, batch: Sequence[bytes]) -> Mapping[str, Any]:
        request = PredictRequest()
        request.model_spec.name = self.settings.model
        request.model_spec.signature_name = IMAGE_BYTES_SIGNATURE
        if self.settings.version is not None:
            request.model_spec.version.value = self.settings.version
        request.inputs['image_bytes'].CopyFrom(tf.make_tensor_proto(list(batch), tf.string, [len(batch)]))
        try:
            outputs = self._predict_call(request, timeout=self.settings.deadline).outputs
        except grpc.RpcError as error:
            raise self._explained(error) from None
        return {name: _array(tensor, [len(batch), 1]) for name, tensor in outputs.items()}

    def close(self) -> None:
        self._channel.close()

    def _explained(self, error: grpc.RpcError) -> ClientError:
        code, details = error.code(), printable(error.details())
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return self.too_slow()
        hint = f'; {_HINTS[code]}' if code in _HINTS else ''
        return ClientError(f'{self.called}: {code.name}: {details}{hint}')


def _array(tensor: TensorProto, shape: list[int]) -> np.ndarray | None:
    """The array of a tensor, if it has this shape: a few bytes could ask for one of any size."""
    if [dimension.size for dimension in tensor.tensor_shape.dim] != shape:
        return None
    try:
        return tf.make_ndarray(tensor)
    except (TypeError, ValueError):
        return None
