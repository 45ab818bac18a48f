"""What was found in a video, as a table and as a video; each is written aside, and there in full or not at all."""

from __future__ import annotations

import collections
import contextlib
import csv
import os
import pathlib
import uuid
from collections.abc import Iterator, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image

from cafer_tf.report.overlay import Mark, annotate, draw_panel
from cafer_tf.video.reading import Frame, VideoError, reason, require_av
from cafer_tf.video.recognition import TrackedFace

COLUMNS = (
    'frame',
    'time',
    'face',
    'left',
    'top',
    'width',
    'height',
    'confidence',
    'detected',
    'valence',
    'arousal',
    'intensity',
    'raw_valence',
    'raw_arousal',
)
"""Of the table: a row for each face and frame; times in seconds, places in pixels, `detected` 0 or 1."""
SECONDS = 10.0
"""How long the traces reach back."""
_CODECS = ('libx264', 'mpeg4')
"""The first that PyAV's FFmpeg has."""
ENDINGS = ('.mp4', '.mov', '.mkv')
"""Of the films: formats that show each frame at its own time, with either encoder."""
_TICKS = 60000
"""A second; mpeg4 takes no more than 65535, and 24, 25, 30 and 60 frames a second come out even."""


class _Aside:
    """A file that is renamed to its path at the end of `with`, unless that is left by an error.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)
        self.aside = self.path.with_name(
            f'.{uuid.uuid4().hex}.{self.path.name}'
        )  # with the ending, which says a format

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close(kind is None)
            if kind is None and self.aside.exists():
                with _writing(self.path):
                    self.aside.replace(self.path)
        finally:
            self.aside.unlink(missing_ok=True)

    def close(self, whole: bool) -> None:
        """Closes the file; `whole` says whether all was written that should be."""
        raise NotImplementedError


class Table(_Aside):
    """Writes a CSV with a row for each face and frame (`COLUMNS`), within `with`.

    Args:
        path: of the file.

    Raises:
        VideoError: it cannot be written.
    """

    def __enter__(self) -> Table:
        with _writing(self.path):
            self._file = self.aside.open('w', encoding='utf-8', newline='')
            self._rows = csv.writer(self._file)
            self._rows.writerow(COLUMNS)
        return self

    def add(self, frame: Frame, tracked: Sequence[TrackedFace]) -> None:
        """Writes the rows of the next frame."""
        for face in tracked:
            values = (*face.box, face.confidence, face.valence, face.arousal, face.intensity, *face.raw)
            left, top, width, height, *numbers = (f'{value:.4f}' for value in values)
            place = (left, top, width, height, numbers[0], int(face.detected))
            with _writing(self.path):
                self._rows.writerow((frame.number, f'{frame.time:.4f}', face.number, *place, *numbers[1:]))

    def close(self, whole: bool) -> None:
        """Closes the file."""
        try:
            self._file.close()
        except OSError as error:
            if whole:
                raise VideoError(f'{self.path} cannot be written: {reason(error)}') from None


class Film(_Aside):
    """Writes the frames with their faces marked, over a panel with the circumplex and traces, within `with`.

    The video is H.264 where PyAV's FFmpeg can encode it, otherwise MPEG-4; without sound. Without a frame there is no
    file. A frame of another size than the first is resized.

    Args:
        path: of the file; its ending says the format (`ENDINGS`).
        rate: frames a second, on average; each is shown at its own time.

    Attributes:
        codec: name of the encoder.

    Raises:
        VideoError: it cannot be written, or PyAV is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], rate: Fraction) -> None:
        super().__init__(path)
        self._av = require_av()
        self.codec = next(name for name in _CODECS if name in self._av.codecs_available)
        self._rate = rate
        self._stream: Any = None
        self._size = (0, 0)
        self._tick = -1
        self._traces: dict[int, collections.deque[tuple[float, float, float]]] = {}
        self._shown: set[int] = set()

    def __enter__(self) -> Film:
        if self.path.suffix.lower() not in ENDINGS:
            raise VideoError(
                f'{self.path} cannot be written: no video ends like this here; end it in {", ".join(ENDINGS)}'
            )
        try:
            self._container = self._av.open(str(self.aside), 'w')
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            raise VideoError(f'{self.path} cannot be written: {reason(error)}') from None
        return self

    def add(self, frame: Frame, tracked: Sequence[TrackedFace]) -> None:
        """Draws and writes the next frame."""
        marks = [Mark(face.number, face.box, face.valence, face.arousal) for face in tracked]
        self._note(frame.time, marks)
        picture = annotate(frame.pixels, marks)
        traces = {number: np.array(rows) for number, rows in self._traces.items()}
        panel = draw_panel(picture.shape[1], marks, traces, frame.time, SECONDS)
        self._encode(np.concatenate([picture, panel]), frame.time)

    def close(self, whole: bool) -> None:
        """Writes what the encoder holds back, and closes the file."""
        try:
            if whole and self._stream is not None:
                self._container.mux(self._stream.encode())
            self._container.close()
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            if whole:
                raise VideoError(f'{self.path} cannot be written: {reason(error)}') from None
        if whole and self._stream is None:
            self.aside.unlink(missing_ok=True)

    def _note(self, time: float, marks: Sequence[Mark]) -> None:
        """Adds to the traces, and forgets what is no longer shown of them."""
        for mark in marks:
            trace = self._traces.setdefault(mark.number, collections.deque())
            if trace and mark.number not in self._shown:
                trace.append((np.nan, np.nan, np.nan))
            trace.append((time, mark.valence, mark.arousal))
        self._shown = {mark.number for mark in marks}
        for trace in self._traces.values():
            while trace and not trace[0][0] >= time - SECONDS:
                trace.popleft()
        self._traces = {number: trace for number, trace in self._traces.items() if trace}

    def _encode(self, picture: np.ndarray, time: float) -> None:
        try:
            if self._stream is None:
                self._start(picture)
            width, height = self._size
            if picture.shape[:2] != (height, width):
                picture = np.asarray(Image.fromarray(picture).resize(self._size, Image.Resampling.BICUBIC))
            shown = self._av.VideoFrame.from_ndarray(picture, format='rgb24')
            self._tick = max(round(time * _TICKS), self._tick + 1)
            shown.pts, shown.time_base = self._tick, Fraction(1, _TICKS)
            self._container.mux(self._stream.encode(shown))
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            raise VideoError(f'{self.path} cannot be written: {reason(error)}') from None

    def _start(self, picture: np.ndarray) -> None:
        height, width = picture.shape[:2]
        self._size = width - width % 2, height - height % 2  # H.264 halves the colours' sides
        self._stream = self._container.add_stream(self.codec, rate=self._rate)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        if self.codec == 'libx264':
            self._stream.options = {'crf': '20', 'preset': 'veryfast'}
        else:
            self._stream.bit_rate = 4_000_000


@contextlib.contextmanager
def _writing(path: pathlib.Path) -> Iterator[None]:
    """Names the file that cannot be written within `with`."""
    try:
        yield
    except OSError as error:
        raise VideoError(f'{path} cannot be written: {reason(error)}') from None
