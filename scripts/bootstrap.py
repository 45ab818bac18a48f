"""Makes `.venv`: Python 3.10, every pin of `requirements.lock`, and this project in editable form.

`make` calls it before every target. It needs nothing but a Python 3.7 or newer to run under, finds the Python 3.10 that
the environment is for by itself, and returns at once while the environment is up to date. The variable `PYTHON` names
the interpreter when the search finds none, or not the wanted one. Linux on x86-64 is what is tested.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Iterator, Sequence

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / '.venv'
DISCARDED = ROOT / '.venv.old'
STAMP = ENVIRONMENT / '.ready'
LOCK = ROOT / 'requirements.lock'
INPUTS = (LOCK, ROOT / 'setup.py', ROOT / 'cafer_tf' / 'version.py')
WANTED = (3, 10)

# Run by a candidate: the modules are those that a Python built without its libraries lacks. `_base_executable` leads
# out of an activated environment, which may be the very one that is about to be replaced.
PROBE = (
    'import sys, ctypes, ssl, zlib; print(sys.version_info[0], sys.version_info[1], sys.maxsize > 2**32, '
    'getattr(sys, "_base_executable", None) or sys.executable, sep="|")'
)

# What uv says of every package; the large downloads remain, since they are what one waits for.
NOISE = re.compile(r' [-+~] |\s*(Downloaded|Built) |\s*Downloading .*\((\d\.\dM|[\d.]+K)iB\)')

# Settings of pip and uv say where packages come from, which is the user's business; these say where they go, or change
# what is installed, and would break an environment that is to hold the lock file and nothing else.
HARMFUL = frozenset(
    """
    PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONOPTIMIZE PYTHONPATH VIRTUAL_ENV __PYVENV_LAUNCHER__
    PIP_DRY_RUN PIP_EDITABLE PIP_IGNORE_INSTALLED PIP_NO_BINARY PIP_ONLY_BINARY PIP_PREFIX PIP_PYTHON PIP_REQUIREMENT
    PIP_REQUIRE_VIRTUALENV PIP_ROOT PIP_TARGET PIP_USER
    UV_BUILD_CONSTRAINT UV_CONSTRAINT UV_EXCLUDE_NEWER UV_NO_BINARY UV_NO_BINARY_PACKAGE UV_NO_BUILD UV_NO_VERIFY_HASHES
    UV_OVERRIDE UV_PROJECT UV_PYTHON UV_SYSTEM_PYTHON UV_WORKING_DIRECTORY
    """.split()  # noqa: SIM905 (one name a line would be thirty lines)
)


class SetupError(Exception):
    """Something that the user has to put right; its text is the one line that tells them how."""


def main() -> int:
    if is_ready():
        return 0
    try:
        with only_one_at_a_time():
            if not is_ready():
                build()
    except SetupError as error:
        print(f'set-up: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('set-up: interrupted; the next call starts afresh', file=sys.stderr)
        return 130
    return 0


def fingerprint() -> str:
    """What the environment was made from, and where: its scripts hold absolute paths, so a moved one is no good."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready() -> bool:
    try:
        return STAMP.read_text() == fingerprint() and os.access(str(environment_python()), os.X_OK)
    except OSError:
        return False


def environment_python() -> pathlib.Path:
    return ENVIRONMENT / 'bin' / 'python'


def build() -> None:
    started = time.monotonic()

    def progress(text: str) -> None:
        print(f'[{time.monotonic() - started:5.1f} s] {text}', flush=True)

    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        progress('note: only Linux on x86-64 is tested')
    if not shutil.which('g++'):
        progress('note: g++ was not found; a few packages are built from source unless uv has them in its cache')
    uv = ''
    # A stamp means that the last run finished, so that what is there can be brought up to date. Without one, nobody
    # knows how far a run came before it was killed.
    if STAMP.is_file() and probe(str(environment_python())) is not None:
        STAMP.unlink()
    else:
        interpreter = find_interpreter()
        discard()
        progress(f'making .venv with {interpreter}')
        uv = create(interpreter)
    uv = uv or install_uv()
    progress('installing the packages of requirements.lock (2.6 GB on disk)')
    install_packages(uv)
    progress('installing the project')
    target = ('--python', environment_python(), '--quiet')
    run([uv, 'pip', 'install', *target, '--no-deps', '--no-build-isolation', '--editable', ROOT])
    sources = [str(ROOT / name) for name in ('cafer_tf', 'pipeline') if (ROOT / name).is_dir()]
    run([environment_python(), '-m', 'compileall', '-q', *sources])
    STAMP.write_text(fingerprint())
    progress('ready')


def discard() -> None:
    """Renames first: a removal that is killed half-way must not leave something that looks like an environment."""
    shutil.rmtree(str(DISCARDED), ignore_errors=True)
    if ENVIRONMENT.is_symlink():
        ENVIRONMENT.unlink()
    elif ENVIRONMENT.exists():
        ENVIRONMENT.rename(DISCARDED)
        shutil.rmtree(str(DISCARDED), ignore_errors=True)


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two calls of make in two terminals: the second waits for the first, then finds the environment ready."""
    descriptor = os.open(str(ROOT), os.O_RDONLY)
    try:
        # Some network file systems have no locks, and Windows has no fcntl; there, two calls are simply not kept apart.
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print('set-up: waiting for another one in this folder', flush=True)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def find_interpreter() -> str:
    """The first Python 3.10 that runs.

    Raises:
        SetupError: there is none, or `PYTHON` names something else.
    """
    named = os.environ.get('PYTHON')
    if named:
        found = probe(shutil.which(named) or named)
        if found is None:
            raise SetupError(f'PYTHON={named} is not a working 64-bit Python 3.10; correct it, or unset it to search')
        return found
    for candidate in candidates():
        found = probe(candidate)
        if found is not None:
            return found
    raise SetupError(
        'Python 3.10 is needed and none was found: install it (`uv python install 3.10`, `pyenv install 3.10`, or your '
        "system's python3.10 and python3.10-venv packages), or name one: make PYTHON=/path/to/python3.10 env"
    )


def candidates() -> Iterator[str]:
    folders = [folder for folder in os.environ.get('PATH', '').split(os.pathsep) if folder]
    # Every folder, not only the first: a pyenv shim that stands in front may refuse to run.
    for folder in folders:
        yield os.path.join(folder, 'python3.10')
    home = os.path.expanduser('~')
    data = os.environ.get('XDG_DATA_HOME') or os.path.join(home, '.local', 'share')
    managers = [
        os.path.join(os.environ.get('PYENV_ROOT') or os.path.join(home, '.pyenv'), 'versions', '3.10*'),
        os.path.join(os.environ.get('UV_PYTHON_INSTALL_DIR') or os.path.join(data, 'uv', 'python'), '*3.10*'),
        os.path.join(data, 'mise', 'installs', 'python', '3.10*'),
        os.path.join(home, '.asdf', 'installs', 'python', '3.10*'),
    ]
    for pattern in managers:
        yield from sorted(glob.glob(os.path.join(pattern, 'bin', 'python3.10')), reverse=True)
    uv = uv_on_path()
    if uv:
        yield output([uv, 'python', 'find', '--no-python-downloads', '--no-project', '3.10'])
    for folder in folders:
        yield os.path.join(folder, 'python3')
        yield os.path.join(folder, 'python')


def probe(candidate: str) -> str | None:
    """The interpreter behind `candidate`, or None if it isn't a working 64-bit Python 3.10."""
    if not os.access(candidate, os.X_OK):
        return None
    fields = output([candidate, '-I', '-c', PROBE]).split('|')
    if fields[:3] != [str(WANTED[0]), str(WANTED[1]), 'True']:
        return None
    return fields[3] if os.access(fields[3], os.X_OK) else candidate


def uv_on_path() -> str | None:
    found = shutil.which('uv')
    return found if found and output([found, '--version']).startswith('uv ') else None


def create(interpreter: str) -> str:
    """Makes an empty `.venv`; returns a uv from elsewhere if pip can't be brought into it, else an empty string."""
    if runs([interpreter, '-I', '-c', 'import ensurepip, venv']):
        run([interpreter, '-I', '-m', 'venv', ENVIRONMENT])
        return ''
    uv = uv_on_path()
    if uv:
        run([uv, 'venv', '--no-project', '--python', interpreter, ENVIRONMENT])
        return uv
    # Debian and Ubuntu keep ensurepip in a package of its own; any other pip can unpack uv beside the environment.
    run([interpreter, '-I', '-m', 'venv', '--without-pip', ENVIRONMENT])
    beside = ENVIRONMENT / 'uv'
    # That pip may belong to another Python, which matters as little to the binary as where it lies.
    elsewhere = ('--target', beside, '--python-version', '3.10', '--ignore-requires-python')
    for pip in ([interpreter, '-m', 'pip'], [sys.executable, '-m', 'pip'], ['pip3']):
        if runs([*pip, '--version']):
            install_uv_with(pip, *elsewhere)
            return str(beside / 'bin' / 'uv')
    raise SetupError(
        f'{interpreter} comes without ensurepip, and neither pip nor uv was found: '
        'install python3.10-venv (Debian, Ubuntu), pip or uv'
    )


def install_uv() -> str:
    uv = ENVIRONMENT / 'bin' / 'uv'
    if not uv.exists():
        install_uv_with([environment_python(), '-I', '-m', 'pip'])
    return str(uv)


def install_uv_with(pip: Sequence[object], *options: object) -> None:
    """Installs the uv that the lock file pins, checked against the lock file's hashes."""
    entry = re.search(r'^uv==(?:.*\\\n)*.*\n?', LOCK.read_text(encoding='utf-8'), flags=re.MULTILINE)
    if entry is None:
        raise SetupError(f'{LOCK.name} has no entry for uv; `make lock` writes one')
    with tempfile.TemporaryDirectory() as folder:
        requirements = pathlib.Path(folder) / 'uv.txt'
        requirements.write_text(entry.group(), encoding='utf-8')
        fixed = ['install', '-qq', '--require-hashes', '--no-deps', '--only-binary=:all:', '--requirement']
        # A constraint in the user's configuration has no hash, at which pip would stop; an empty one takes its place.
        run([*pip, *fixed, requirements, *options], PIP_CONSTRAINT=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK='1')


def install_packages(uv: str) -> None:
    # The lock file is also what constrains the build of the few packages that come as source.
    command = [uv, 'pip', 'sync', '--python', environment_python(), '--require-hashes', '--compile-bytecode']
    try:
        run([*command, '--build-constraints', LOCK, LOCK])
    except SetupError:
        headers = 'import os, sysconfig; print(os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
        if not shutil.which('g++') or output([environment_python(), '-c', headers]) != 'True':
            raise SetupError(
                'a few packages are built from source, which needs g++ and the headers of Python: '
                'install them (Debian, Ubuntu: apt-get install g++ python3.10-dev) and try again'
            ) from None
        raise


def clean_environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in HARMFUL}
    return {**kept, **changes}


def run(command: Sequence[object], **changes: str) -> None:
    """Runs a command, passing on what it says.

    Raises:
        SetupError: it could not be run, or failed.
    """
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(
            words,
            cwd=str(ROOT),
            env=clean_environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as error:
        raise SetupError(f'{words[0]} could not be run: {error.strerror}') from None
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if not NOISE.match(line):
                print(f'          {line.rstrip()}', flush=True)
    except BaseException:
        process.kill()
        raise
    finally:
        process.stdout.close()
        status = process.wait()
    if status:
        raise SetupError(f'this command failed with status {status}: {" ".join(words)}')


def output(command: Sequence[object]) -> str:
    """What a command prints, or an empty string if it fails, hangs or isn't there."""
    result = attempt(command)
    return result.stdout.strip() if result is not None else ''


def runs(command: Sequence[object]) -> bool:
    return attempt(command) is not None


def attempt(command: Sequence[object]) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            [str(word) for word in command],
            check=True,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=60,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


if __name__ == '__main__':
    sys.exit(main())
