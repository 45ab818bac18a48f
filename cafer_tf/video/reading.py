"""Frames of a video file or a camera, one after the other."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

USUAL_RATE = Fraction(25)
"""Frames a second of a video that does not say."""
CAMERAS = '/dev/video'
"""What the paths of cameras begin with."""


class VideoError(ValueError):
    """A video cannot be read or written as asked; the message says which, why and what to do."""


class Frame(NamedTuple):
    """A frame of a video.

    Attributes:
        number: of the frame in the video, from 0; a broken frame has one too, which is then missing.
        time: in seconds since the start; it increases.
        pixels: uint8 `[height, width, 3]`, RGB, upright.
    """

    number: int
    time: float
    pixels: np.ndarray


class Video:
    """A video to be read once: iterate over it, within `with`.

    Frames that cannot be decoded, or are marked as damaged by the decoder, are left out and counted.

    Args:
        source: path of a video file, or of a camera.

    Attributes:
        name: the source.
        live: whether it is a camera.
        rate: frames a second, on average.
        frames: how many there are by what the file says; None where it does not say.
        broken: how many were left out so far.

    Raises:
        VideoError: PyAV is not installed, there is no such file or camera, or no video in it.
    """

    def __init__(self, source: str | os.PathLike[str]) -> None:
        self.name = os.fspath(source)
        self.broken = 0
        self._av = require_av()
        self.live = self.name.startswith(CAMERAS)
        self._container = self._opened()
        if not self._container.streams.video:
            self._container.close()
            raise VideoError(f'{self.name}: there is no video in it')
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = 'AUTO'
        self.rate: Fraction = self._stream.average_rate or self._stream.guessed_rate or USUAL_RATE
        self.frames: int | None = None if self.live else self._length()

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        start, last = None, -1.0
        number = -1
        for number, frame in enumerate(self._decoded()):
            if frame is None:
                continue
            time = frame.time if frame.time is not None else number / float(self.rate)
            start = time if start is None else start
            # Streams that were cut or joined can go back in time.
            time = time - start if time - start > last else last + 1 / float(self.rate)
            last = time
            yield Frame(number, time, _upright(frame))
        if number + 1 == self.broken:
            raise VideoError(f'{self.name}: not one frame can be decoded ({self.broken} are broken)')

    def _opened(self) -> Any:
        if self.live and not pathlib.Path(self.name).exists():
            cameras = sorted(str(path) for path in pathlib.Path('/dev').glob('video*'))
            there = f'there are {", ".join(cameras)}' if cameras else 'this machine has none, or does not show it'
            raise VideoError(f'{self.name}: there is no such camera; {there}')
        try:
            return self._av.open(self.name, format='v4l2' if self.live else None)
        except FileNotFoundError:
            raise VideoError(f'{self.name}: there is no such file') from None
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            raise VideoError(f'{self.name} cannot be read as a video: {_reason(error)}') from None

    def _length(self) -> int | None:
        if self._stream.frames:
            return int(self._stream.frames)
        duration = self._container.duration
        return round(duration / self._av.time_base * float(self.rate)) if duration else None

    def _decoded(self) -> Iterator[Any]:
        """Decoded frames, and None for broken ones."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                return
            except self._av.error.EOFError:
                return
            except self._av.error.InvalidDataError:
                self.broken += 1
                yield None
                continue
            except (self._av.error.FFmpegError, OSError) as error:
                raise VideoError(f'{self.name}: reading stopped: {_reason(error)}') from None
            for frame in frames:
                if frame.is_corrupt:
                    self.broken += 1
                yield None if frame.is_corrupt else frame


def require_av() -> Any:
    """PyAV.

    Raises:
        VideoError: it is not installed.
    """
    try:
        import av
    except ImportError:
        raise VideoError(
            'Videos need the package av, which is not installed. Install it with `pip install "cafer-tf[video]"`.'
        ) from None
    return av


def _upright(frame: Any) -> np.ndarray:
    """RGB pixels; a phone that was held upright stores its pixels lying, and how far to turn them."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format='rgb24'), round(frame.rotation / 90)))


def _reason(error: Exception) -> str:
    return getattr(error, 'strerror', None) or str(error)
