"""Videos for the report: which to show, and how the model reads them over time."""

from __future__ import annotations

import collections
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cafer_tf import evaluation, features, input
from cafer_tf.evaluation import Predicted, sets
from cafer_tf.metrics.bootstrap import CONFIDENCE, RESAMPLES
from cafer_tf.report import page
from cafer_tf.report.traces import plot_path, plot_traces
from cafer_tf.report.video import Trace, choose_videos, rows_of_video, sample_frames
from cafer_tf.serving import Predictor
from cafer_tf.synthesis.video import KIND
from pipeline.components.files import read_json
from pipeline.errors import RunError

PARAMETERS = KIND.parameters
"""The file that a folder of rendered videos holds."""


class VideoFolder(NamedTuple):
    """A data set of videos.

    Attributes:
        layout: of the data set.
        root: its folder.
    """

    layout: str
    root: pathlib.Path


def shown(predictor: Predictor, folder: VideoFolder, seed: int) -> page.Videos:
    """Asks the model about every frame of a folder, and shows the best, the median and the worst video.

    Args:
        predictor: the model.
        folder: of the videos.
        seed: of the draws for intervals.

    Raises:
        RunError: there is no video in it.
        DataError: its labels are wrong.
    """
    with tempfile.TemporaryDirectory() as aside:
        files = [f'{aside}/frames.tfrecord']
        evaluation.write_faces(folder.layout, folder.root, files[0], predictor.config.faces)
        faces = evaluation.predict(predictor, files)
        draws = sets.Draws(RESAMPLES, CONFIDENCE, seed)
        judged = evaluation.judge(faces, predictor.threshold, f'all frames of {folder.root.name}', draws)
        found = _videos(faces, files, judged, _rate(folder.root))
    if found is None:
        raise RunError(f'{folder.root}: no video in it has numbered frames whose labels vary. Give a folder of videos.')
    return found


def of_split(faces: Predicted, files: Sequence[str]) -> page.Videos | None:
    """The best, the median and the worst video of the faces that are judged; None where these are no videos.

    Args:
        faces: what the model said of them.
        files: the TFRecords that they are from.
    """
    return _videos(faces, files, None, None)


def _videos(
    faces: Predicted, files: Sequence[str], judged: Mapping[str, Any] | None, rate: float | None
) -> page.Videos | None:
    numbered = (faces.videos != '') & (faces.frames >= 0)
    scores = sets.ccc_by(faces.labels[numbered], faces.predictions[numbered], faces.videos[numbered])
    chosen = choose_videos(*(scores[output]['ccc'] for output in features.OUTPUTS))
    if not chosen:
        return None
    return page.Videos(
        words=(
            f'Of {len(np.unique(faces.videos[numbered])):,} videos: {", ".join(chosen)}, by the mean of the CCC of '
            'valence and of arousal over the frames of the video.'
        ),
        pictures=[
            picture
            for kind, name in chosen.items()
            for picture in _pictures(kind, faces, rows_of_video(faces.videos, faces.frames, name), files, rate)
        ],
        judged=judged,
        frames=collections.Counter(faces.videos.tolist()),
    )


def _pictures(
    kind: str, faces: Predicted, rows: np.ndarray, files: Sequence[str], rate: float | None
) -> list[page.Picture]:
    # A frame with two faces has two rows; the video's trace is of the first. One without a number has no time.
    rows = rows[faces.frames[rows] >= 0]
    rows = rows[np.unique(faces.frames[rows], return_index=True)[1]]
    trace = Trace(str(faces.videos[rows[0]]), faces.frames[rows], faces.labels[rows], faces.predictions[rows], rate)
    strip = [int(rows[place]) for place in sample_frames(trace.frames)]
    images = dict(zip(faces.frames[strip].tolist(), input.read_images(files, strip), strict=True))
    words = trace.described()
    return [
        page.Picture(plot_traces(trace, images), f'Truth and prediction over time. {words}', f'The {kind}. {words}'),
        page.Picture(
            plot_path(trace),
            f'Paths in the circumplex, true and predicted. {words}',
            f'{trace.name} in the circumplex.',
        ),
    ]


def _rate(root: pathlib.Path) -> float | None:
    """Frames a second, which only rendered videos say."""
    path = root / PARAMETERS
    return float(read_json(path)['frames_per_second']) if path.is_file() else None
