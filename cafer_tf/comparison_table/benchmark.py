"""All rows and seeds of the table, each kept as it is finished."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import pathlib
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cafer_tf import features, input
from cafer_tf.comparison_table.data import Examples, find, prepare
from cafer_tf.comparison_table.rows import DEFAULT_ROWS, FACES, ROWS, Row
from cafer_tf.comparison_table.training import train_row
from cafer_tf.config import Config, ConfigError, FacesConfig
from cafer_tf.datasets import Fold
from cafer_tf.exclusive import exclusive
from cafer_tf.finite import NonFiniteError
from cafer_tf.ledger import Ledger
from cafer_tf.version import __version__

RESULTS, EXAMPLES, TRAININGS = 'results.jsonl', 'examples', 'trainings'
_WEIGHTS = ('encoder_weights', 'head_weights')
_SEED = 'training.seed'


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """The rows of the table on one data set.

    Attributes:
        layout: of the data set.
        root: its folder.
        out: folder of everything that is written: `results.jsonl`, the TFRecords, the state of a training.
        rows: names of `ROWS`. Without, `DEFAULT_ROWS`, but for those that compare people where the data do not say
            enough of who is shown.
        seeds: how many, from 0.
        presets: that come after those of each row.
        changes: of the configuration of every row, by path; they come after the presets.
        own: further changes of one row, by its name; they come last.
        weights: files of the encoder's pretrained weights, by row.
        fold: the part of a cross-validation to test on.
    """

    layout: str
    root: pathlib.Path
    out: pathlib.Path
    rows: Sequence[str] = ()
    seeds: int = 1
    presets: Sequence[str] = ()
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    own: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    weights: Mapping[str, pathlib.Path] = dataclasses.field(default_factory=dict)
    fold: Fold | None = None

    def __post_init__(self) -> None:
        for name in (*self.rows, *self.weights, *self.own):
            if name not in ROWS:
                raise ConfigError(f'unknown row {name!r}; known: {", ".join(ROWS)}')
        for given, what in ((self.weights, 'weights are'), (self.own, 'settings are')):
            if unused := sorted(set(given) - set(self.names)):
                raise ConfigError(f'{what} given for {unused[0]}, which is none of the rows {", ".join(self.names)}')
        for path in (*self.changes, *(path for changes in self.own.values() for path in changes)):
            if path == _SEED:
                raise ConfigError(f'{_SEED} is set by the number of seeds; leave it out')
        for row, changes in self.own.items():
            if cut := next((path for path in changes if path.startswith('faces.')), None):
                raise ConfigError(f'{row}:{cut}: all rows see the same faces; set {cut} for all of them')

    @property
    def names(self) -> tuple[str, ...]:
        """Of the rows, each once."""
        return tuple(dict.fromkeys(self.rows)) or DEFAULT_ROWS

    @property
    def ledger(self) -> Ledger:
        """Where the results are kept."""
        return Ledger(self.out / RESULTS)

    def jobs(self) -> list[Job]:
        """What there is to train, seed by seed, so that every row has a result early."""
        return [Job(ROWS[name], seed) for seed in range(self.seeds) for name in self.names]

    def config_of(self, job: Job) -> Config:
        """The configuration that a job trains.

        Raises:
            ConfigError: a preset or a change that is none, or one that makes the row another network.
        """
        try:
            return self._config_of(job)
        except ConfigError as error:
            raise ConfigError(f'row {job.row.name}: {error}') from None

    def _config_of(self, job: Job) -> Config:
        own = job.row.config(self.layout)
        changes = {**FACES.get(self.layout, {}), **self.changes, **self.own.get(job.row.name, {})}
        chosen: dict[str, Any] = {**changes, _SEED: job.seed}
        if job.row.name in self.weights:
            chosen['network.encoder_weights'] = str(self.weights[job.row.name])
        config = Config.from_preset(*job.row.presets, *self.presets).with_changes(chosen.items())
        if config.network.encoder != own.network.encoder:
            raise ConfigError(
                f'it is the network {own.network.encoder}, not {config.network.encoder}: choose the network by the row '
                f'({", ".join(ROWS)})'
            )
        return config

    def run(self) -> Run:
        """Trains what is not finished yet, and says which row it is at.

        A result belongs to its row, its seed, the whole configuration and the data. What was made with others stays in
        the file, and counts as another run's. A training that is stopped goes on where it was. One that breaks down
        does not keep the others from theirs.

        Raises:
            ConfigError: settings that are none, weights that cannot be read, or a row that compares people on data that
                do not say enough of them.
            DataError: a data set that cannot be read, or too many damaged images.
            FolderInUseError: another process trains into the same folder.
            LedgerError: a line of the results that is none.
            Exception: what `train_row` raises, but for `NonFiniteError`.
        """
        self.check()
        with exclusive(self.out):
            examples = self.examples()
            jobs, notes = self._comparable(examples)
            broken = []
            for place, job in enumerate(jobs, start=1):
                if self._find(job, examples) is None:
                    print(f'{job.row.name}, seed {job.seed} ({place} of {len(jobs)})', flush=True)
                    try:
                        self._train(job, examples)
                    except NonFiniteError as error:
                        broken.append(f'{job.row.name}, seed {job.seed}: {error}')
                        print(broken[-1], flush=True)
            return Run(self._results(jobs, examples), examples, notes, tuple(broken))

    def finished(self) -> Run | None:
        """The results that are there, without training or writing anything; None where there are none.

        Of the examples, what is said of them is enough: a folder of results may be kept without them.

        Raises:
            ConfigError, LedgerError: as `run`.
        """
        self.check()
        examples = find(self.layout, self.out / EXAMPLES, self._faces, self.fold)
        if examples is None:
            return None
        results = self._results(self.jobs(), examples)
        return Run(results, examples) if results else None

    def check(self) -> None:
        """Says what is wrong with the settings or the results, before images are read.

        Raises:
            ConfigError, LedgerError: as `run`.
        """
        for job in self.jobs():
            _with_digests(self.config_of(job))
        self.ledger.results()

    def examples(self) -> Examples:
        """The data set as TFRecords, written where they are not there yet."""
        return prepare(self.layout, self.root, self.out / EXAMPLES, self._faces, self.fold)

    @property
    def _faces(self) -> FacesConfig:
        (faces,) = {self.config_of(job).faces for job in self.jobs()}  # no preset chooses them
        return faces

    def _results(self, jobs: Sequence[Job], examples: Examples) -> list[dict[str, Any]]:
        found = [self._find(job, examples) for job in jobs]
        return [result for result in found if result is not None]

    def _comparable(self, examples: Examples) -> tuple[list[Job], tuple[str, ...]]:
        """The jobs that the data allow, and a note for each row that is left out because it was not asked for."""
        left_out: dict[str, str] = {}
        for name in self.names:
            config = self.config_of(Job(ROWS[name], 0))
            try:
                if config.compares_people:
                    input.require_people([examples.files[features.SPLITS[0]]], config)
            except input.InputError as error:
                left_out[name] = str(error)
        if left_out and self.rows:
            raise ConfigError('; '.join(f'row {name}: {why}' for name, why in left_out.items()))
        notes = tuple(f'left out, {name}: {why}' for name, why in left_out.items())
        return [job for job in self.jobs() if job.row.name not in left_out], notes

    def identity(self, job: Job, examples: Examples) -> dict[str, Any]:
        """What makes a result that of a job, as JSON keeps it."""
        config = _with_digests(self.config_of(job))
        return {'row': job.row.name, 'seed': job.seed, 'data': examples.identity, 'config': config}

    def state(self, job: Job, examples: Examples) -> pathlib.Path:
        """Where the state of a training is, until its result is kept."""
        text = json.dumps(self.identity(job, examples), sort_keys=True)
        return self.out / TRAININGS / f'{job.row.name}-{job.seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}'

    def _train(self, job: Job, examples: Examples) -> None:
        state = self.state(job, examples)
        result = train_row(self.config_of(job), examples, state)
        self.ledger.append({**self.identity(job, examples), 'version': __version__, 'result': result})
        shutil.rmtree(state)
        with contextlib.suppress(OSError):  # another training's state is there
            state.parent.rmdir()

    def _find(self, job: Job, examples: Examples) -> dict[str, Any] | None:
        """The first result of a job, if there is one."""
        identity = self.identity(job, examples)
        same = {key: identity[key] for key in ('row', 'seed', 'data')}
        results = (result for result in self.ledger.results() if same.items() <= result.items())
        return next((result for result in results if _completed(result['config']) == identity['config']), None)


class Job(NamedTuple):
    """A row and a seed."""

    row: Row
    seed: int


class Run(NamedTuple):
    """What a benchmark found.

    Attributes:
        results: `row`, `seed`, `data`, `config` and `result` (see `train_row`) of every job that has one.
        examples: the data set.
        notes: which rows are left out, and why, a sentence each.
        broken: which trainings broke down, and how, a sentence each.
    """

    results: list[dict[str, Any]]
    examples: Examples
    notes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def _completed(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with the defaults of settings that its version did not have."""
    try:
        return Config.completed(config)
    except ConfigError:  # of a version that had other settings
        return config


def _with_digests(config: Config) -> dict[str, Any]:
    """The configuration as JSON keeps it, with the content of weights in the place of their path.

    Raises:
        ConfigError: a file that cannot be read.
    """
    tree = Config.completed(config.to_dict())
    for name in _WEIGHTS:
        if path := tree['network'][name]:
            try:
                tree['network'][name] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
            except OSError as error:
                raise ConfigError(f'network.{name}: {path} cannot be read ({error.strerror})') from None
    return tree
