"""What the page is made of: plain values and arrays, whoever gathered them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure

from cafer_tf.grouping import IntensityHistogram
from cafer_tf.report.curves import Scalars

RENDERED = 'rendered'
"""The name of a data set of rendered faces."""


class Judged(Protocol):
    """Faces beside what a model says of them; `cafer_tf.evaluation.Predicted` is one.

    Attributes:
        labels: `[n, 2]`, valence first, each in [-1, 1].
        predictions: likewise.
        embeddings: `[n, d]`.
        subjects: `[n]` who is shown.
        videos: `[n]` the clip, empty where there is none.
    """

    @property
    def labels(self) -> np.ndarray: ...
    @property
    def predictions(self) -> np.ndarray: ...
    @property
    def embeddings(self) -> np.ndarray: ...
    @property
    def subjects(self) -> np.ndarray: ...
    @property
    def videos(self) -> np.ndarray: ...


@dataclasses.dataclass(frozen=True)
class Split:
    """A part of the data.

    Attributes:
        people: how many; None where the data set does not say who is shown.
        weak, strong: how many faces of each emotional intensity.
    """

    people: int | None
    weak: int
    strong: int


@dataclasses.dataclass(frozen=True)
class Data:
    """What the model was made of.

    Attributes:
        dataset: the layout that was read, or `RENDERED`.
        splits: by name, in the order to show.
        excluded: how many rows the protocol of the data set leaves out, by reason.
        quarantined: how many images could not be used.
        histogram: of the emotional intensity of the training faces.
        threshold: τ, Otsu's threshold of it.
    """

    dataset: str
    splits: Mapping[str, Split]
    excluded: Mapping[str, int]
    quarantined: int
    histogram: IntensityHistogram
    threshold: float


@dataclasses.dataclass(frozen=True)
class Picture:
    """A figure that comes with its words.

    Attributes:
        figure: to show.
        alternative: what it says, with its key numbers, for whoever cannot see it.
        caption: what stands below it.
    """

    figure: Figure
    alternative: str
    caption: str


@dataclasses.dataclass(frozen=True)
class Videos:
    """Faces over time.

    Attributes:
        words: which videos are shown, and why these.
        pictures: their traces.
        judged: the figures of all videos, as `evaluation.json` has them of a set; None where they are among the faces
            that the evaluation is of.
        frames: how many frames each video has, by name.
        dataset: the layout of their own data set, or `RENDERED`; empty where they are among the faces that the
            evaluation is of.
    """

    words: str
    pictures: Sequence[Picture]
    judged: Mapping[str, Any] | None
    frames: Mapping[str, int]
    dataset: str = ''


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What is compared beside the run, and is not of the run itself: variants of the method, or systems.

    Attributes:
        key: of the section, in links.
        title: of the section.
        words: what was compared, and on what.
        caption: of the table.
        heads: of its columns; the first is that of the rows' names.
        groups: by the title of each group, its rows and the cells of each, one for each head after the first.
        descriptions: what each row is.
        picture: of the same.
        notes: what else to know, a sentence each.
    """

    key: str
    title: str
    words: str
    caption: str
    heads: Sequence[str]
    groups: Mapping[str, Mapping[str, Sequence[str]]]
    descriptions: Mapping[str, str]
    picture: Picture
    notes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Material:
    """Everything on the page.

    Attributes:
        model: where the model lies, relative to the run.
        made: when it was made, in words; empty where that is unknown.
        version: of this project.
        config: every value of the configuration by its path.
        defaults: likewise, of the default configuration.
        data: what the model was made of.
        scalars: of its training.
        evaluation: the content of `evaluation.json`.
        unseen: the faces that the evaluation is of.
        faces: JPEG or PNG bytes of the best and the worst of these, by their places.
        videos: faces over time, where there are videos.
        comparisons: to show beside the run.
    """

    model: str
    made: str
    version: str
    config: Mapping[str, Any]
    defaults: Mapping[str, Any]
    data: Data
    scalars: Scalars
    evaluation: Mapping[str, Any]
    unseen: Judged
    faces: Mapping[int, bytes]
    videos: Videos | None = None
    comparisons: Sequence[Comparison] = ()
