"""Valence and arousal over the time of a video, truth beside prediction."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patches import Circle, Patch
from PIL import Image

from cafer_tf import features
from cafer_tf.report.names import as_drawn
from cafer_tf.report.video import FACES, Trace

_WIDTH, _LEFT, _RIGHT = 10.0, 0.075, 0.985
"""Of a figure in inches, and the sides of its axes as fractions."""
_SHARE = 0.95 / FACES
"""Of the strip's width, for a face and the gap to the next; the rest lets evenly spread faces stand at their times."""
_FACE = _WIDTH * (_RIGHT - _LEFT) * _SHARE - 0.08
_STRIP, _PLOT, _ABOVE, _BELOW = _FACE + 0.22, 1.5, 0.64, 0.5
"""Heights of the faces and their lines, of a plot, and of what stands over and under all, in inches."""
_TRUTH, _PREDICTION, _GAP = '#1a1a1a', '#d55e00', '0.9'
"""The first two keep apart for colour-blind eyes and, by darkness and width, in grey print."""
_ENDS = (('o', 'start'), ('s', 'end'))
_TIMES = ListedColormap(matplotlib.colormaps['viridis'](np.linspace(0, 0.88, 256)))
"""Without the yellow end, which is faint on paper."""


def plot_traces(trace: Trace, images: Mapping[int, bytes]) -> Figure:
    """Draws valence and arousal over time, truth and prediction, under faces of the video.

    Where frames are missing, the lines are broken and the ground is grey.

    Args:
        trace: the video.
        images: number of a frame of the video to its image, JPEG or PNG bytes; at most `FACES`, as `sample_frames`
            chooses them. Without any there is no strip.

    Returns:
        A figure 10 inches wide, with the CCC of valence and of arousal in its title.

    Raises:
        ValueError: too many images, or one of a frame that is not there.
    """
    unknown = sorted(set(images) - set(trace.frames.tolist()))
    if unknown:
        raise ValueError(f'video {trace.name}: there is an image of frame {unknown[0]}, which has no labels')
    if len(images) > FACES:
        raise ValueError(f'video {trace.name}: there are {len(images)} images, and room for {FACES}')
    heights = [*([_STRIP] if images else []), _PLOT, _PLOT]
    height = sum(heights) + _ABOVE + _BELOW
    figure = Figure(figsize=(_WIDTH, height))
    sides = {'left': _LEFT, 'right': _RIGHT, 'top': 1 - _ABOVE / height, 'bottom': _BELOW / height}
    rows = figure.subplots(len(heights), 1, gridspec_kw={'height_ratios': heights, 'hspace': 0.09, **sides})
    times = trace.times(trace.frames)
    margin = 0.01 * (times[-1] - times[0]) or 0.5
    for axes in rows:
        axes.set_xlim(times[0] - margin, times[-1] + margin)
    plots = rows[-2:]
    for column, axes in enumerate(plots):
        _draw_output(axes, trace, column)
    plots[0].tick_params(labelbottom=False)
    plots[1].set_xlabel(_time(trace))
    if images:
        _draw_strip(rows[0], plots, trace, images)
    figure.suptitle(as_drawn(trace.title), x=_LEFT, y=1 - 0.12 / height, ha='left', va='top', fontsize=11)
    place = {'loc': 'upper left', 'bbox_to_anchor': (_LEFT, 1 - 0.33 / height), 'borderpad': 0, 'borderaxespad': 0}
    figure.legend(handles=_legend(trace), ncols=3, frameon=False, fontsize=10, **place)
    return figure


def plot_path(trace: Trace) -> Figure:
    """Draws the path of a video through the circumplex, truth beside prediction; the colour is the time.

    Args:
        trace: the video.

    Returns:
        A figure 10 inches wide, with the CCC of valence and of arousal in its title. The paths are broken where frames
        are missing.
    """
    figure = Figure(figsize=(_WIDTH, 5.0), layout='constrained')
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    times, alone = trace.times(trace.frames), trace.alone
    together = np.ones(len(times) - 1, bool)
    together[trace.gaps] = False
    scale = matplotlib.colors.Normalize(times[0], times[-1])
    for axes, name, points in zip(panels, ('truth', 'prediction'), (trace.labels, trace.predictions), strict=True):
        _draw_plane(axes)
        axes.set_title(name, fontsize=11)
        pieces = np.stack([points[:-1], points[1:]], axis=1)[together]
        colours = _TIMES(scale(times[:-1][together]))
        axes.add_collection(LineCollection(list(pieces), colors=colours, linewidths=2.2, capstyle='round'))
        axes.scatter(*points[alone].T, s=14, color=_TIMES(scale(times[alone])), zorder=3)
        for place, share, (marker, _) in zip((0, -1), (0.0, 1.0), _ENDS, strict=True):
            axes.plot(*points[place], marker, ms=9, mfc=_TIMES(share), mec='white', mew=1.2, zorder=4, clip_on=False)
    panels[0].set_ylabel(features.AROUSAL)
    ends = [Line2D([], [], color='0.3', marker=marker, ls='', ms=7, label=label) for marker, label in _ENDS]
    panels[0].legend(handles=ends, loc='lower left', fontsize=9, frameon=False, handletextpad=0.2, borderaxespad=0.1)
    time = matplotlib.cm.ScalarMappable(scale, _TIMES)
    figure.colorbar(time, ax=panels, label=_time(trace), pad=0.02, aspect=30)
    figure.suptitle(as_drawn(trace.title), fontsize=11)
    return figure


def _draw_output(axes: Any, trace: Trace, column: int) -> None:
    """One output over time."""
    times, gaps, alone = trace.times(trace.frames), trace.gaps, trace.alone
    axes.set(ylim=(-1.05, 1.05), yticks=[-1, -0.5, 0, 0.5, 1], ylabel=features.OUTPUTS[column])
    axes.set_yticklabels(['-1', '', '0', '', '+1'])
    axes.grid(axis='y', color='0.92', linewidth=0.8)
    axes.axhline(0, color='0.75', linewidth=0.8)
    axes.spines[['top', 'right']].set_visible(False)
    for gap in gaps:
        axes.axvspan(times[gap], times[gap + 1], color=_GAP, linewidth=0, zorder=0)
    for values, colour, width in ((trace.labels, _TRUTH, 2.4), (trace.predictions, _PREDICTION, 1.5)):
        broken = np.insert(values[:, column].astype(float), gaps + 1, np.nan)
        axes.plot(np.insert(times, gaps + 1, np.nan), broken, color=colour, linewidth=width, solid_capstyle='butt')
        axes.plot(times[alone], values[alone, column], '.', color=colour, markersize=3 * width)


def _draw_strip(axes: Any, plots: Sequence[Any], trace: Trace, images: Mapping[int, bytes]) -> None:
    """Faces in a row, each as near above its time as the others allow, with a line that leads down to it."""
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    low, high = axes.get_xlim()
    times, bottom = trace.times(np.array(sorted(images))), 1 - _FACE / _STRIP
    places = _apart(times, (high - low) * _SHARE, low, high)
    for place, time, number in zip(places, times, sorted(images), strict=True):
        face = Image.open(io.BytesIO(images[number])).convert('RGB')
        picture = OffsetImage(np.asarray(face), zoom=72 * _FACE / max(face.size), interpolation='bilinear')
        axes.add_artist(AnnotationBbox(picture, (place, bottom), box_alignment=(0.5, 0), pad=0, frameon=False))
        axes.plot([place, time], [bottom, -0.03], color='0.55', linewidth=0.9, clip_on=False)
        for plot in plots:
            plot.axvline(time, color='0.55', linewidth=0.7, linestyle=(0, (2, 3)), zorder=1)


def _apart(wanted: np.ndarray, room: float, low: float, high: float) -> np.ndarray:
    """Places near to the wanted ones, in their order, `room` apart and that much within `low` to `high`."""
    places = np.clip(wanted, low + room / 2, high - room / 2)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + room)
    places[-1] = min(places[-1], high - room / 2)
    for i in reversed(range(len(places) - 1)):
        places[i] = min(places[i], places[i + 1] - room)
    return places


def _draw_plane(axes: Any) -> None:
    ticks = [-1, -0.5, 0, 0.5, 1]
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xticks=ticks, yticks=ticks, aspect='equal')
    axes.set_xlabel(features.VALENCE)
    axes.axhline(0, color='0.8', linewidth=0.8, zorder=0)
    axes.axvline(0, color='0.8', linewidth=0.8, zorder=0)
    axes.add_patch(Circle((0, 0), 1, fill=False, color='0.8', linewidth=0.8, zorder=0))


def _legend(trace: Trace) -> list[Any]:
    lines: list[Any] = [
        Line2D([], [], color=_TRUTH, linewidth=2.4, label='truth'),
        Line2D([], [], color=_PREDICTION, linewidth=1.5, label='prediction'),
    ]
    return [*lines, Patch(color=_GAP, label='no frames')] if len(trace.gaps) else lines


def _time(trace: Trace) -> str:
    return 'frame' if trace.rate is None else 'time in seconds'
