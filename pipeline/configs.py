"""The settings of a run, and where they come from.

A run is set through environment variables, for the `tfx` command passes nothing else on to a pipeline:

| variable | meaning | default |
|---|---|---|
| `CAFER_ROOT` | folder of the data set | rendered faces, written under `CAFER_OUT` first |
| `CAFER_DATASET` | layout of the data set, a name of `cafer_tf.datasets.LAYOUTS` | `csv` |
| `CAFER_OUT` | folder of everything the run writes | `runs/demo`, or `runs/<layout>` with a data set |
| `CAFER_PRESET` | presets of the configuration, as `published_code,alexnet` | the defaults of `Config` |
| `CAFER_CONFIG` | JSON file with (a part of) the `cafer_tf.Config` tree; changes what the presets say | no change |
| `CAFER_MIN_CCC` | smallest CCC, for valence and for arousal, with which a model is served | 0.1 |
| `CAFER_MIN_VALENCE_CCC`, `CAFER_MIN_AROUSAL_CCC` | the same for one output | `CAFER_MIN_CCC` |
| `CAFER_MAX_CCC_DROP` | how far a CCC may fall below that of the model blessed before | 0.05 |
| `CAFER_MAX_BAD_FRACTION` | largest fraction of unusable images | 0.01 |
| `CAFER_FOLD` | the part of a cross-validation by person to test on, as `2/5` | one draw of people |
| `CAFER_SEED` | of the draw of people into splits, and of the faces where they are rendered | 0 |
| `CAFER_PEOPLE`, `CAFER_IMAGES_PER_PERSON` | how many faces are rendered; not with a data set | those of `FaceSet` |
| `CAFER_BEAM_ARGS` | arguments of Beam, separated by spaces | run in this process |

`cafer run` has an option for most of them: `--min-ccc` is `CAFER_MIN_CCC`.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from cafer_tf.config import Config, ConfigError
from cafer_tf.datasets import Fold
from cafer_tf.synthesis import FaceSet
from pipeline.options import spelled

PIPELINE_NAME = 'cafer'
MODEL_NAME = 'cafer'
IN_PROCESS = ('--direct_running_mode=in_memory', '--direct_num_workers=1')


@dataclasses.dataclass(frozen=True)
class Gate:
    """What a model must reach on the test split to be served.

    Attributes:
        min_valence_ccc, min_arousal_ccc: the smallest CCC of each output.
        max_ccc_drop: how far a CCC may fall below that of the model blessed before.
    """

    min_valence_ccc: float = 0.1
    min_arousal_ccc: float = 0.1
    max_ccc_drop: float = 0.05

    def __post_init__(self) -> None:
        for name in ('min_valence_ccc', 'min_arousal_ccc'):
            if not -1 <= getattr(self, name) <= 1:
                raise ConfigError(f'{name} must be in [-1, 1]; it is {getattr(self, name):g}')
        if not 0 <= self.max_ccc_drop <= 2:
            raise ConfigError(f'max_ccc_drop must be in [0, 2]; it is {self.max_ccc_drop:g}')


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that a run is told.

    Attributes:
        out: folder of everything the run writes.
        root: folder of the data set; None renders faces under `out` and uses those.
        dataset: the layout of the data set.
        config: of the model and its training.
        gate: what the model must reach.
        max_bad_fraction: largest fraction of unusable images.
        fold: the part of a cross-validation by person to test on; None for one draw of people.
        seed: of the draw of people into splits, and of the faces where they are rendered.
        people, images_per_person: how many faces are rendered; None for the defaults of `FaceSet`.
        beam_args: arguments of Beam.
    """

    out: pathlib.Path = pathlib.Path('runs/demo')
    root: pathlib.Path | None = None
    dataset: str = 'csv'
    config: Config = dataclasses.field(default_factory=Config)
    gate: Gate = dataclasses.field(default_factory=Gate)
    max_bad_fraction: float = 0.01
    fold: Fold | None = None
    seed: int = 0
    people: int | None = None
    images_per_person: int | None = None
    beam_args: tuple[str, ...] = IN_PROCESS

    def __post_init__(self) -> None:
        if not 0 <= self.max_bad_fraction < 1:
            raise ConfigError(f'max_bad_fraction must be in [0, 1); it is {self.max_bad_fraction:g}')
        for name, folder in (('OUT', self.out), ('ROOT', self.root)):
            if folder is not None and re.match(r'[a-z0-9]+:/', str(folder)):
                raise ConfigError(
                    f'{spelled(name)} is {folder}: an address, where a folder is needed. Mount it, for example as '
                    '/gcs/BUCKET, and give that'
                )
        # ML Metadata remembers paths for ever, and a run may be started again from another folder.
        object.__setattr__(self, 'out', pathlib.Path(self.out).expanduser().absolute())
        if self.root is not None:
            object.__setattr__(self, 'root', pathlib.Path(self.root).expanduser().absolute())

    @property
    def faces(self) -> pathlib.Path:
        """The folder of the data set, given or to be rendered."""
        return self.root or self.out / 'faces'

    @property
    def face_set(self) -> FaceSet:
        """The faces to render where no data set is named.

        Raises:
            ConfigError: numbers that do not do.
        """
        sizes = {'people': self.people, 'images_per_person': self.images_per_person}
        try:
            return FaceSet(seed=self.seed, **{name: value for name, value in sizes.items() if value is not None})
        except ValueError as error:
            raise ConfigError(str(error)) from None

    @property
    def serving(self) -> pathlib.Path:
        """Where models are pushed to, in a folder for each version: what TensorFlow Serving is pointed at."""
        return self.out / 'serving' / MODEL_NAME

    @property
    def metrics(self) -> pathlib.Path:
        """The figures of the model that is served."""
        return self.out / 'metrics.json'

    @property
    def statistics(self) -> pathlib.Path:
        """The statistics of the examples, on a page."""
        return self.out / 'statistics.html'

    @property
    def quarantine(self) -> pathlib.Path:
        """The images that could not be used, an object a line; not there where all could."""
        return self.out / 'quarantine.jsonl'

    @property
    def rejected_metrics(self) -> pathlib.Path:
        """The figures of the last model that did not pass the gate."""
        return self.out / 'rejected.json'


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment variables `CAFER_…` give; see the table above.

    Raises:
        ConfigError: a variable with a value that does not do, or a misspelled name.
    """
    environment = os.environ if environment is None else environment
    given = {name: value for name, value in environment.items() if name.startswith('CAFER_') and value}
    read = _Reader(given)
    root, dataset = read('ROOT', pathlib.Path, None), read('DATASET', str, None)
    if dataset is not None and root is None:
        raise ConfigError(
            f'{spelled("DATASET")} is {dataset} but CAFER_ROOT is not set: give the folder of the data set (--root)'
        )
    people, images_per_person = read('PEOPLE', int, None), read('IMAGES_PER_PERSON', int, None)
    for name, value in (('PEOPLE', people), ('IMAGES_PER_PERSON', images_per_person)):
        if root is not None and value is not None:
            raise ConfigError(
                f'{spelled(name)} is {value}, which is for faces that are rendered, but {spelled("ROOT")} names the '
                f'data set {root}: give one of the two'
            )
    preset = read('PRESET', _read_presets, Config())
    bound = read('MIN_CCC', float, Gate.min_valence_ccc)
    default_out = pathlib.Path('runs') / ('demo' if root is None else dataset or Settings.dataset)
    settings = Settings(
        out=read('OUT', pathlib.Path, default_out),
        root=root,
        dataset=dataset or Settings.dataset,
        config=read('CONFIG', lambda path: _read_config(path, preset), preset),
        gate=Gate(
            min_valence_ccc=read('MIN_VALENCE_CCC', float, bound),
            min_arousal_ccc=read('MIN_AROUSAL_CCC', float, bound),
            max_ccc_drop=read('MAX_CCC_DROP', float, Gate.max_ccc_drop),
        ),
        max_bad_fraction=read('MAX_BAD_FRACTION', float, Settings.max_bad_fraction),
        fold=read('FOLD', _read_fold, None),
        seed=read('SEED', int, Settings.seed),
        people=people,
        images_per_person=images_per_person,
        beam_args=read('BEAM_ARGS', lambda text: tuple(text.split()), IN_PROCESS),
    )
    read.refuse_misspelled()
    return settings


class _Reader:
    """Reads variables and remembers which are known."""

    def __init__(self, given: Mapping[str, str]):
        self._given = given
        self._known: set[str] = set()

    def __call__(self, name: str, convert: Callable[[str], Any], default: Any) -> Any:
        variable = f'CAFER_{name}'
        self._known.add(variable)
        if variable not in self._given:
            return default
        try:
            return convert(self._given[variable])
        except ConfigError:
            raise
        except ValueError:
            raise ConfigError(f'{spelled(name)} is {self._given[variable]!r}, which is not a number') from None

    def refuse_misspelled(self) -> None:
        """A slip of the pen must not be ignored; names far from all of these belong to somebody else."""
        for name in sorted(set(self._given) - self._known):
            close = difflib.get_close_matches(name, self._known, n=1, cutoff=0.85)
            if close:
                raise ConfigError(f'unknown variable {name}; did you mean {close[0]}?')


def _read_fold(text: str) -> Fold:
    try:
        return Fold.parse(text)
    except ValueError as error:
        raise ConfigError(f'{spelled("FOLD")}: {error}') from None


def _read_presets(names: str) -> Config:
    try:
        return Config.from_preset(*(name.strip() for name in names.split(',')))
    except ConfigError as error:
        raise ConfigError(f'{spelled("PRESET")}: {error}') from None


def _read_config(path: str, preset: Config) -> Config:
    try:
        values = json.loads(pathlib.Path(path).read_text(encoding='utf-8'))
    except OSError as error:
        raise ConfigError(f'{spelled("CONFIG")}: {path} cannot be read ({error.strerror})') from None
    except ValueError as error:
        raise ConfigError(f'{spelled("CONFIG")}: {path} is not JSON ({error})') from None
    try:
        return preset.updated(values)
    except ConfigError as error:
        raise ConfigError(f'{spelled("CONFIG")}: {path}: {error}') from None
