"""`cafer video`."""

import csv

import pytest
from click.testing import CliRunner
from clips import moving, write_clip

from cafer_tf import cli
from cafer_tf.video import Video


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, ['video', *map(str, arguments)])


@pytest.fixture(scope='module')
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp('clip') / 'clip.mp4', moving(6))


def test_writes_a_film_and_a_table(clip, model, tmp_path):
    out, table = tmp_path / 'out.mp4', tmp_path / 'faces.csv'
    result = call(clip, '--model', model, '--out', out, '--csv', table, '--smoothing', 'mean', '--window', '0.1')
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        'frames: 6 (0 broken ones left out)',
        'faces: 2, in 12 places',
        f'csv: {table}',
        f'video: {out}',
    ]
    with Video(out) as film:
        assert len(list(film)) == 6
    with table.open() as file:
        assert [(int(row['frame']), int(row['face'])) for row in csv.DictReader(file)] == [
            (frame, face) for frame in range(6) for face in (1, 2)
        ]


def test_a_truncated_video_is_told(model, tmp_path):
    path = write_clip(tmp_path / 'clip.avi', moving(10))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    result = call(path, '--model', model, '--csv', tmp_path / 'faces.csv', '--whole')
    assert result.exit_code == 0, result.stderr
    assert f'note: {path}: the file says 10 frames; ' in result.stderr
    with (tmp_path / 'faces.csv').open() as file:
        read = len(list(csv.DictReader(file)))
    assert result.stdout.splitlines()[0] == f'frames: {read} ({10 - read} broken ones left out)'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['CLIP'], 'give --out, --csv or both'),
        (['--csv', 'faces.csv'], 'give a video, or --camera'),
        (['CLIP', '--camera', '0', '--csv', 'faces.csv'], 'give a video, or --camera'),
        (['--camera', '987', '--csv', 'faces.csv'], '/dev/video987: there is no such camera'),
        (['missing.mp4', '--csv', 'faces.csv'], 'missing.mp4: there is no such file'),
        (['CLIP', '--out', 'CLIP'], 'is the input, which would be lost'),
        (['CLIP', '--out', 'out.avi'], 'out.avi cannot be written'),
        (['CLIP', '--out', '.'], "'.' is a directory"),
        (['CLIP', '--csv', 'faces.csv', '--window', '1'], '--window has no meaning with --smoothing one-euro'),
        (['CLIP', '--csv', 'faces.csv', '--min-cutoff', '0'], 'the minimal cutoff must be positive'),
    ],
)
def test_mistakes_are_explained(arguments, message, clip, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call('--model', model, *(str(clip) if word == 'CLIP' else word for word in arguments))
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert 'Traceback' not in result.stderr
    assert list(tmp_path.iterdir()) == []
