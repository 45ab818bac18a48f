"""Where training runs: one process with all its devices, or several that share the work.

Several workers must all be there. TensorFlow's coordination service would wait an hour for one that is not started, so
it is left off: `choose_strategy` asks the other workers for a sign of life before training begins, and a thread goes on
asking, so that collectives do not wait for a lost worker without end.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended
from tensorflow.python.eager import context as eager

TIMEOUT_VARIABLE = 'CAFER_WORKER_TIMEOUT'
"""The environment variable with the seconds that a worker waits for the others at the start."""
_TIMEOUT = 300.0
_PROBE = 1.0
"""Seconds within which a worker answers; its gRPC threads do, however busy its Python is."""
_PAUSE = 2.0
"""Seconds between two rounds of asking in training."""
_PATIENCE = 20.0
"""Seconds without an answer after which a worker in training is lost."""
_ENDING = 5.0
"""Seconds that a worker which has failed may still answer, while it ends."""
_JOBS = ('chief', 'worker')
_BROKEN = (tf.errors.UnavailableError, tf.errors.AbortedError)
"""What a collective raises where the connection to a worker is broken."""


class WorkerError(RuntimeError):
    """Workers cannot train together: `TF_CONFIG` cannot be used, or one of them is missing or was lost."""


class _Task(NamedTuple):
    job: str
    number: int
    address: str

    @property
    def device(self) -> str:
        return f'/job:{self.job}/replica:0/task:{self.number}'

    def __str__(self) -> str:
        return f'{self.job} {self.number} ({self.address})'


def choose_strategy(timeout: float | None = None) -> tf.distribute.Strategy:
    """A MultiWorkerMirroredStrategy where `TF_CONFIG` names several workers, else a MirroredStrategy over all devices.

    Several workers have to be set up before TensorFlow has run anything else.

    Args:
        timeout: seconds to wait for the other workers; by default those of the environment variable
            `CAFER_WORKER_TIMEOUT`, or 300.

    Raises:
        WorkerError: `TF_CONFIG` cannot be used, this worker cannot listen, or another one does not answer in time.
    """
    own, others = _read_cluster()
    if own is None:
        return tf.distribute.MirroredStrategy()
    seconds = _default_timeout() if timeout is None else timeout
    strategy = _start(own)
    _wait_for(others, seconds)
    _watch(others)
    return strategy


@contextlib.contextmanager
def explain_lost_workers() -> Iterator[None]:
    """Around what workers do together: where it fails because another one is gone, the error names that one.

    In a single process it does nothing.

    Raises:
        WorkerError: another worker was lost.
    """
    try:
        yield
    except tf.errors.OpError as error:
        own, others = _read_cluster()
        if own is None:
            raise
        end = time.monotonic() + (_ENDING if isinstance(error, _BROKEN) else 0)
        while not (lost := _silent(others)) and time.monotonic() < end:
            time.sleep(0.2)
        if not lost and not isinstance(error, _BROKEN):
            raise
        raise WorkerError(
            f'{_listed(lost) or "another worker"} was lost in training: look there for the reason, then start all '
            'workers again; with the same backup directory they go on from the last backup'
        ) from error


def _default_timeout() -> float:
    text = os.environ.get(TIMEOUT_VARIABLE) or str(_TIMEOUT)
    try:
        return float(text)
    except ValueError:
        raise WorkerError(f'{TIMEOUT_VARIABLE} must be a number of seconds; it is {text!r}') from None


def _read_cluster() -> tuple[_Task | None, list[_Task]]:
    """This worker and the others, from `TF_CONFIG`; None and nobody where it names fewer than two."""
    text = os.environ.get('TF_CONFIG') or '{}'
    try:
        config = json.loads(text)
    except ValueError as error:
        raise _unusable(f'it is not JSON: {error}') from None
    if not isinstance(config, dict) or not isinstance(cluster := config.get('cluster', {}), dict):
        raise _unusable('it must be an object with the objects cluster and task')
    if unknown := sorted(set(cluster) - set(_JOBS)):
        raise _unusable(f'cluster names {", ".join(unknown)}, but only chief and worker take part in training')
    tasks = [task for job in _JOBS for task in _tasks(job, cluster.get(job, []))]
    if len({task.address for task in tasks}) < len(tasks):
        raise _unusable('cluster names an address twice')
    if len(cluster.get('chief', [])) > 1:
        raise _unusable('cluster names more than one chief')
    if len(tasks) < 2:
        return None, []
    task = config.get('task')
    key = (task.get('type'), str(task.get('index'))) if isinstance(task, dict) else None
    for own in tasks:
        if key == (own.job, str(own.number)):
            return own, [other for other in tasks if other != own]
    raise _unusable(
        f'task is {json.dumps(task)}; it must have the type and index of this process, one of '
        f'{", ".join(f"{task.job} {task.number}" for task in tasks)}'
    )


def _tasks(job: str, addresses: Any) -> list[_Task]:
    def is_address(value: Any) -> bool:
        return isinstance(value, str) and bool(value.rpartition(':')[0]) and value.rpartition(':')[2].isdecimal()

    if not isinstance(addresses, list) or not all(map(is_address, addresses)):
        raise _unusable(f'cluster.{job} must be a list of "host:port"; it is {json.dumps(addresses)}')
    return [_Task(job, number, address) for number, address in enumerate(addresses)]


def _unusable(reason: str) -> WorkerError:
    return WorkerError(f'the environment variable TF_CONFIG cannot be used: {reason}')


def _start(own: _Task) -> tf.distribute.Strategy:
    """The strategy, whose server listens from here on, and which has not waited for anybody."""
    eager.context().configure_coordination_service(service_type='')
    # Without the service, the constructor would wait without end to begin a watch of its own.
    watches = CollectiveAllReduceExtended._enable_check_health
    CollectiveAllReduceExtended._enable_check_health = False
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise WorkerError(f'{own}, which is this process, cannot listen there: {error.message}') from error
    finally:
        CollectiveAllReduceExtended._enable_check_health = watches


def _wait_for(others: list[_Task], seconds: float) -> None:
    """Returns when each of the other workers has answered."""
    end = time.monotonic() + seconds
    missing = others
    while missing := _silent(missing):
        if time.monotonic() > end:
            them = 'it' if len(missing) == 1 else 'them'
            raise WorkerError(
                f'{_listed(missing)} did not answer within {seconds:g} s: start {them}, or take {them} out of '
                f'TF_CONFIG; {TIMEOUT_VARIABLE} sets the seconds'
            )
        time.sleep(0.2)


def _watch(others: list[_Task]) -> None:
    """Breaks collectives off once a worker is lost; one that hangs, or a cut line, would hold them without end."""
    ended = threading.Event()

    def watch() -> None:
        answered = dict.fromkeys(others, time.monotonic())
        while not ended.wait(_PAUSE):
            silent = _silent(others)
            now = time.monotonic()
            answered.update({task: now for task in others if task not in silent})
            lost = [task for task in others if now - answered[task] > _PATIENCE]
            if lost and not ended.is_set():
                eager.context().abort_collective_ops(tf.errors.UNAVAILABLE, f'{_listed(lost)} was lost')
                return

    thread = threading.Thread(target=watch, name='cafer-workers', daemon=True)

    def end() -> None:
        ended.set()
        thread.join(_PROBE * (len(others) + 1))

    # Python must not end while the thread is inside TensorFlow.
    atexit.register(end)
    thread.start()


def _silent(tasks: list[_Task]) -> list[_Task]:
    """Those that do not answer, or whose address another process has now."""
    silent = []
    for task in tasks:
        try:
            eager.context().check_collective_ops_peer_health(task.device, timeout_in_ms=int(1000 * _PROBE))
        except tf.errors.OpError:
            silent.append(task)
    return silent


def _listed(tasks: list[_Task]) -> str:
    return ', '.join(map(str, tasks))
