"""Slow clients, what is no request, mistakes of the server, and mistakes in the command."""

import http.client
import re
import socket
import sys
import time

import pytest
from click.testing import CliRunner

from cafer_tf import app, cli
from cafer_tf.app.headers import HEADERS
from cafer_tf.app.server import PatientProtocol

SECONDS = 0.6


class Impatient(PatientProtocol):
    seconds = SECONDS


@pytest.fixture(scope='module')
def port(start):
    nothing = None  # no request here comes as far as the model
    limits = app.Limits(seconds=SECONDS)
    with start(app.create_app(nothing, limits=limits), protocol=Impatient) as number:
        yield number


def dribbled(port, head, rest):
    """What the server says to a client that sends a byte from time to time, and when it ends the connection."""
    with socket.create_connection(('127.0.0.1', port), timeout=30) as client:
        client.settimeout(0.05)
        began, received = time.monotonic(), b''
        client.sendall(head)
        for byte in rest:
            try:
                client.sendall(bytes([byte]))
                part = client.recv(1 << 16)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
            if not part:
                break
            received += part
        return received.decode(), time.monotonic() - began


FOREVER = b'x' * 2000  # a hundred seconds


@pytest.mark.parametrize(
    ('head', 'statuses'),
    [
        (b'', ['408']),
        (b'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', ['408']),
        (b'POST /api/faces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n', ['408']),
        (b'POST /api/faces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n', ['408']),
        # An answer that comes before the body has arrived does not make the rest of it welcome.
        (b'POST /api/faces HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5000\r\n\r\n', ['403']),
        (b'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n', ['200']),
        (b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nX-Slow: ', ['200', '408']),
    ],
    ids=['request line', 'headers', 'body', 'chunks', 'refused', 'body of GET', 'second request'],
)
def test_who_dribbles_is_cut_off(port, head, statuses):
    received, seconds = dribbled(port, head, FOREVER)
    assert re.findall(r'HTTP/1\.1 (\d+) ', received) == statuses
    assert seconds < 3 * SECONDS + 3  # on a busy machine


def test_who_says_nothing_is_cut_off(port):
    with socket.create_connection(('127.0.0.1', port), timeout=30) as client:
        began = time.monotonic()
        assert client.recv(1) == b''
        assert time.monotonic() - began >= 0.8 * SECONDS


def test_who_does_not_read_is_cut_off(port):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
        client.settimeout(30)
        client.connect(('127.0.0.1', port))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(20000):
                client.sendall(b'GET /app.js HTTP/1.1\r\nHost: localhost\r\n\r\n' * 50)


@pytest.mark.parametrize('last', [b'', b'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'])
def test_who_does_not_read_the_little_that_is_left_is_cut_off_too(start, last):
    made = []

    class Watched(Impatient):
        def connection_made(self, transport):
            transport.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 12)
            super().connection_made(transport)
            made.append(self)

    with start(app.create_app(None), protocol=Watched) as port, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
        client.connect(('127.0.0.1', port))
        for count in range(1, 1000):
            client.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
            while not made or made[0].server_state.total_requests < count:
                time.sleep(0.001)
            if made[0].transport.get_write_buffer_size():
                break
        assert 0 < made[0].transport.get_write_buffer_size() < 1 << 16  # from where uvicorn pauses on
        client.sendall(last)
        end = time.monotonic() + 10 * SECONDS
        while made[0].connections and time.monotonic() < end:
            time.sleep(0.05)
        assert not made[0].connections


def test_who_is_quick_is_served_for_as_long_as_it_asks(port):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    for _ in range(4):
        connection.request('GET', '/healthz')
        assert connection.getresponse().read() == b'{"status":"ok"}'
        time.sleep(SECONDS / 2)


@pytest.mark.parametrize(
    'data',
    [
        b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
        b'GET / HTTP/1.1\r\n\r\n',
        b'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
        b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
        b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ' + b'9' * 5000 + b'\r\n\r\n',
        b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
        b'GET / HTTP/1.1\r\nHost: localhost\r\nX: ' + b'x' * 100_000,
    ],
    ids=['TLS', 'no host', 'two hosts', 'two lengths', 'long length', 'negative length', 'headers without an end'],
)
def test_what_is_no_request_is_refused(port, data):
    with socket.create_connection(('127.0.0.1', port), timeout=30) as client:
        client.sendall(data)
        assert client.recv(1 << 16).startswith(b'HTTP/1.1 400 ')


def test_a_mistake_of_the_server_is_answered_with_safe_headers(port):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    connection.request('GET', '/api/model')  # there is none
    response = connection.getresponse()
    assert response.status == 500
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_a_port_that_is_taken_is_told():
    # By a server that is only starting, too.
    with app.listen('127.0.0.1', 0) as listener:
        taken = listener.getsockname()[1]
        with pytest.raises(app.AppError, match=f'127.0.0.1, port {taken}: .* Choose another port by --port'):
            app.listen('127.0.0.1', taken)
        assert app.address_of(listener, '127.0.0.1') == f'http://127.0.0.1:{taken}/'


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, ['app', *map(str, arguments)])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--model', 'nowhere'], 'nowhere holds no SavedModel'),
        (['--model', 'nowhere', '--host', '0.0.0.0'], '--host 0.0.0.0 needs --allow-host'),
        (['--model', 'nowhere', '--host', '192.0.2.1'], '192.0.2.1, port 0: '),
        (['--model', 'nowhere', '--allow-host', 'http://faces.example/'], 'leave out http://'),
        (['--model', 'nowhere', '--max-megabytes', '33'], '1<=x<=32'),
    ],
)
def test_mistakes_are_explained(arguments, message):
    result = call('--port', 0, *arguments)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert 'Traceback' not in result.stderr


def test_without_the_extra_the_command_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'fastapi', None)
    for name in [name for name in sys.modules if name.startswith('cafer_tf.app')]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr('cafer_tf.app')
    result = call('--model', 'nowhere')
    assert result.exit_code == 1
    assert 'pip install "cafer-tf[app]"' in result.stderr
