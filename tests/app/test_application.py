"""What the server answers, and what it refuses, over real connections."""

import asyncio
import http.client
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import httpx
import numpy as np
import pytest
import skimage
from faces_photographs import encoded
from PIL import Image

from cafer_tf import app, features
from cafer_tf.app import headers
from cafer_tf.recognition import recognise_file


def ask(port, method, path, body=None, **sent):
    """Status, headers and body of an answer. The path goes out as it is, and in chunks what an iterator gives."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    names = {name.replace('_', '-'): value for name, value in sent.items()}
    connection.request(method, path, body, names)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.headers, content


def faces_of(port, data, **sent):
    status, _, content = ask(port, 'POST', '/api/faces', data, **sent)
    return status, json.loads(content)


def asked(application, method, path, peer='127.0.0.1', host='localhost', **options):
    """An answer without a network, so that the client's address can be any."""

    async def ask_it():
        transport = httpx.ASGITransport(application, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f'http://{host}') as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask_it())


@pytest.fixture(scope='module')
def wall():
    return encoded(np.full((120, 200, 3), 128, np.uint8), 'JPEG')


def test_a_picture_is_answered_as_in_the_library(port, predictor, astronaut):
    status, answer = faces_of(port, astronaut)
    (expected,) = recognise_file(predictor, astronaut).faces
    (face,) = answer['faces']
    assert status == 200
    assert (answer['width'], answer['height'], answer['whole'], answer['found']) == (512, 512, False, 1)
    assert face['box'] == pytest.approx(expected.box)
    assert face['left_eye'] == pytest.approx(expected.left_eye)
    assert (face['valence'], face['arousal'], face['intensity']) == pytest.approx(expected[4:], abs=1e-6)


def test_no_face_is_an_answer_too(port, wall):
    assert faces_of(port, wall) == (200, {'width': 200, 'height': 120, 'whole': False, 'found': 0, 'faces': []})


def test_a_face_that_is_the_whole_picture_has_no_place_in_it(port, predictor, wall):
    answer = asked(app.create_app(predictor, whole=True), 'POST', '/api/faces', '::1', content=wall).json()
    assert answer['whole'] and answer['faces'][0]['box'] is answer['faces'][0]['confidence'] is None
    square = encoded(np.full((90, 90, 3), 128, np.uint8))
    assert faces_of(port, square)[1]['whole']  # as `recognise_file` has it, for a model of cropped faces


def test_a_face_that_leans_in_to_the_camera_keeps_its_place(port):
    data = encoded(skimage.data.astronaut()[30:190, 140:300])
    (whole, face) = (faces_of(port, data)[1], json.loads(ask(port, 'POST', '/api/faces?frame', data)[2]))
    assert whole['whole'] and whole['faces'][0]['box'] is None
    assert not face['whole'] and face['found'] == 1 and max(face['faces'][0]['box'][2:]) > 0.6 * 160


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (lambda data: b'', 'empty file'),
        (lambda data: data[: len(data) // 2], 'truncated image'),
        (lambda data: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'not an image'),
        (lambda data: encoded(np.zeros((8, 8, 3), np.uint8), 'GIF'), 'GIF image, only JPEG and PNG are read'),
    ],
    ids=['empty', 'truncated', 'no image', 'another format'],
)
def test_what_is_no_picture_is_refused_with_a_reason(port, astronaut, change, reason):
    assert faces_of(port, change(astronaut)) == (422, {'error': f'This picture cannot be used: {reason}.'})


def test_a_small_file_of_many_pixels_is_refused_before_it_is_decoded(port):
    file = io.BytesIO()
    Image.new('1', (1 << 13, (features.MAX_PIXELS >> 13) + 1)).save(file, 'PNG')
    status, answer = faces_of(port, file.getvalue())
    assert (status, 'more than 33.6 million pixels' in answer['error']) == (422, True)


def test_a_small_file_that_takes_long_to_decode_is_refused(port):
    data = encoded(np.full((64, 64, 3), 90, np.uint8), 'JPEG', progressive=True)
    start, end = data.rindex(b'\xff\xda'), data.rindex(b'\xff\xd9')
    assert faces_of(port, data[:end] + 10 * data[start:end] + data[end:])[0] == 200
    refusal = (422, {'error': 'This picture cannot be used: more than 64 scans.'})
    assert faces_of(port, data[:end] + 70 * data[start:end] + data[end:]) == refusal


def test_the_model_is_told_but_not_where_it_lies(port, untrained):
    _, _, content = ask(port, 'GET', '/api/model')
    facts = json.loads(content)
    assert (facts['name'], facts['version'], facts['encoder']) == ('cafer', '1', 'compact')
    assert (facts['image_size'], facts['finds_faces'], facts['max_bytes']) == (32, True, 10 << 20)
    assert str(untrained.parent.parent) not in content.decode()
    assert json.loads(ask(port, 'GET', '/healthz')[2]) == {'status': 'ok'}


def test_a_model_without_an_answer_is_an_error_of_the_server(predictor, wall, caplog):
    bias = predictor._model.head.variables[-1]
    before = bias.numpy()
    bias.assign([np.nan, 0.0])
    try:
        response = asked(app.create_app(predictor, whole=True), 'POST', '/api/faces', content=wall)
    finally:
        bias.assign(before)
    assert response.status_code == 500
    assert 'answers NaN' in caplog.text and str(predictor.directory) not in response.text


def test_too_much_is_refused_by_its_length_and_by_what_arrives(predictor, start, wall):
    with start(app.create_app(predictor, limits=app.Limits(max_bytes=1 << 20))) as port:
        data = bytes((1 << 20) + 1)
        refusal = (413, {'error': 'The picture is larger than 1 MiB.'})
        assert faces_of(port, data) == refusal
        assert faces_of(port, iter([data[: 1 << 19], data[1 << 19 :]])) == refusal
        assert faces_of(port, iter([wall[:100], wall[100:]]))[0] == 200


def test_more_at_once_than_memory_is_for_are_sent_away(predictor, start, wall):
    with start(app.create_app(predictor, limits=app.Limits(at_once=1))) as port:
        first = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        first.putrequest('POST', '/api/faces')
        first.putheader('Content-Length', str(len(wall)))
        first.endheaders(wall[:100])
        for _ in range(50):  # until the server has seen the first
            second = ask(port, 'POST', '/api/faces', wall)
            if second[0] != 200:
                break
        assert (second[0], second[1]['Retry-After']) == (503, '1')
        first.send(wall[100:])
        assert first.getresponse().status == 200
        assert faces_of(port, wall)[0] == 200


def test_nothing_that_is_sent_is_written(port, astronaut, tmp_path):
    written, watching = [], True

    def watch(event, arguments):
        if event == 'open' and watching and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(arguments[0])

    sys.addaudithook(watch)  # of all threads; it cannot be taken away again
    try:
        assert faces_of(port, astronaut)[0] == 200
        assert faces_of(port, bytes(4 << 20), Content_Type='multipart/form-data; boundary=x')[0] == 422
        assert written == []
        (tmp_path / 'file').touch()
        assert written == [str(tmp_path / 'file')]  # what would have been seen
    finally:
        watching = False


@pytest.mark.parametrize('host', ['evil.example', '127.0.0.1.evil.example', 'localhost@evil.example', '192.0.2.1', ''])
def test_requests_for_other_hosts_are_refused(port, host):
    for method, path in (('GET', '/'), ('GET', '/api/model'), ('POST', '/api/faces')):
        status, _, content = ask(port, method, path, Host=host)
        assert (status, 'called by another name' in json.loads(content)['error']) == (403, True)


@pytest.mark.parametrize('host', ['localhost', 'LOCALHOST:8000', '[::1]:80', '127.0.0.1'])
def test_this_machine_may_call_the_server_by_any_of_its_own_names(port, host):
    assert ask(port, 'GET', '/healthz', Host=host)[0] == 200


def test_pages_of_other_origins_can_send_nothing(port, wall):
    own = f'http://127.0.0.1:{port}'
    for sent in (
        {'Origin': 'http://evil.example'},
        {'Origin': 'null'},
        {'Origin': 'http://['},
        {'Origin': f'http://localhost:{port}'},
        {'Origin': own, 'Sec_Fetch_Site': 'cross-site'},
        {'Sec_Fetch_Site': 'same-site'},
    ):
        assert faces_of(port, wall, **sent) == (403, {'error': 'This server takes pictures from its own page alone.'})
    assert faces_of(port, wall, Origin=own, Sec_Fetch_Site='same-origin')[0] == 200
    assert ask(port, 'OPTIONS', '/api/faces', Origin='http://evil.example')[0] == 403
    assert 'Access-Control-Allow-Origin' not in ask(port, 'GET', '/api/model', Origin='http://evil.example')[1]


def test_other_machines_are_refused_unless_they_are_meant(predictor):
    for peer, status in (('192.0.2.7', 403), ('::ffff:192.0.2.7', 403), ('::ffff:127.0.0.1', 200)):
        assert asked(app.create_app(predictor), 'GET', '/healthz', peer).status_code == status
    shared = app.create_app(predictor, names={'faces.example'}, local_only=False)
    for host, status in (('faces.example', 200), ('localhost', 403)):
        assert asked(shared, 'GET', '/healthz', '192.0.2.7', host).status_code == status


@pytest.mark.parametrize(
    'path',
    [
        '/../application.py',
        '/..%2fapplication.py',
        '/%2e%2e/application.py',
        '/..%5capplication.py',
        '/assets/../../application.py',
        '//etc/passwd',
        '/app.js%00.html',
        '/index.html',
        '/http://evil.example/',
    ],
)
def test_no_name_leads_out_of_the_table_of_files(port, path):
    status, _, content = ask(port, 'GET', path)
    assert status == 404
    assert set(json.loads(content)) == {'error'}


@pytest.mark.parametrize('path', ['/docs', '/redoc', '/openapi.json', '/docs/oauth2-redirect'])
def test_there_are_no_pages_that_load_from_elsewhere(port, path):
    assert ask(port, 'GET', path)[0] == 404


def test_every_answer_tells_the_browser_to_trust_this_server_alone(port):
    policy = headers.HEADERS['Content-Security-Policy']
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and 'unsafe' not in policy
    for path, kind in (
        ('/', 'text/html'),
        ('/app.js', 'text/javascript'),
        ('/api/model', 'application/json'),
        ('/x', ''),
    ):
        _, received, _ = ask(port, 'GET', path)
        assert received['Content-Type'].startswith(kind)
        assert {name: received[name] for name in headers.HEADERS} == headers.HEADERS
        assert 'Server' not in received
    refused = ask(port, 'GET', '/', Host='evil.example')[1]
    assert {name: refused[name] for name in headers.HEADERS} == headers.HEADERS


def test_the_page_is_whole_and_asks_nobody_else():
    folder = pathlib.Path(app.__file__).parent / 'assets'
    for path in folder.iterdir():
        text = path.read_text(encoding='utf-8').replace('http://www.w3.org/2000/svg', '')
        assert not re.search(r'https?://|@import', text), path.name
    # Neither styles nor scripts within the page, which the policy forbids.
    page = (folder / 'index.html').read_text(encoding='utf-8')
    assert not re.search(r'<style|<[^>]*\s(style|on\w+)=|<script(?![^>]*\ssrc=)', page)


def test_the_command_serves_until_it_is_interrupted(untrained):
    command = [sys.executable, '-m', 'cafer_tf.cli', 'app', '--model', str(untrained), '--port', '0']
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            address = re.fullmatch(r'page: http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n', line)
            assert address, line + process.stderr.read()
            connection = http.client.HTTPConnection('127.0.0.1', int(address[1]), timeout=30)
            connection.request('GET', '/healthz')
            assert connection.getresponse().status == 200
            # A picture that is under way, and does not arrive.
            connection.putrequest('POST', '/api/faces')
            connection.putheader('Content-Length', '1000')
            connection.endheaders(b'the first half')
            second = http.client.HTTPConnection('127.0.0.1', int(address[1]), timeout=30)
            second.request('GET', '/healthz')
            assert second.getresponse().status == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, '', '')
