"""The report of a run, and the figures it is of: gathered from the artifacts behind the model that is served."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import tempfile
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_data_validation as tfdv

from cafer_tf import __version__, evaluation, features, grouping, input
from cafer_tf.config import Config
from cafer_tf.evaluation import Predicted
from cafer_tf.report import curves, page
from cafer_tf.serving import Predictor
from cafer_tf.synthesis.dataset import PARAMETERS
from pipeline import comparisons, films
from pipeline.components.face_example_gen.executor import EXCLUDED, QUARANTINE
from pipeline.components.files import read_json, write_json, write_text
from pipeline.configs import Settings
from pipeline.data_validation import contents
from pipeline.errors import EXPECTED, RunError
from pipeline.evaluation import SPLIT
from pipeline.films import VideoFolder
from pipeline.lineage import Origin, origin_of
from pipeline.seen import SEEN_PEOPLE, data_root, seen_people

_FIRST_SECOND = 10**9
"""A smaller number counts versions, and names no second."""
REPORT, EVALUATION = 'report.html', 'evaluation.json'


class Written(NamedTuple):
    """What was made.

    Attributes:
        report: the page.
        evaluation: its figures.
        figures: the content of `evaluation`.
    """

    report: pathlib.Path
    evaluation: pathlib.Path
    figures: dict[str, Any]


def keep_current(out: pathlib.Path, version: str) -> Written:
    """The report of the model that a run serves, written where there is none yet.

    Args:
        out: folder of the run.
        version: name of the served version's folder.

    Raises:
        RunError and the other expected errors of `pipeline.errors`.
    """
    return _current(out, version) or write_report(out)


def write_report(
    out: pathlib.Path,
    path: pathlib.Path | None = None,
    seed: int = 0,
    video_folder: VideoFolder | None = None,
    study: pathlib.Path | None = None,
    table: pathlib.Path | None = None,
) -> Written:
    """Judges the model that a run serves, and writes the report and `evaluation.json`.

    Args:
        out: folder of the run.
        path: of the page; `report.html` in the folder of the run without.
        seed: of every draw.
        video_folder: videos to show over time; without, those of the test split, where it has any.
        study: folder of the results of a study of person independence, to show beside the run.
        table: folder of `cafer benchmark table`, whose table to show beside the run.

    Raises:
        RunError and the other expected errors of `pipeline.errors`.
    """
    if path is not None:
        _check(path)
    try:
        return _write(out, path or out / REPORT, seed, video_folder, study, table)
    except EXPECTED:
        raise
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = ' '.join(str(error).split())
        raise RunError(f'the report of {out} cannot be written: {reason}') from error


def _check(path: pathlib.Path) -> None:
    """Refuses a place for the page that nothing can be written to, before minutes are spent on it."""
    if path.is_dir():
        raise RunError(f'{path} cannot be written: it is a folder. Name a file, for example {path / REPORT}')
    if not path.parent.is_dir():
        raise RunError(f'{path} cannot be written: there is no folder {path.parent}')


def _write(
    out: pathlib.Path,
    path: pathlib.Path,
    seed: int,
    video_folder: VideoFolder | None,
    study: pathlib.Path | None,
    table: pathlib.Path | None,
) -> Written:
    beside = [comparisons.of_study(study)] if study is not None else []
    beside += [comparisons.of_table(table)] if table is not None else []
    predictor = Predictor(Settings(out=out).serving)
    origin = origin_of(out, predictor.directory.name)
    test = [str(origin.examples / f'Split-{SPLIT}' / '*')]
    unseen = evaluation.predict(predictor, test)
    root = data_root(out, origin)
    seen = _seen(predictor, seen_people(out, root))
    figures = evaluation.evaluate(
        unseen,
        predictor.threshold,
        model=predictor.directory.relative_to(Settings(out=out).out).as_posix(),
        seen=seen,
        unseen_filter=f'{SPLIT} split of the run {out.absolute().name}'
        + (', people never seen' if unseen.subjects_known else ''),
        seed=seed,
    )
    if video_folder is None:
        videos = films.of_split(unseen, test)
    else:
        shown = films.shown(predictor, video_folder, seed)
        videos = dataclasses.replace(shown, dataset=_dataset(video_folder.root, video_folder.layout))
        figures['videos'] = videos.judged
    places = page.shown_faces(unseen)
    material = page.Material(
        model=figures['model'],
        made=_date(predictor.directory.name),
        version=__version__,
        config=predictor.config.flat(),
        defaults=Config().flat(),
        data=_data(origin, root, unseen.subjects_known),
        scalars=curves.read_scalars(origin.scalars),
        evaluation=figures,
        unseen=unseen,
        faces=dict(zip(places, input.read_images(test, places), strict=True)),
        videos=videos,
        comparisons=beside,
    )
    written = Written(path, out / EVALUATION, figures)
    # Figures first: a page that is older than its figures is known not to be of them.
    write_json(figures, written.evaluation)
    write_text(page.report_page(material), written.report)
    return written


def _seen(predictor: Predictor, folder: pathlib.Path | None) -> Predicted | None:
    if folder is None:
        return None
    with tempfile.TemporaryDirectory() as aside:
        file = f'{aside}/faces.tfrecord'
        evaluation.write_faces('csv', folder, file, predictor.config.faces)
        return evaluation.predict(predictor, [file])


def _current(out: pathlib.Path, version: str) -> Written | None:
    """What a run has already, unless something that it is of was written since."""
    report, evaluation, seen = out / REPORT, out / EVALUATION, out / SEEN_PEOPLE / PARAMETERS
    if not report.is_file() or not evaluation.is_file():
        return None
    if any(path.is_file() and path.stat().st_mtime_ns > report.stat().st_mtime_ns for path in (evaluation, seen)):
        return None
    figures = read_json(evaluation)
    return Written(report, evaluation, figures) if pathlib.PurePath(figures['model']).name == version else None


def _data(origin: Origin, root: pathlib.Path, subjects_known: bool) -> page.Data:
    grouped = read_json(origin.grouping / 'grouping.json')
    quarantined = (origin.quarantine / QUARANTINE).read_text(encoding='utf-8').splitlines()
    return page.Data(
        dataset=_dataset(root, origin.layout),
        splits={
            split: page.Split(_people(origin, split) if subjects_known else None, **grouped['sizes'][split])
            for split in features.SPLITS
        },
        excluded=read_json(origin.quarantine / EXCLUDED),
        quarantined=len(quarantined),
        histogram=grouping.IntensityHistogram(np.array(grouped['histogram']['counts'], np.int64)),
        threshold=grouped['otsu_threshold'],
    )


def _dataset(root: pathlib.Path, layout: str) -> str:
    """What the page calls a data set."""
    rendered = any((root / name).is_file() for name in (PARAMETERS, films.PARAMETERS))
    return page.RENDERED if rendered else layout


def _people(origin: Origin, split: str) -> int:
    return contents.people(tfdv.load_stats_binary(str(origin.statistics / f'Split-{split}' / 'FeatureStats.pb')))


def _date(version: str) -> str:
    """When a version was pushed, whose name is that second."""
    if not version.isdecimal() or int(version) < _FIRST_SECOND:
        return ''
    return f'{datetime.datetime.fromtimestamp(int(version), datetime.timezone.utc):%d %B %Y, %H:%M} UTC'
