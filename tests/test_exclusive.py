import signal
import subprocess
import sys

import pytest

from cafer_tf.exclusive import FolderInUseError, exclusive


def test_a_folder_is_one_process_s_at_a_time(tmp_path):
    folder = tmp_path / 'new' / 'out'
    with (
        exclusive(folder),
        pytest.raises(FolderInUseError, match=r'another run is using .*out; wait'),
        exclusive(folder),
    ):
        pass
    with exclusive(folder):
        pass


def test_the_lock_goes_with_a_killed_process(tmp_path):
    code = (
        'import os, signal, sys\nfrom cafer_tf.exclusive import exclusive\n'
        f'with exclusive({str(tmp_path)!r}):\n    os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    killed = subprocess.run([sys.executable, '-c', code], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL and (tmp_path / '.lock').exists()
    with exclusive(tmp_path):
        pass
