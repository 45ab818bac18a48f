"""Clients against real servers on loopback, over the servable itself."""

import socket
import sys
import threading
import time

import grpc
import numpy as np
import pytest
from model_servers import ask, grpc_server, rest_server

from cafer_tf import features
from cafer_tf.client import MAX_REQUEST_BYTES, ClientError, Settings, connect
from cafer_tf.client.client import batches
from cafer_tf.serving import Status


def test_the_numbers_are_those_of_the_process(serve, served, images, expected):
    with serve(served) as server:
        np.testing.assert_allclose(ask(server, images, version=1), expected, atol=1e-5, equal_nan=True)
        np.testing.assert_allclose(ask(server, images, batch_size=3), expected, atol=1e-5, equal_nan=True)
        assert ask(server, []).tolist() == []
    assert served.requests == [7, 3, 3, 1]


def test_a_request_is_no_larger_than_said():
    half = b'.' * (MAX_REQUEST_BYTES // 2)
    cut = batches([half, half, b'1', half + half + b'2', b'3', b'4'], 32)
    assert [[len(image) for image in batch] for batch in cut] == [
        [len(half)] * 2,
        [1],
        [MAX_REQUEST_BYTES + 1],
        [1, 1],
    ]
    assert list(batches([], 32)) == []


def test_what_no_model_takes_is_not_sent(served, images, expected):
    with grpc_server(served) as server:
        found = ask(server, [images[0], bytes(features.MAX_BYTES + 1), images[3]])
    np.testing.assert_allclose(found[[0, 2]], expected[[0, 3]], atol=1e-5)
    assert found[1, 3] == Status.TOO_LARGE and np.isnan(found[1, :3]).all()
    assert served.requests == [2]


class Busy:
    """Says that the server is not available, for a number of calls."""

    def __init__(self, times):
        self.times, self.asked = times, []

    def __call__(self, answer, context_or_code, body=None):
        self.asked.append(time.monotonic())
        if len(self.asked) > self.times:
            return None
        if body is None:
            context_or_code.abort(grpc.StatusCode.UNAVAILABLE, 'the queue is full')
        answer.reply(503, b'{"error": "the queue is full"}')
        return True


@pytest.mark.parametrize('times', [2, 9])
def test_who_is_not_available_is_asked_again(serve, served, images, expected, times):
    busy = Busy(times)
    # What follows the end of a JPEG is no part of it, but of the request, which exceeds gRPC's own limit for repeats.
    large = images[0] + bytes(2**20)
    with serve(served, busy) as server:
        if times == 2:
            np.testing.assert_allclose(ask(server, [large], retries=2), expected[:1], atol=1e-5)
        else:
            with pytest.raises(ClientError, match=r'127.0.0.1:\d+, cafer: (UNAVAILABLE|HTTP 503): the queue is full; '):
                ask(server, [large], retries=2)
    assert len(busy.asked) == 3
    assert (np.diff(busy.asked) > [0.15, 0.3]).all()


def test_repeats_end_with_the_deadline(serve, served, images):
    busy = Busy(9)
    with serve(served, busy) as server:
        start = time.monotonic()
        with pytest.raises(ClientError, match=r'no answer within 0\.5 s|HTTP 503: the queue is full'):
            ask(server, images[:1], retries=4, deadline=0.5)
        assert time.monotonic() - start < 1.2
    assert len(busy.asked) < 4


def test_who_comes_late_is_waited_for(served, images):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
    found = []
    asking = threading.Thread(target=lambda: found.append(ask(f'127.0.0.1:{port}', images[:1], retries=2)))
    asking.start()
    time.sleep(0.1)
    with grpc_server(served, port=port):
        asking.join(10)
    assert len(found) == 1


def test_who_is_slow_is_given_up(serve, served, images):
    with serve(served, lambda *_: time.sleep(1.5)) as server:
        start = time.monotonic()
        with pytest.raises(
            ClientError, match=r'127.0.0.1:\d+, cafer: no answer within 0.3 s; give it a longer deadline'
        ):
            ask(server, images[:1], deadline=0.3)
        assert time.monotonic() - start < 1.2


@pytest.mark.parametrize('whole', [b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n', b'HTTP/1.1 503 No\r\n\r\n', b''])
def test_an_answer_in_drops_is_given_up(served, images, whole):
    def drip(handler, *_):
        handler.wfile.write(whole)
        try:
            for drop in b'HTTP/1.1 200 OK\r\nNever-ending':
                handler.wfile.write(bytes([drop]))
                time.sleep(0.1)
        except OSError:
            pass  # the client has gone
        handler.close_connection = True
        return True

    with rest_server(served, drip) as server:
        start = time.monotonic()
        with pytest.raises(ClientError, match=r'no answer within 0\.5 s'):
            ask(server, images[:1], deadline=0.5)
        assert time.monotonic() - start < 1.2


@pytest.mark.parametrize(
    ('settings', 'said'),
    [({'model': 'other'}, r'other: .*Latest\(other\)'), ({'version': 7}, r'cafer, version 7: .*Specific\(cafer, 7\)')],
    ids=['model', 'version'],
)
def test_what_is_not_served_is_named(serve, served, images, settings, said):
    with serve(served) as server, pytest.raises(ClientError, match=f'{said}; ask for another model or version'):
        ask(server, images[:1], **settings)


def test_nobody_is_there(images):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))  # and not listening
        port = taken.getsockname()[1]
        with pytest.raises(ClientError, match=rf'127.0.0.1:{port}, cafer: UNAVAILABLE: .*refused.*; see that it runs'):
            ask(f'127.0.0.1:{port}', images[:1], retries=1)
        with pytest.raises(ClientError, match=r'no answer \(NewConnectionError: .*refused\); see that it runs'):
            ask(f'http://127.0.0.1:{port}', images[:1], retries=1)


def test_the_other_protocol_is_spoken(served, images):
    with rest_server(served) as server, pytest.raises(ClientError, match=r'UNAVAILABLE: .*speaks gRPC at this port'):
        ask(server.removeprefix('http://'), images[:1], retries=0)
    with grpc_server(served) as server, pytest.raises(ClientError, match=r'no answer .*speaks HTTP at this port'):
        ask(f'http://{server}', images[:1], retries=0)


def test_passwords_stay_at_home(served, images, tmp_path, monkeypatch):
    (tmp_path / 'netrc').write_text('default login me password secret')
    monkeypatch.setenv('NETRC', str(tmp_path / 'netrc'))
    sent = []
    with rest_server(served, lambda handler, *_: sent.append(handler.headers.get('Authorization'))) as server:
        ask(server, images[:1])
    assert sent == [None]


def test_a_missing_package_is_named(served, images, monkeypatch):
    monkeypatch.delitem(sys.modules, 'cafer_tf.client.rest_client', raising=False)
    monkeypatch.setitem(sys.modules, 'requests', None)
    with pytest.raises(ClientError, match=r'package requests, which is not installed.*cafer-tf\[client\]'):
        connect('http://localhost:8501')
    with grpc_server(served) as server:
        assert len(ask(server, images[:1])) == 1


@pytest.mark.parametrize(
    'address', ['', 'localhost', 'localhost:x', 'ftp://localhost:1', 'http://', 'grpc://a:1/b', 'http://me:secret@a']
)
def test_an_address_that_is_none(address):
    with pytest.raises(ClientError, match='is no address of a server'):
        connect(address)


@pytest.mark.parametrize(
    'settings',
    [{'deadline': deadline} for deadline in (0, 3601, float('inf'), float('nan'))]
    + [{'retries': 5}, {'batch_size': 0}, {'version': -1}, {'version': 2**63}],
)
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match='deadline must be above 0'):
        Settings(**settings)
