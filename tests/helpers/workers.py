"""Processes that train together, on loopback; none of them outlives its time limit."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

TIME_LIMIT = 300
"""Seconds after which a process is killed, whatever it does."""


def free_addresses(count: int) -> list[str]:
    """Addresses on loopback that nobody listens at."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(('127.0.0.1', 0))
        return ['{}:{}'.format(*each.getsockname()) for each in sockets]


@contextlib.contextmanager
def held(address: str) -> Iterator[None]:
    """Listens at an address meanwhile."""
    host, port = address.split(':')
    with socket.create_server((host, int(port))):
        yield


def environment(addresses: list[str], index: int, **variables: str) -> dict[str, str]:
    """The variables of worker number `index`."""
    config = {'cluster': {'worker': addresses}, 'task': {'type': 'worker', 'index': index}}
    return {'TF_CONFIG': json.dumps(config), **variables}


def start(script: pathlib.Path, variables: dict[str, str], *arguments: str) -> subprocess.Popen:
    """Runs a script of Python; its output, errors included, can be read as text."""
    process = subprocess.Popen(
        [sys.executable, '-W', 'ignore', str(script), *arguments],
        env={**os.environ, 'CUDA_VISIBLE_DEVICES': '-1', 'PYTHONUNBUFFERED': '1', **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    timer = threading.Timer(TIME_LIMIT, process.kill)
    timer.daemon = True
    timer.start()
    return process


def finish(process: subprocess.Popen) -> str:
    """Waits for the end of a process, and returns what it has printed since."""
    output, _ = process.communicate()
    return output
