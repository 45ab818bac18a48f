"""The histogram of emotional intensity with the threshold, as a picture."""

from __future__ import annotations

import io

from cafer_tf import grouping
from cafer_tf.report.intensities import draw_intensities


def plot_grouping(histogram: grouping.IntensityHistogram, threshold: float) -> bytes:
    """A PNG of the histogram, weak and strong emotion in two colours."""
    stream = io.BytesIO()
    draw_intensities(histogram, threshold).savefig(stream, format='png', dpi=120)
    return stream.getvalue()
