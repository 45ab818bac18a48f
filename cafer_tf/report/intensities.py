"""The emotional intensity of the training faces, and where Otsu's threshold parts it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cafer_tf import features, grouping
from cafer_tf.report.colours import GROUP_COLOURS


def draw_intensities(histogram: grouping.IntensityHistogram, threshold: float) -> Figure:
    """The histogram, weak and strong emotion in two colours, with the threshold between them.

    Args:
        histogram: of emotional intensity.
        threshold: τ, in [0, sqrt(2)].
    """
    figure = Figure(figsize=(8, 3.6), layout='constrained')
    axes = figure.add_subplot()
    edges = np.linspace(0, features.MAX_INTENSITY, len(histogram.counts) + 1)
    strong = grouping.is_strong(histogram.centers, threshold)
    for group, members in ((features.WEAK, ~strong), (features.STRONG, strong)):
        number = int(histogram.counts[members].sum())
        axes.stairs(
            *(np.where(members, histogram.counts, 0), edges),
            fill=True,
            color=GROUP_COLOURS[group],
            label=f'{features.GROUP_NAMES[group]}: {number:,}',
        )
    axes.axvline(threshold, color='black', linewidth=1.2, linestyle='--', label=f'Otsu threshold {threshold:.3f}')
    axes.set(xlabel='emotional intensity, √(valence² + arousal²)', ylabel='training faces')
    axes.legend()
    return figure
