"""What TensorFlow Serving says over the wire, for tests: the same protos and JSON, over an exported model in process.

The sources that its behaviour is taken from are those of TensorFlow Serving 2.15.1: `util/json_tensor.cc`,
`model_servers/http_server.cc` and `servables/tensorflow/predict_util.cc`.
"""

import base64
import contextlib
import http.server
import json
import re
import threading
from concurrent import futures

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from cafer_tf.client import Settings, connect

DEFAULT = 'serving_default'


def ask(server, images, **settings):
    """What a client gets from a server, `[n, 4]`: the fields of `Prediction`."""
    with connect(server, Settings(**settings)) as client:
        return np.array(client.predict(images))


def feed(request):
    """The inputs of a request, parsed by TensorFlow's own reader of protos, as the server does."""
    return {
        name: tf.io.parse_tensor(proto.SerializeToString(), tf.as_dtype(proto.dtype))
        for name, proto in request.inputs.items()
    }


class Model:
    """The signatures of an exported model under a name, and how many images each request had."""

    def __init__(self, folder, name='cafer', version=1):
        self._loaded = tf.saved_model.load(str(folder))
        self.signatures = self._loaded.signatures
        self.name, self.version = name, version
        self.requests = []

    def missing(self, name, version):
        """Why there is no such model; None where it is there."""
        if name == self.name and version in (None, self.version):
            return None
        asked = f'Latest({name})' if version is None else f'Specific({name}, {version})'
        return f'Servable not found for request: {asked}'

    def answer(self, signature, inputs):
        outputs = self.signatures[signature or DEFAULT](**inputs)
        self.requests.append(len(next(iter(inputs.values()))))
        return {name: value.numpy() for name, value in outputs.items()}


class _Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, model, meddle):
        self._model, self._meddle = model, meddle

    def Predict(self, request, context):
        spec = request.model_spec
        reason = self._model.missing(spec.name, spec.version.value if spec.HasField('version') else None)
        if reason:
            context.abort(grpc.StatusCode.NOT_FOUND, reason)
        outputs = self._model.answer(spec.signature_name, feed(request))
        response = predict_pb2.PredictResponse()
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return self._meddle(response, context) or response


@contextlib.contextmanager
def grpc_server(model, meddle=lambda response, context: None, port=0):
    """Serves on a port of loopback; `meddle` may change an answer, return another one, wait, or abort."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[('grpc.max_receive_message_length', 2**31 - 1)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Service(model, meddle), server)
    port = server.add_insecure_port(f'127.0.0.1:{port}')
    server.start()
    try:
        yield f'127.0.0.1:{port}'
    finally:
        server.stop(0)


@contextlib.contextmanager
def rest_server(model, meddle=lambda handler, code, body: None):
    """The same over HTTP; `meddle` may write an answer of its own, and says so by returning True."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            """The status of the model."""
            state = {'version': str(model.version), 'state': 'AVAILABLE'}
            missing = model.missing(self.path.removeprefix('/v1/models/'), None)
            found = {'error': missing} if missing else {'model_version_status': [state]}
            self.reply(404 if missing else 200, json.dumps(found, indent=1).encode())

        def do_POST(self):
            asked = re.fullmatch(r'/v1/models/([^/:]+)(?:/versions/(\d+))?:predict', self.path)
            body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
            reason = model.missing(asked[1], int(asked[2]) if asked[2] else None)
            code, answer = (404, {'error': reason}) if reason else (200, _predict(model, body))
            written = json.dumps(answer, indent=4).encode()
            if not meddle(self, code, written):
                self.reply(code, written)

        def reply(self, code, body):
            self.send_response(code)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _predict(model, body):
    """The columnar format: `inputs` and `outputs`."""
    ((name, values),) = body['inputs'].items()
    decoded = [base64.b64decode(value['b64'], validate=True) for value in values]
    outputs = model.answer(body.get('signature_name'), {name: tf.constant(decoded)})
    # The shortest digits that read back as the same float32, as the server writes them; json writes NaN as it does.
    return {'outputs': {name: [[_number(value) for value in row] for row in rows] for name, rows in outputs.items()}}


def _number(value):
    return float(str(value)) if isinstance(value, np.floating) else int(value)
