"""A file is there in full or not at all."""

import pytest

from cafer_tf.files import replacing, write_json, write_text


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / 'weights.npz'
    path.write_text('before')
    with replacing(path) as aside:
        assert aside.parent == tmp_path
        assert aside.suffix == '.npz'
        aside.write_text('all')
        assert path.read_text() == 'before'
    assert path.read_text() == 'all'
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_failed_leaves_the_one_before(tmp_path):
    path = tmp_path / 'weights.npz'
    path.write_text('before')
    with pytest.raises(ZeroDivisionError), replacing(path) as aside:
        aside.write_text('half')
        1 / 0  # noqa: B018
    assert path.read_text() == 'before'
    assert list(tmp_path.iterdir()) == [path]


def test_json_replaces_what_was_there(tmp_path):
    path = tmp_path / 'metrics.json'
    path.write_text('{"old": 1}')
    write_json({'name': 'é', 'ccc': 0.5}, path)
    assert path.read_text() == '{\n  "name": "\\u00e9",\n  "ccc": 0.5\n}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_that_cannot_be_written_leaves_nothing_beside(tmp_path):
    path = tmp_path / 'taken'
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write_text('all', path)
    with pytest.raises(FileNotFoundError):
        write_text('all', tmp_path / 'nowhere' / 'file')
    assert list(tmp_path.iterdir()) == [path]
