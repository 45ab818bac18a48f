"""Emotion grouping: emotional intensity, and Otsu's threshold that parts strong emotion from weak.

Pure NumPy and scikit-image: Beam workers import this module without TensorFlow. `intensity` and `is_strong` only use
operators, so that the same definition serves arrays here and tensors in the training graph.

Reference: N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979); used on
emotional intensity by D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021, step 1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
from skimage.filters import threshold_otsu

from cafer_tf import features

BINS = 256
_WIDTH = features.MAX_INTENSITY / BINS


class GroupingError(ValueError):
    """The labels cannot be parted into strong and weak emotion."""


def intensity(labels: Any) -> Any:
    """Emotional intensity: the distance of each label from the neutral origin.

    `r = sqrt(valence² + arousal²)`

    Args:
        labels: `[..., 2]`, valence first, each in [-1, 1]; an array or a tensor of any float type.

    Returns:
        `[...]`, in [0, sqrt(2)], of the type and dtype given.

    Raises:
        GroupingError: labels of another shape.

    Example:
        >>> intensity(np.array([[0.6, 0.8], [0.0, -0.25]]))
        array([1.  , 0.25])
    """
    if not hasattr(labels, 'dtype'):
        labels = np.asarray(labels, dtype=float)
    if labels.shape[-1] != len(features.OUTPUTS):
        raise GroupingError(f'labels must have shape [..., 2] (valence, arousal); theirs is {tuple(labels.shape)}')
    return (labels[..., 0] ** 2 + labels[..., 1] ** 2) ** 0.5


def is_strong(intensities: Any, threshold: float) -> Any:
    """Whether an emotion is strong: `r > τ`.

    Args:
        intensities: `[...]`, in [0, sqrt(2)].
        threshold: τ, in [0, sqrt(2)].

    Returns:
        Booleans `[...]`.
    """
    return intensities > threshold


def otsu_threshold(intensities: Any) -> float:
    """Otsu's threshold τ of a set of emotional intensities.

    Args:
        intensities: `[n]`, each in [0, sqrt(2)].

    Returns:
        τ; `intensities > τ` is the strong group. See `IntensityHistogram.threshold`.

    Raises:
        GroupingError: no intensities, one that is not finite or out of range, or nothing to part.

    Example:
        >>> round(otsu_threshold([0.1, 0.2, 0.2, 0.9, 1.0]), 2)
        0.2
    """
    return IntensityHistogram.empty().add(np.asarray(intensities, dtype=float)).threshold()


@dataclasses.dataclass(frozen=True)
class IntensityHistogram:
    """Counts of emotional intensity: a sufficient statistic of Otsu's threshold that merges exactly.

    Bin `i` holds intensities in `(i w, (i + 1) w]` with `w = sqrt(2) / 256`; zero falls into the first bin. Closed
    upper edges make `r > τ` part exactly the bins that Otsu's method parted.

    Attributes:
        counts: `[256]` int64.
    """

    counts: np.ndarray

    @classmethod
    def empty(cls) -> IntensityHistogram:
        """A histogram of nothing."""
        return cls(np.zeros(BINS, np.int64))

    @property
    def centers(self) -> np.ndarray:
        """`[256]` float64: the middle of each bin."""
        return (np.arange(BINS) + 0.5) * _WIDTH

    def add(self, intensities: Any) -> IntensityHistogram:
        """The histogram with more intensities counted.

        Args:
            intensities: any shape, each in [0, sqrt(2)].

        Raises:
            GroupingError: an intensity that is not finite or out of range.
        """
        values = np.asarray(intensities, dtype=float).ravel()
        # Half a bin of slack: float32 corners such as hypot(1, 1) exceed sqrt(2) by rounding.
        wrong = ~((values >= 0) & (values <= features.MAX_INTENSITY + _WIDTH / 2))
        if wrong.any():
            raise GroupingError(
                f'{int(wrong.sum())} of {values.size} emotional intensities are not finite or not in [0, sqrt(2)], '
                f'the first {values[wrong][0]:g}: valence and arousal must be in [-1, 1]'
            )
        bins = np.clip(np.ceil(values / _WIDTH).astype(np.int64) - 1, 0, BINS - 1)
        return IntensityHistogram(self.counts + np.bincount(bins, minlength=BINS))

    def merge(self, others: Iterable[IntensityHistogram]) -> IntensityHistogram:
        """The histogram of all counts together; order does not matter."""
        return IntensityHistogram(sum((other.counts for other in others), self.counts))

    def threshold(self) -> float:
        """Otsu's threshold τ: the upper edge of the last bin of the weaker class.

        scikit-image names the middle of that bin; its upper edge is what `r > τ` needs to part the same bins.

        Raises:
            GroupingError: nothing was counted, or all of it lies in one bin.
        """
        occupied = int(np.count_nonzero(self.counts))
        if occupied < 2:
            what = 'there are no labels' if occupied == 0 else 'all labels have the same emotional intensity'
            raise GroupingError(f'strong and weak emotion cannot be parted: {what}')
        return float(threshold_otsu(hist=(self.counts, self.centers)) + _WIDTH / 2)


def legacy_groups(labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """The grouping rule of the authors' published code, kept for parity; `otsu_threshold` is the method's.

    For each of valence and arousal, in batch order, `m = (argmin + argmax) // 2` and `t = Σ d[:m + 1] / Σ d`, where m
    moves on by 2 while `Σ d[:m + 1]` is neither at least .75 nor below .95 of `Σ d` (which only a negative sum allows).
    With `θ = sqrt(t_v² + t_a²)`, strong is `r² > θ + ¼` and weak `r² < θ + ¼`. If either is empty, weak becomes
    `r² < .3` and strong gains `r² > .65`; if strong is empty still, it becomes weak. Both are cut to the shorter.

    Args:
        labels: `[n, 2]`, valence first; cast to float32, as the code does.

    Returns:
        Row numbers of the strong and of the weak group, equally many, in batch order. Both are empty where no label
        falls into a group.

    Reference: the code published with D. H. Kim and B. C. Song, AAAI 2021.
    """
    labels = np.asarray(labels)
    share = np.array([_cumulative_share(column) for column in labels.astype(np.float32).T])
    bound = np.hypot(*share) + 0.25
    squared = (labels.astype(np.float64) ** 2).sum(axis=1)
    strong, weak = np.flatnonzero(squared > bound), np.flatnonzero(squared < bound)
    if not strong.size or not weak.size:
        weak = np.flatnonzero(squared < 0.3)
        strong = np.concatenate([strong, np.flatnonzero(squared > 0.65)])
        if not strong.size:
            strong = weak
    size = min(strong.size, weak.size)
    return strong[:size], weak[:size]


def _cumulative_share(values: np.ndarray) -> float:
    """`Σ d[:m + 1] / Σ d` of `legacy_groups`; 0 where the sum is 0."""
    total = values.sum()
    middle = (int(values.argmin()) + int(values.argmax())) // 2
    while values[: middle + 1].sum() < 0.75 * total and values[: middle + 1].sum() >= 0.95 * total:
        middle += 2
    return float(values[: middle + 1].sum() / total) if total else 0.0
