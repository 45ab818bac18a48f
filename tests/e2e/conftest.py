"""The literal commands, as a user types them in the repository's root."""

import csv
import dataclasses
import importlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest

from cafer_tf.synthesis import FaceSet, write_face_set

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ('run', 'create', '--pipeline', 'pipeline/')
TIMEOUT_SECONDS = 900


@dataclasses.dataclass(frozen=True)
class Done:
    """A command that ended."""

    status: int
    output: str
    errors: str


class Commands:
    """Runs `tfx` with an environment of its own.

    Args:
        home: where the command keeps its registered pipelines.
        variables: the settings of the runs.
    """

    def __init__(self, home: pathlib.Path, **variables: object):
        self._variables = {name: str(value) for name, value in variables.items()}
        self._home = home

    @property
    def out(self) -> pathlib.Path:
        """The folder of the run."""
        return pathlib.Path(self._variables['CAFER_OUT'])

    def tfx(self, *arguments: str, **changed: object) -> Done:
        """Runs `tfx` to its end."""
        return self._to_its_end('tfx', arguments, changed)

    def cafer(self, *arguments: str) -> Done:
        """Runs `cafer` to its end."""
        return self._to_its_end('cafer', arguments, {})

    def _to_its_end(self, program: str, arguments: tuple[str, ...], changed: dict[str, object]) -> Done:
        done = subprocess.run(
            [str(pathlib.Path(sys.executable).with_name(program)), *arguments],
            cwd=ROOT,
            env=self._environment(changed),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(self, **changed: object) -> Done:
        """Runs the pipeline with the documented command."""
        return self.tfx(*RUN, **changed)

    def run_killed_at(self, line_starts: str, **changed: object) -> Done:
        """Runs the pipeline and kills it with all its children, without warning, at the first line that starts so."""
        process = subprocess.Popen(
            [str(pathlib.Path(sys.executable).with_name('tfx')), *RUN],
            cwd=ROOT,
            env=self._environment(changed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        lines, deadline = [], time.monotonic() + TIMEOUT_SECONDS
        for line in process.stdout:
            lines.append(line)
            if line.strip().startswith(line_starts) or time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
                break
        return Done(process.wait(), ''.join(lines), '')

    def versions(self) -> list[str]:
        """What lies in the serving folder."""
        folder = self.out / 'serving' / 'cafer'
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def metrics(self) -> dict:
        """The content of `metrics.json`."""
        return json.loads((self.out / 'metrics.json').read_text())

    def excluded(self) -> dict[str, int]:
        """What the protocol of the data set left out, by reason."""
        (path,) = (self.out / 'artifacts').glob('FaceExampleGen/quarantine/*/excluded.json')
        return json.loads(path.read_text())

    def _environment(self, changed: dict[str, object]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(('CAFER_', 'TF_CPP'))}
        given = {**self._variables, **{name: str(value) for name, value in changed.items()}}
        return {**inherited, **given, 'LOCAL_HOME': str(self._home)}


@pytest.fixture(scope='session')
def rendered(tmp_path_factory) -> pathlib.Path:
    """A small set of rendered faces: 12 people with 12 images each."""
    return write_face_set(tmp_path_factory.mktemp('rendered') / 'faces', FaceSet(12, 12), progress=False)


class LabelledFace(NamedTuple):
    """What the writers of layouts take."""

    image: bytes
    valence: float
    arousal: float
    subject: str
    suffix: str


@pytest.fixture(scope='session')
def labelled_faces(rendered) -> list[LabelledFace]:
    """The rendered faces, to be written in the layout of another data set."""
    with (rendered / 'labels.csv').open(newline='') as stream:
        rows = list(csv.DictReader(stream))
    return [
        LabelledFace(
            (rendered / row['path']).read_bytes(),
            float(row['valence']),
            float(row['arousal']),
            row['subject_id'],
            pathlib.Path(row['path']).suffix,
        )
        for row in rows
    ]


@pytest.fixture(scope='module')
def run_layout(commands, labelled_faces, tmp_path_factory) -> Callable[..., tuple[Commands, Done]]:
    """Writes the faces in a layout and runs the pipeline on them with the documented command."""

    def run(layout: str, **variables: object) -> tuple[Commands, Done]:
        root = tmp_path_factory.mktemp(layout)
        importlib.import_module(f'layout_{layout}').write(root, labelled_faces)
        user = commands(CAFER_DATASET=layout, CAFER_ROOT=root, **variables)
        return user, user.run()

    return run


@pytest.fixture(scope='session')
def config(tmp_path_factory) -> pathlib.Path:
    """A short training."""
    path = tmp_path_factory.mktemp('config') / 'config.json'
    path.write_text(json.dumps({'training': {'epochs': 2, 'batch_size': 16}}))
    return path


@pytest.fixture(scope='module')
def commands(tmp_path_factory, config) -> Callable[..., Commands]:
    """Makes commands with a folder of their own, and a gate that lets everything pass."""

    def make(**variables: object) -> Commands:
        folder = tmp_path_factory.mktemp('run')
        settings = {'CAFER_OUT': folder / 'out', 'CAFER_CONFIG': config, 'CAFER_MIN_CCC': -1}
        return Commands(folder / 'home', **{**settings, **variables})

    return make


@pytest.fixture(scope='session')
def copy_faces(rendered, tmp_path_factory) -> Callable[[], tuple[pathlib.Path, list[list[str]]]]:
    """Copies the rendered faces; returns the folder and the rows of its labels, the header first."""

    def copy() -> tuple[pathlib.Path, list[list[str]]]:
        folder = tmp_path_factory.mktemp('copy') / 'faces'
        shutil.copytree(rendered, folder)
        with (folder / 'labels.csv').open(newline='') as stream:
            return folder, list(csv.reader(stream))

    return copy
