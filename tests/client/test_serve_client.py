"""`cafer serve-client`."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner
from model_servers import grpc_server, rest_server

from cafer_tf.cli.serve_client import serve_client
from cafer_tf.client import MAX_DEADLINE, MAX_RETRIES, Settings
from cafer_tf.serving import STATUSES


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(serve_client, [str(argument) for argument in arguments])


@pytest.fixture
def crops(images, tmp_path):
    folder = tmp_path / 'crops'
    folder.mkdir()
    for number, image in enumerate(images):
        (folder / f'{number}.jpg').write_bytes(image)
    return folder


def test_folders_are_answered_with_a_status_each(serve, served, crops, expected, tmp_path):
    table = tmp_path / 'faces.csv'
    with serve(served) as server:
        result = call('--server', server, crops, tmp_path / 'none.png', '--json', '--csv', table, '--batch-size', 3)
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row['path'] for row in rows[:-1]] == [str(crops / f'{number}.jpg') for number in range(7)]
    assert [row['status'] for row in rows[:-1]] == [STATUSES[int(status)] for status in expected[:, 3]]
    numbers = np.array([[row[name] for name in ('valence', 'arousal', 'intensity')] for row in rows], float)
    np.testing.assert_allclose(numbers[:-1], expected[:, :3], atol=1e-5, equal_nan=True)
    assert rows[-1]['path'] == str(tmp_path / 'none.png')
    assert rows[-1]['status'] == 'missing file' and np.isnan(numbers[-1]).all()
    with table.open() as file:
        written = list(csv.DictReader(file))
    assert written == [{name: '' if value is None else str(value) for name, value in row.items()} for row in rows]
    assert f'error: {crops / "1.jpg"}: empty\n' in result.stderr
    assert f'error: {tmp_path / "none.png"}: missing file\n' in result.stderr
    assert served.requests == [3, 3, 1]


def test_good_images_are_printed(served, crops, expected):
    with grpc_server(served) as server:
        result = call('--server', f'grpc://{server}', crops / '0.jpg', crops / '3.jpg')
    assert result.exit_code == 0, result.stderr
    valence, arousal = expected[0, :2]
    first = f'{crops / "0.jpg"}  valence {valence:+.3f}  arousal {arousal:+.3f}'
    assert result.stdout.splitlines()[0] == first
    assert len(result.stdout.splitlines()) == 2 and result.stderr == ''


def test_what_goes_wrong_is_one_line(served, crops, tmp_path):
    table = tmp_path / 'faces.csv'
    with rest_server(served) as server:
        result = call('--server', server, crops, '--model-name', 'other', '--csv', table)
    assert result.exit_code == 1
    assert result.stderr.startswith(f'Error: {server}, other: HTTP 404: ') and len(result.stderr.splitlines()) == 1
    assert not table.exists()
    for arguments, message in (
        (('--server', 'nowhere', crops), "Error: 'nowhere' is no address of a server"),
        (('--server', 'a:1', crops, '--retries', MAX_RETRIES + 1), '--retries'),
        (('--server', 'a:1', crops, '--deadline', 'inf'), '--deadline'),
        (('--server', 'a:1', crops, '--deadline', 'nan'), 'deadline must be above 0'),
        (('--server', 'a:1', crops, '--version', 2**63), '0<=x<=9223372036854775807'),
        (('--server', 'a:1', crops, '--csv', crops / '0.jpg'), 'has the name of an image'),
    ):
        result = call(*arguments)
        assert result.exit_code in (1, 2)
        assert message in result.stderr


def test_options_are_those_of_the_settings():
    options = {option.name: option for option in serve_client.params}
    names = {'model': 'model_name'}
    for name, value in dataclasses.asdict(Settings()).items():
        assert options[names.get(name, name)].default == value, name
    assert options['retries'].type.max == MAX_RETRIES
    assert options['deadline'].type.max == MAX_DEADLINE
