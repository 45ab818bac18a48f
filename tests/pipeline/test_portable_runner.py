"""The components on an engine of their own: Beam's portable runner, a job service and workers in other processes.

What runs there runs on Flink, Spark and Dataflow by other arguments alone: every function has travelled as bytes, and
has found nothing of the process that sent it.
"""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from cafer_tf import features
from pipeline.components.emotion_grouper import component as grouper_component
from pipeline.components.emotion_grouper import executor as grouper
from pipeline.components.face_example_gen import component, executor

pytestmark = pytest.mark.e2e
PATIENCE_SECONDS = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def serving(folder: pathlib.Path, module: str, port: int, *arguments: str) -> Iterator[str]:
    """A server in a process of its own and an empty folder; yields its address when it answers."""
    log = folder / f'{module}.log'
    # The pool starts its workers by the name `python`.
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ['PATH']])
    with log.open('w') as stream:
        process = subprocess.Popen(
            [sys.executable, '-m', module, *arguments],
            cwd=folder,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, 'PATH': path},
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
                break
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield f'localhost:{port}'
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope='module')
def engine(tmp_path_factory) -> Iterator[tuple[str, ...]]:
    """The arguments that send a Beam pipeline to the job service."""
    folder = tmp_path_factory.mktemp('engine')
    jobs, workers = free_port(), free_port()
    with (
        serving(folder, 'apache_beam.runners.portability.local_job_service_main', jobs, f'--port={jobs}') as endpoint,
        serving(folder, 'apache_beam.runners.worker.worker_pool_main', workers, f'--service_port={workers}') as pool,
    ):
        yield (
            '--runner=PortableRunner',
            f'--job_endpoint={endpoint}',
            '--environment_type=EXTERNAL',
            f'--environment_config={pool}',
            f'--job_server_timeout={4 * PATIENCE_SECONDS}',
        )


def ingest(lab, root: pathlib.Path, *beam_args: str):
    """Runs FaceExampleGen; returns its examples."""
    examples, quarantine = lab.artifact(component.standard_artifacts.Examples), lab.artifact(component.FaceQuarantine)
    executor.Executor(lab.context(*beam_args)).Do(
        {},
        {'examples': [examples], 'quarantine': [quarantine]},
        {
            'layout': 'csv',
            'root': str(root),
            'seed': 0,
            'fold': '',
            'faces': '{"size": 12}',
            'max_bad_fraction': 0.01,
            'faces_per_shard': 16,
            'quarantine_file': str(lab.folder / 'bad.jsonl'),
        },
    )
    return examples


def group(lab, examples, *beam_args: str):
    """Runs EmotionGrouper; returns the grouped examples."""
    outputs = {
        'grouped_examples': [lab.artifact(grouper_component.standard_artifacts.Examples)],
        'grouping': [lab.artifact(grouper_component.EmotionGrouping)],
        'hyperparameters': [lab.artifact(grouper_component.standard_artifacts.HyperParameters)],
    }
    grouper.Executor(lab.context(*beam_args)).Do({'examples': [examples]}, outputs, {})
    return outputs['grouped_examples'][0]


def contents(lab, artifact) -> dict[str, bytes]:
    return {
        f'{split}/{path.name}': path.read_bytes() for split in features.SPLITS for path in lab.files(artifact, split)
    }


def test_ingestion_and_grouping_make_the_same_files_on_another_engine(lab, face_folder, engine):
    here, there = ingest(lab, face_folder), ingest(lab, face_folder, *engine)
    assert len(contents(lab, here)) == 8
    assert contents(lab, there) == contents(lab, here)
    assert contents(lab, group(lab, there, *engine)) == contents(lab, group(lab, here))
