"""Faces beside the circumplex of valence and arousal."""

from __future__ import annotations

import io
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.figure
import numpy as np
from PIL import Image

from cafer_tf.report.names import as_drawn

_CORNERS = (
    ('excited, happy', 0.95, 0.95, 'right', 'top'),
    ('afraid, angry', -0.95, 0.95, 'left', 'top'),
    ('sad, bored', -0.95, -0.95, 'left', 'bottom'),
    ('calm, relaxed', 0.95, -0.95, 'right', 'bottom'),
)
_COLUMNS = 4


class FacePoint(NamedTuple):
    """A face and where it lies.

    Attributes:
        name: the face's title.
        image: JPEG or PNG bytes.
        predicted: (valence, arousal), each in [-1, 1].
        truth: likewise, where it is known.
    """

    name: str
    image: bytes
    predicted: tuple[float, float]
    truth: tuple[float, float] | None = None


def plot_circumplex(faces: Sequence[FacePoint], path: str | os.PathLike[str]) -> pathlib.Path:
    """Draws the faces, numbered, and their places in the circumplex; a line leads from the prediction to the truth.

    Args:
        faces: at least one.
        path: of the picture; its ending says the format.

    Raises:
        ValueError: no faces, or a format that cannot be written.
    """
    if not faces:
        raise ValueError('there is no face to plot')
    rows = -(-len(faces) // _COLUMNS)
    columns = min(len(faces), _COLUMNS)
    height = max(5.0, 2.1 * rows)
    figure = matplotlib.figure.Figure(figsize=(1.8 * columns + height + 0.6, height), layout='constrained')
    left, right = figure.subfigures(1, 2, width_ratios=[1.8 * columns, height + 0.6])
    colours = matplotlib.colormaps['turbo'](np.linspace(0.08, 0.92, len(faces)))
    cells = left.subplots(rows, columns, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for number, (axes, face, colour) in enumerate(zip(cells, faces, colours, strict=False), start=1):
        _draw_face(axes, number, face, colour)
    _draw_circumplex(right.subplots(), faces, colours)
    path = pathlib.Path(path)
    figure.savefig(path, dpi=120)
    return path


def _draw_face(axes: Any, number: int, face: FacePoint, colour: Any) -> None:
    axes.imshow(Image.open(io.BytesIO(face.image)).convert('RGB'))
    lines = [f'{number}  {as_drawn(face.name)}', f'V {face.predicted[0]:+.2f}  A {face.predicted[1]:+.2f}']
    if face.truth is not None:
        lines.append(f'true {face.truth[0]:+.2f}    {face.truth[1]:+.2f}')
    axes.set_title('\n'.join(lines), fontsize=8, color=0.7 * np.asarray(colour)[:3])


def _draw_circumplex(axes: Any, faces: Sequence[FacePoint], colours: Any) -> None:
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xlabel='valence', ylabel='arousal', aspect='equal')
    axes.axhline(0, color='0.8', linewidth=0.8)
    axes.axvline(0, color='0.8', linewidth=0.8)
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angle), np.sin(angle), color='0.8', linewidth=0.8)
    for text, x, y, horizontal, vertical in _CORNERS:
        axes.text(x, y, text, color='0.45', fontsize=8, ha=horizontal, va=vertical)
    for number, (face, colour) in enumerate(zip(faces, colours, strict=True), start=1):
        if face.truth is not None:
            axes.plot(*zip(face.predicted, face.truth, strict=True), color=colour, linewidth=1, alpha=0.6)
            axes.scatter(*face.truth, s=46, facecolors='white', edgecolors=[colour], linewidths=1.5, zorder=2)
        axes.scatter(*face.predicted, s=46, color=[colour], zorder=3)
        axes.annotate(str(number), face.predicted, xytext=(5, 4), textcoords='offset points', fontsize=8)
    known = any(face.truth is not None for face in faces)
    axes.set_title('filled: predicted' + (', hollow: true' if known else ''), fontsize=9)
