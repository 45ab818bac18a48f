"""All rows and seeds of the benchmark, each kept as it is finished."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
import multiprocessing
import os
import pathlib
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from tqdm import tqdm

from cafer_tf.ledger import Ledger
from cafer_tf.metric_learning.data import ClassData, load_classes
from cafer_tf.metric_learning.networks import build_network, channels_of
from cafer_tf.metric_learning.rows import ROWS, Row
from cafer_tf.metric_learning.settings import Settings, SettingsError
from cafer_tf.metric_learning.training import train_row
from cafer_tf.version import __version__

RESULTS = 'results.jsonl'


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A benchmark of some rows over some seeds.

    Attributes:
        layout: of the classes, such as `omniglot`.
        root: folder of the data set.
        out: folder of the results, one line of `results.jsonl` each.
        settings: what the rows are trained with.
        rows: names of `ROWS`.
        seeds: how many, from 0.
        weights: file of the encoder's weights, or None.
    """

    layout: str
    root: pathlib.Path
    out: pathlib.Path
    settings: Settings
    rows: Sequence[str] = tuple(ROWS)
    seeds: int = 5
    weights: pathlib.Path | None = None

    @property
    def ledger(self) -> Ledger:
        """Where the results are kept."""
        return Ledger(self.out / RESULTS)

    def run(self, workers: int = 1) -> Run:
        """Trains what is not finished yet.

        A result belongs to its row, its seed and all the settings that bear on it, the list of images included. What
        was made with other ones stays in the file, and counts as another run's.

        Args:
            workers: processes that train at the same time, with one thread each; with 1 this process trains, with as
                many threads as TensorFlow takes.

        Raises:
            SettingsError: the network cannot be built, or the weights do not fit.
            DataError: the data set is not what it should be.
            DivergedError: a loss is no finite number any more.
            LedgerError: the results cannot be read.
        """
        self._check_network()
        data = self.data()
        identities = {job: self.identity(job, data.fingerprint) for job in self.jobs()}
        finished = _finished(self.ledger, identities)
        waiting = [job for job in identities if job not in finished]
        bar = tqdm(desc='metric learning', total=len(identities), initial=len(finished), unit='run', disable=None)
        with bar:
            trained = self._here(data, waiting) if workers == 1 else self._in_processes(waiting, workers)
            for job in trained:
                bar.set_postfix_str(f'{job.row.name}, seed {job.seed}', refresh=False)
                bar.update()
        finished = _finished(self.ledger, identities)
        return Run([finished[job] for job in identities], data.notes)

    def jobs(self) -> list[Job]:
        """What there is to train, seed by seed, so that every row has some results early."""
        return [Job(ROWS[name], seed) for seed in range(self.seeds) for name in self.rows]

    def data(self) -> ClassData:
        """The data set in memory."""
        settings = self.settings
        return load_classes(self.layout, self.root, settings.stored_size, channels_of(settings.network))

    def identity(self, job: Job, fingerprint: str) -> dict[str, Any]:
        """What makes a result that of a job, as JSON keeps it."""
        weights = None if self.weights is None else hashlib.sha256(self.weights.read_bytes()).hexdigest()[:16]
        settings = self.settings.of_row(job.row)
        shared = {'dataset': self.layout, 'images': fingerprint, 'weights': weights}
        return {'row': job.row.name, 'seed': job.seed, 'settings': {**shared, **settings}}

    def train(self, data: ClassData, job: Job, progress: bool = False) -> None:
        """Trains a job, and keeps its result."""
        started = time.monotonic()
        result = train_row(data, job.row, job.seed, self.settings, self.weights, progress=progress)
        seconds = round(time.monotonic() - started, 1)
        self.ledger.append(
            {**self.identity(job, data.fingerprint), 'version': __version__, 'seconds': seconds, 'result': result}
        )

    def _check_network(self) -> None:
        """Builds the network once, so that what does not fit is said before images are read."""
        settings = self.settings
        try:
            build_network(settings.network, settings.image_size, settings.embedding, self.weights)
        except ValueError as error:
            raise SettingsError(str(error)) from None

    def _here(self, data: ClassData, jobs: Sequence[Job]) -> Iterator[Job]:
        _ignore_notice()
        for job in jobs:
            self.train(data, job, progress=True)
            yield job

    def _in_processes(self, jobs: Sequence[Job], workers: int) -> Iterator[Job]:
        context = multiprocessing.get_context('spawn')
        with concurrent.futures.ProcessPoolExecutor(workers, context, _prepare_worker, (self,)) as pool:
            futures = {pool.submit(_train_in_worker, job): job for job in jobs}
            try:
                for future in concurrent.futures.as_completed(futures):
                    future.result()
                    yield futures[future]
            finally:
                pool.shutdown(cancel_futures=True)


class Job(NamedTuple):
    """A row and a seed."""

    row: Row
    seed: int


class Run(NamedTuple):
    """What a benchmark found.

    Attributes:
        results: `row`, `seed`, `settings` and `result` (see `train_row`) of every job.
        notes: what a user should know about how the data set was read.
    """

    results: list[dict[str, Any]]
    notes: tuple[str, ...]


def _finished(ledger: Ledger, identities: dict[Job, dict[str, Any]]) -> dict[Job, dict[str, Any]]:
    """The first result of each job that has one."""
    jobs: dict[Any, Job] = {(job.row.name, job.seed): job for job in identities}
    found: dict[Job, dict[str, Any]] = {}
    for result in ledger.results():
        job = jobs.get((result.get('row'), result.get('seed')))
        if job is not None and identities[job].items() <= result.items():
            found.setdefault(job, result)
    return found


class _Worker(NamedTuple):
    """What a worker process holds."""

    benchmark: Benchmark
    data: ClassData


_worker: _Worker | None = None


def _prepare_worker(benchmark: Benchmark) -> None:
    global _worker
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _ignore_notice()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    _worker = _Worker(benchmark, benchmark.data())


def _train_in_worker(job: Job) -> None:
    assert _worker is not None
    _worker.benchmark.train(_worker.data, job)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for ever for something to do."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ignore_notice() -> None:
    """That the development of tensorflow-addons has ended is no news to a user of ours."""
    warnings.filterwarnings('ignore', r'\s*TensorFlow Addons', UserWarning)
