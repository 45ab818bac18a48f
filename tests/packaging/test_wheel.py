"""The wheel, installed where the checkout can't be seen: it brings all that it needs, and its library works."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = ('cafer_tf', 'pipeline', 'schemas', 'setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE')
SUITE = (
    *('fixtures', 'helpers', 'report'),
    *('test_config.py', 'test_grouping.py', 'test_input.py', 'test_margins.py', 'test_objectives.py'),
)
"""Enough to see that what is installed stands by itself; that it is all of the code and data has a test of its own."""
SCHEMA = 'schemas/face_affect/schema.pbtxt'
HEAD = 'cafer_tf/synthesis/assets/head.npz'


def run(command: list[object], folder: pathlib.Path) -> str:
    """Runs a command that must succeed, away from the checkout and from what the caller's shell points to."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(('PYTHON', 'PYTEST', 'PIP'))
    }
    words = [str(word) for word in command]
    result = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f'{words}\n{result.stdout}\n{result.stderr}'
    return result.stdout


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Built from a copy, since a build leaves folders beside the sources."""
    source = tmp_path_factory.mktemp('source')
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    run([sys.executable, '-m', 'build', '--wheel', '--no-isolation', '--outdir', source / 'out', source], source)
    (built,) = (source / 'out').glob('*.whl')
    return built


@pytest.fixture(scope='module')
def installed(wheel: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The `bin` of an environment that holds the wheel and sees what this one has, but for the editable project.

    A folder that a `.pth` file adds is only searched for modules: the `.pth` files in it, among which is the one of the
    editable project, are not read.
    """
    folder = tmp_path_factory.mktemp('environment')
    run([sys.executable, '-m', 'venv', '--without-pip', folder], folder)
    python = folder / 'bin' / 'python'
    run([sys.executable, '-m', 'pip', '--python', python, 'install', '--no-deps', '--no-index', wheel], folder)
    (site,) = (folder / 'lib').glob('python*/site-packages')
    (site / 'packages.pth').write_text(sysconfig.get_path('purelib') + '\n')
    return folder / 'bin'


def test_the_wheel_holds_the_packages_and_their_data_and_nothing_else(wheel: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {SCHEMA, HEAD, 'cafer_tf/synthesis/assets/NOTICE', 'cafer_tf/app/assets/index.html'} <= set(names)
    packaged = {
        str(path.relative_to(ROOT))
        for top in ('cafer_tf', 'pipeline', 'schemas')
        for path in (ROOT / top).rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    }
    assert {name for name in names if '.dist-info/' not in name} == packaged


def test_the_data_lies_where_the_code_looks(installed: pathlib.Path) -> None:
    probe = (
        'import pathlib, cafer_tf, pipeline; root = pathlib.Path(pipeline.__file__).parent.parent; '
        f'assert (root / {SCHEMA!r}).is_file() and (root / {HEAD!r}).is_file(); '
        'assert pathlib.Path(cafer_tf.__file__).parent.parent == root; print(root)'
    )
    root = pathlib.Path(run([installed / 'python', '-c', probe], installed).strip())
    assert installed.parent in root.parents
    assert (ROOT / SCHEMA).is_file() and (ROOT / HEAD).is_file()


def test_the_library_passes_its_tests_from_the_wheel(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / 'tests').mkdir()
    for name in ('pyproject.toml', 'tests/conftest.py', *(f'tests/{name}' for name in SUITE)):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns('__pycache__'))
        else:  # a name that is not there is an error, not a test less
            shutil.copy(ROOT / name, tmp_path / name)
    run([installed / 'python', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests'], tmp_path)


@pytest.mark.parametrize('command', ['cafer', 'tfx'])
def test_the_command_starts(command: str, installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert command in run([installed / command, '--help'], tmp_path)
