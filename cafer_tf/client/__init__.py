"""Answers of a TensorFlow Serving server, over gRPC or REST, as `cafer_tf.serving.Predictor` gives them in process.

`connect` is the way in.
"""

from cafer_tf.client.client import MAX_DEADLINE, MAX_REQUEST_BYTES, MAX_RETRIES, Client, Settings
from cafer_tf.client.connecting import connect
from cafer_tf.client.errors import ClientError

__all__ = [
    'MAX_DEADLINE',
    'MAX_REQUEST_BYTES',
    'MAX_RETRIES',
    'Client',
    'ClientError',
    'Settings',
    'connect',
]
