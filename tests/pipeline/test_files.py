"""A file is there in full or not at all."""

import pytest

from pipeline.components.files import written_whole


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
