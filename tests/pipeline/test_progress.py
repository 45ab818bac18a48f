"""The bar of work that is done elsewhere."""

import io
import sys
import time

from pipeline.components.progress import files_appear


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_files_are_counted_as_they_appear(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    folders = [str(tmp_path / name) for name in ('train', 'test')]
    with files_appear(folders, 3, 'ingest'):
        (tmp_path / 'train').mkdir()
        (tmp_path / 'train' / 'one').touch()
        (tmp_path / 'train' / 'two').touch()
        deadline = time.monotonic() + 20
        while '2/3' not in terminal.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert 'ingest' in terminal.getvalue()
    assert '2/3' in terminal.getvalue()


def test_nothing_is_shown_where_nobody_looks(tmp_path, monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, 'stderr', pipe)
    with files_appear([str(tmp_path)], 1, 'ingest'):
        (tmp_path / 'one').touch()
        time.sleep(1.2)
    assert pipe.getvalue() == ''
