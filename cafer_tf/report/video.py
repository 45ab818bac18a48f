"""What a model made of a video, and which videos and frames to show."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from cafer_tf import features
from cafer_tf.metrics import agreement_scores

FACES = 9
"""How many faces a strip has room for."""
_USUAL = 1.5
"""Frames are missing where their numbers are further apart than this many times the video's usual step."""


@dataclasses.dataclass(frozen=True)
class Trace:
    """What one video shows, and what a model made of it.

    Attributes:
        name: of the video.
        frames: int `[n]`, numbers of the frames, strictly increasing; a number left out is a frame that is missing.
        labels: `[n, 2]`, valence first, in [-1, 1].
        predictions: `[n, 2]`, likewise.
        rate: frames a second; None where it is not known.

    Raises:
        ValueError: no frames, shapes that do not agree, or frames that do not increase.
    """

    name: str
    frames: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray
    rate: float | None = None

    def __post_init__(self) -> None:
        count, shapes = len(self.frames), (np.shape(self.labels), np.shape(self.predictions))
        if not count:
            raise ValueError(f'video {self.name}: there are no frames')
        if shapes != ((count, 2), (count, 2)):
            raise ValueError(
                f'video {self.name}: labels and predictions need the shape {(count, 2)}, a row for each frame; they '
                f'have {shapes[0]} and {shapes[1]}'
            )
        back = np.flatnonzero(np.diff(self.frames) <= 0)
        if len(back):
            before, after = self.frames[back[0]], self.frames[back[0] + 1]
            raise ValueError(
                f'video {self.name}: frame numbers must increase, and {after} follows {before}; sort the rows by frame '
                'and keep one a frame'
            )

    def times(self, frames: np.ndarray) -> np.ndarray:
        """When frames are shown: seconds since the first one, or their numbers where the rate is not known."""
        return frames.astype(float) if self.rate is None else (frames - self.frames[0]) / self.rate

    @property
    def gaps(self) -> np.ndarray:
        """Places of the frames after which others are missing: the step to the next is longer than usual.

        The usual step is the median, so that a video of which every fifth frame was kept has no gaps.
        """
        steps = np.diff(self.frames)
        return np.flatnonzero(steps > _USUAL * np.median(steps)) if len(steps) else np.array([], int)

    @property
    def alone(self) -> np.ndarray:
        """Places of the frames with a gap, or nothing, on either side."""
        starts, ends = np.append(0, self.gaps + 1), np.append(self.gaps, len(self.frames) - 1)
        return starts[starts == ends]

    @property
    def title(self) -> str:
        """The name, and the CCC of valence and of arousal."""
        scores = agreement_scores(self.labels, self.predictions)
        return self.name + ''.join(f'    CCC of {name} {scores[name]["ccc"]:.2f}' for name in features.OUTPUTS)

    def described(self) -> str:
        """The trace in words, for whoever cannot see it."""
        scores = agreement_scores(self.labels, self.predictions)
        length = '' if self.rate is None else f', {self.times(self.frames[-1:])[0]:.1f} seconds'
        parts = [f'Video {self.name}: {len(self.frames)} frames{length}.']
        for column, output in enumerate(features.OUTPUTS):
            truth, predicted = (
                f'{values[:, column].min():+.2f} to {values[:, column].max():+.2f}'
                for values in (self.labels, self.predictions)
            )
            ccc = scores[output]['ccc']
            parts.append(f'{output.capitalize()} goes from {truth}, predicted {predicted}, with a CCC of {ccc:.2f}.')
        return ' '.join(parts)


def choose_videos(*scores: Mapping[str, float]) -> dict[str, str]:
    """Which videos to show: the best, the median and the worst, by the mean of their scores.

    Args:
        scores: for each output, video to its CCC. Videos that lack one are not considered.

    Returns:
        `best`, `median` and `worst` to the video. Of equal ones, that with the earlier name counts as the better; of an
        even number, the median is the worse of the middle two. No video comes twice: of two there is no median, and of
        one there is only `median`.

    Example:
        >>> choose_videos({'a': 0.2, 'b': 0.9, 'c': 0.5}, {'a': 0.4, 'b': 0.7, 'c': 0.5, 'd': 0.1})
        {'best': 'b', 'median': 'c', 'worst': 'a'}
    """
    common = set.intersection(*(set(mapping) for mapping in scores))
    means = {name: sum(mapping[name] for mapping in scores) / len(scores) for name in common}
    order = sorted((name for name in means if math.isfinite(means[name])), key=lambda name: (-means[name], name))
    if len(order) < 2:
        return {'median': order[0]} if order else {}
    median = {'median': order[len(order) // 2]} if len(order) > 2 else {}
    return {'best': order[0], **median, 'worst': order[-1]}


def rows_of_video(videos: Sequence[str] | np.ndarray, frames: np.ndarray, name: str) -> np.ndarray:
    """Where the rows of a video are, in the order of its frames.

    Args:
        videos: `[n]`, the video of each row.
        frames: int `[n]`, the number of each row's frame.
        name: of the video.

    Example:
        >>> rows_of_video(['a', 'b', 'a', 'a'], np.array([3, 1, 1, 2]), 'a')
        array([2, 3, 0])
    """
    rows = np.flatnonzero(np.asarray(videos) == name)
    return rows[np.argsort(np.asarray(frames)[rows], kind='stable')]


def sample_frames(frames: np.ndarray, count: int = FACES) -> list[int]:
    """Places of frames spread evenly over a video: of each of `count` equal spans, the one nearest to its middle.

    Args:
        frames: int `[n]`, numbers of the frames, strictly increasing.
        count: how many spans; one without frames gets none.

    Example:
        >>> sample_frames(np.array([0, 1, 2, 3, 4, 5, 100]), 3)
        [5, 6]
    """
    edges = np.linspace(frames[0], frames[-1] + 1, count + 1)
    middles = (edges[:-1] + edges[1:] - 1) / 2
    spans = np.searchsorted(edges, frames, side='right') - 1
    distances = np.abs(frames - middles[spans])
    rows = [np.flatnonzero(spans == span) for span in np.unique(spans)]
    return [int(row[np.argmin(distances[row])]) for row in rows]
