"""A user sees what is meant for a user; everything else is in the log."""

import logging
import os
import subprocess
import sys
import warnings

import pytest

from pipeline import console


def test_logs_go_to_a_file_and_messages_to_the_user(tmp_path, capfd):
    library = logging.getLogger('some.library')
    library.addHandler(logging.StreamHandler(sys.stderr))
    with console.quiet(tmp_path / 'logs') as log:
        logging.getLogger('pipeline.components.x').info('two\nlines')
        logging.getLogger('pipeline.components.x').debug('a detail')
        library.info('noise')
        warnings.warn('careful', UserWarning, stacklevel=1)
        os.write(2, b'native noise\n')
        subprocess.run([sys.executable, '-c', 'import sys; print("child noise", file=sys.stderr)'], check=True)
        print('to the user', file=sys.stderr)
    print('afterwards', file=sys.stderr)
    out, err = capfd.readouterr()
    assert out == '    two\n    lines\n'
    assert err == 'to the user\nafterwards\n'
    text = log.read_text()
    for line in ('two\nlines', 'a detail', 'noise', 'careful', 'native noise', 'child noise'):
        assert line in text


def test_everything_is_as_before_even_after_an_error(tmp_path):
    root, own = logging.getLogger(), logging.getLogger('pipeline')
    before = (root.handlers[:], root.level, own.handlers[:], own.level, own.propagate, sys.stderr, os.fstat(2))
    with pytest.raises(ZeroDivisionError), console.quiet(tmp_path):
        1 / 0  # noqa: B018
    assert (root.handlers, root.level, own.handlers, own.level, own.propagate, sys.stderr, os.fstat(2)) == before


def test_hush_drops_native_noise_and_warnings_only(capfd):
    with console.hush():
        os.write(2, b'native noise\n')
        warnings.warn('careful', UserWarning, stacklevel=1)
        print('an error', file=sys.stderr)
    os.write(2, b'later\n')
    assert capfd.readouterr().err == 'an error\nlater\n'
