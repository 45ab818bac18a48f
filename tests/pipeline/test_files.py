"""A file is there in full or not at all."""

import pytest

from pipeline.components.files import read_json, write_json, write_text, written_whole


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / 'Split-train' / 'data.gz'
    with written_whole(str(path)) as aside:
        with open(aside, 'w') as stream:
            stream.write('all')
        assert list(path.parent.iterdir()) == []
    assert path.read_text() == 'all'
    assert [entry.name for entry in tmp_path.iterdir()] == ['Split-train']


def test_a_file_that_failed_leaves_the_one_before(tmp_path):
    path = tmp_path / 'Split-train' / 'data.gz'
    path.parent.mkdir()
    path.write_text('before')
    with pytest.raises(ZeroDivisionError), written_whole(str(path)) as aside, open(aside, 'w') as stream:
        stream.write('half')
        1 / 0  # noqa: B018
    assert path.read_text() == 'before'
    assert [entry.name for entry in tmp_path.iterdir()] == ['Split-train']


def test_json_replaces_what_was_there(tmp_path):
    path = tmp_path / 'metrics.json'
    path.write_text('{"old": 1}')
    write_json({'ccc': 0.5}, path)
    assert path.read_text() == '{\n  "ccc": 0.5\n}\n'
    assert read_json(path) == {'ccc': 0.5}
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_that_cannot_be_written_leaves_the_one_before(tmp_path):
    path = tmp_path / 'taken'
    path.mkdir()
    with pytest.raises(Exception, match='taken'):
        write_text('all', path)
    assert list(tmp_path.iterdir()) == [path]
