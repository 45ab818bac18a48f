"""The histogram of emotional intensity with the threshold, as a picture."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cafer_tf import features, grouping


def plot_grouping(histogram: grouping.IntensityHistogram, threshold: float) -> bytes:
    """A PNG of the histogram, weak and strong emotion in two colours.

    The figure is made without pyplot, whose global state does not belong in a pipeline.
    """
    figure = Figure(figsize=(7, 4), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    width = features.MAX_INTENSITY / len(histogram.centers)
    strong = histogram.centers > threshold
    for group, colour in ((~strong, '#7f8fa6'), (strong, '#c23616')):
        name = features.GROUP_NAMES[int(group is strong)]
        count = int(histogram.counts[group].sum())
        axes.bar(histogram.centers[group], histogram.counts[group], width, color=colour, label=f'{name}: {count}')
    axes.axvline(threshold, color='black', linewidth=1, label=f'Otsu threshold {threshold:.3f}')
    axes.set_xlabel('emotional intensity, sqrt(valence² + arousal²)')
    axes.set_ylabel('training examples')
    axes.legend()
    stream = io.BytesIO()
    figure.savefig(stream, format='png', dpi=120)
    return stream.getvalue()
