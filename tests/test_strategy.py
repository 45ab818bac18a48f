"""Workers are those that `TF_CONFIG` names; a missing one, or one that is lost, is named in a readable error."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
import tensorflow as tf
from workers import environment, finish, free_addresses, held, start

from cafer_tf import strategy
from cafer_tf.strategy import WorkerError, choose_strategy

ONE = {'cluster': {'worker': ['localhost:1']}, 'task': {'type': 'worker', 'index': 0}}
TWO = {'cluster': {'worker': ['localhost:1', 'localhost:2']}, 'task': {'type': 'worker', 'index': 1}}
CHIEF = {'cluster': {'chief': ['localhost:1'], 'worker': ['localhost:2']}, 'task': {'type': 'worker', 'index': 0}}
SCRIPT = pathlib.Path(__file__).parent / 'helpers' / 'worker_counts.py'


@pytest.mark.parametrize(
    ('config', 'expected'),
    [(None, 'mirrored'), ({}, 'mirrored'), (ONE, 'mirrored'), (TWO, 'workers'), (CHIEF, 'workers')],
)
def test_several_workers_are_those_that_the_environment_names(monkeypatch, config, expected):
    monkeypatch.delenv('TF_CONFIG', raising=False)
    if config is not None:
        monkeypatch.setenv('TF_CONFIG', json.dumps(config))
    monkeypatch.setattr(tf.distribute, 'MirroredStrategy', lambda: 'mirrored')
    monkeypatch.setattr(strategy, '_start', lambda own: 'workers')
    monkeypatch.setattr(strategy, '_wait_for', lambda others, seconds: None)
    monkeypatch.setattr(strategy, '_watch', lambda others: None)
    assert choose_strategy() == expected


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('{"cluster": ', 'it is not JSON'),
        ('[]', 'an object with the objects cluster and task'),
        ('{"cluster": ["localhost:1", "localhost:2"]}', 'an object with the objects cluster and task'),
        ('{"cluster": {"worker": "localhost:1"}}', 'cluster.worker must be a list of "host:port"'),
        ('{"cluster": {"worker": ["localhost"]}}', 'cluster.worker must be a list of "host:port"'),
        ('{"cluster": {"worker": ["localhost:1", "localhost:1"]}}', 'names an address twice'),
        ('{"cluster": {"chief": ["localhost:1", "localhost:2"]}}', 'more than one chief'),
        ('{"cluster": {"ps": ["localhost:1"], "worker": ["localhost:2"]}}', 'cluster names ps'),
        (json.dumps({'cluster': TWO['cluster']}), 'task is null; it must have .* one of worker 0, worker 1'),
        (json.dumps({**TWO, 'task': {'type': 'worker', 'index': 2}}), 'one of worker 0, worker 1'),
        (json.dumps({**CHIEF, 'task': {'type': 'worker', 'index': 1}}), 'one of chief 0, worker 0'),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused(monkeypatch, text, reason):
    monkeypatch.setenv('TF_CONFIG', text)
    with pytest.raises(WorkerError, match=f'TF_CONFIG cannot be used: .*{reason}'):
        choose_strategy()


def test_a_timeout_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv('TF_CONFIG', json.dumps(TWO))
    monkeypatch.setenv('CAFER_WORKER_TIMEOUT', 'soon')
    with pytest.raises(WorkerError, match="CAFER_WORKER_TIMEOUT must be a number of seconds; it is 'soon'"):
        choose_strategy()


def test_a_single_process_keeps_its_errors(monkeypatch):
    monkeypatch.delenv('TF_CONFIG', raising=False)
    with pytest.raises(tf.errors.UnavailableError), strategy.explain_lost_workers():
        raise tf.errors.UnavailableError(None, None, 'of something else')


@pytest.mark.e2e
@pytest.mark.parametrize('index', [0, 1])
def test_a_worker_that_is_never_started_is_named(index):
    addresses = free_addresses(2)
    process = start(SCRIPT, environment(addresses, index, CAFER_WORKER_TIMEOUT='3'))
    output = finish(process)
    assert process.returncode == 1
    assert (
        f'WorkerError: worker {1 - index} ({addresses[1 - index]}) did not answer within 3 s: start it, or take it out'
    ) in output


@pytest.mark.e2e
def test_a_port_that_is_taken_is_named():
    addresses = free_addresses(2)
    with held(addresses[0]):
        process = start(SCRIPT, environment(addresses, 0, CAFER_WORKER_TIMEOUT='3'))
        output = finish(process)
    assert process.returncode == 1
    assert f'WorkerError: worker 0 ({addresses[0]}), which is this process, cannot listen there' in output


@pytest.mark.e2e
@pytest.mark.parametrize('index', [0, 1])
def test_a_worker_that_dies_in_training_is_named(index):
    addresses = free_addresses(2)
    shorter = {'CAFER_TEST_PATIENCE': '3'}
    processes = [start(SCRIPT, environment(addresses, number, **shorter)) for number in range(2)]
    _wait_until_training(processes[index])
    processes[index].kill()
    began = time.monotonic()
    output = finish(processes[1 - index])
    finish(processes[index])
    assert processes[1 - index].returncode == 1
    assert f'WorkerError: worker {index} ({addresses[index]}) was lost in training' in output
    assert time.monotonic() - began < 30


@pytest.mark.e2e
def test_a_worker_that_hangs_in_training_is_named():
    addresses = free_addresses(2)
    shorter = {'CAFER_TEST_PATIENCE': '3'}
    processes = [start(SCRIPT, environment(addresses, number, **shorter)) for number in range(2)]
    _wait_until_training(processes[1])
    os.kill(processes[1].pid, signal.SIGSTOP)
    output = finish(processes[0])
    processes[1].kill()
    finish(processes[1])
    assert processes[0].returncode == 1
    assert f'WorkerError: worker 1 ({addresses[1]}) was lost in training' in output


def _wait_until_training(process: subprocess.Popen) -> None:
    # The output ends with the process, which has a time limit of its own.
    assert any(line.startswith('step 3') for line in process.stdout), 'it never came to train'
