"""Servers that are not TensorFlow Serving, or not with a model of this project: nothing that they say is believed."""

import json

import grpc
import pytest
from model_servers import ask, grpc_server, rest_server

from cafer_tf.client import ClientError


def put(name, proto):
    def meddle(response, context):
        del response.outputs[name]
        if proto is not None:
            response.outputs[name].ParseFromString(proto)

    return meddle


@pytest.mark.parametrize(
    ('meddle', 'message'),
    [
        (put('status', None), 'without the output status; there is arousal, intensity, valence'),
        (put('valence', b'\x08\x01\x12\x08\x12\x06\x08\x80\x80\x80\x80\x40'), 'valence that is not 2 numbers'),
        (put('valence', b'\x08\x07\x12\x08\x12\x02\x08\x02\x12\x02\x08\x01\x42\x01x'), 'valence that is not 2 numbers'),
        (lambda response, context: b'nonsense', 'INTERNAL: '),
        (lambda response, context: context.abort(grpc.StatusCode.INVALID_ARGUMENT, 'Task\nsize'), 'T: Task size; see'),
        (lambda response, context: 1 / 0, 'UNKNOWN: '),
    ],
    ids=['missing', 'enormous', 'text', 'no proto', 'refused', 'crash'],
)
def test_a_strange_server_is_explained(served, images, meddle, message):
    """Over gRPC; an enormous tensor is one of 2^34 places in a few bytes."""
    with grpc_server(served, meddle) as server, pytest.raises(ClientError, match=message):
        ask(server, images[:2])


def hang_up(handler, *_):
    handler.close_connection = True
    return True


def replied(code, body):
    return lambda handler, *_: handler.reply(code, body) or True


@pytest.mark.parametrize(
    ('meddle', 'message'),
    [
        (replied(200, b'<html>'), "not the JSON of TensorFlow Serving, but b'<html>'"),
        (replied(200, b'[' * 100_000), 'not the JSON of TensorFlow Serving'),
        (replied(200, b'{"predictions": []}'), 'not the JSON of TensorFlow Serving'),
        (replied(200, b' ' * 2**23), 'the answer has more than 4 MiB'),
        (replied(502, b'<html>'), 'HTTP 502: Bad Gateway'),
        (replied(400, b'{"error": "Task\\nsize"}'), 'HTTP 400: Task size; see'),
        (replied(302, b''), 'HTTP 302: Found'),
        (replied(200, b'{"outputs": {"valence": [[1], [2]]}}'), 'without the output arousal; there is valence'),
        (replied(200, b'{"outputs": {"valence": [["x"], [1]]}}'), 'valence that is not 2 numbers'),
        (replied(200, b'{"outputs": {"valence": [["1"], ["0"]]}}'), 'valence that is not 2 numbers'),
        (replied(200, b'{"outputs": {"valence": [[1, 2]]}}'), 'valence that is not 2 numbers'),
        (replied(429, b'{}'), 'HTTP 429: Too Many Requests; ask with smaller batches'),
        (replied(504, b'{}'), 'HTTP 504: Gateway Timeout; .*rest_api_timeout_in_ms'),
        (hang_up, r'no answer \(.*Remote end closed connection'),
    ],
    ids=[
        'no JSON',
        'deep',
        'rows',
        'long',
        'proxy',
        'refused',
        'moved',
        'missing',
        'text',
        'digits',
        'shape',
        '429',
        '504',
        'closed',
    ],
)
def test_a_strange_web_server_is_explained(served, images, meddle, message):
    with rest_server(served, meddle) as server, pytest.raises(ClientError, match=message):
        ask(server, images[:2])


@pytest.mark.parametrize(
    ('outputs', 'message'),
    [
        ({'status': [[9]]}, 'the status 9, which has no meaning here'),
        ({'arousal': [[float('inf')]]}, r'arousal inf with status 0, not a number in \[-1, 1\]'),
        ({'arousal': [[float('nan')]]}, 'arousal nan with status 0'),
        ({'valence': [[-1.01]]}, 'valence -1.01 with status 0'),
        ({'intensity': [[-0.1]]}, r'intensity -0.1 with status 0, not a number in \[0, 1.414\]'),
        ({'status': [[2]]}, 'valence 0.1 with status 2, not NaN'),
    ],
)
def test_what_the_servable_never_says_is_refused(served, images, outputs, message):
    good = {'valence': [[0.1]], 'arousal': [[0.2]], 'intensity': [[0.3]], 'status': [[0]]}
    body = json.dumps({'outputs': {**good, **outputs}}).encode()
    with rest_server(served, replied(200, body)) as server, pytest.raises(ClientError, match=message):
        ask(server, images[:1])


def test_the_corners_of_the_plane_are_believed(served, images):
    corner = {'valence': [[1]], 'arousal': [[-1.0000001]], 'intensity': [[1.4142136]], 'status': [[0]]}
    with rest_server(served, replied(200, json.dumps({'outputs': corner}).encode())) as server:
        assert ask(server, images[:1])[0, 0] == 1


EVIL = '\x1b[2J\u202e' + 'x' * 5000


@pytest.mark.parametrize(
    ('kind', 'meddle'),
    [
        (grpc_server, lambda _, context: context.abort(grpc.StatusCode.INTERNAL, EVIL)),
        (
            grpc_server,
            lambda response, _: response.outputs[EVIL].ParseFromString(b'') or put('status', None)(response, _),
        ),
        (rest_server, replied(400, json.dumps({'error': EVIL}).encode())),
        (rest_server, replied(200, json.dumps({'outputs': {EVIL: []}}).encode())),
        (rest_server, replied(200, EVIL.encode())),
        (rest_server, lambda handler, *_: handler.wfile.write(EVIL.encode() + b'\r\n\r\n')),
    ],
    ids=['details', 'outputs', 'error', 'names', 'body', 'status line'],
)
def test_a_server_does_not_write_to_the_terminal(served, images, kind, meddle):
    with kind(served, meddle) as server, pytest.raises(ClientError, match=r'\\x1b\[2J') as raised:
        ask(server, images[:1])
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600
