"""Frames of a video file or a camera, one after the other."""

from __future__ import annotations

import collections
import heapq
import math
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
_HIDDEN = ('vp8',)
"""Codecs that have packets of their own for frames that are never shown."""
_UNTIMED = ('avi',)
"""Formats without times; those that FFmpeg gives their packets are in the order of decoding."""
_AWAITED = 256
"""Packets whose frames are waited for; decoders hold back 16 or so."""


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

    Frames that cannot be decoded, or are marked as damaged by the decoder, are left out and counted. So are those that
    a truncated file says it has, where its format says how many there are (mp4, mov and avi do).

    Args:
        source: path of a video file, or of a camera.

    Attributes:
        name: the source.
        live: whether it is a camera.
        rate: frames a second, on average.
        frames: how many there are by what the file says; None where it does not say.
        broken: how many were left out so far.
        missing: how many of these the file did not come to; known at its end.

    Raises:
        VideoError: PyAV is not installed, there is no such file or camera, or no video in it.
    """

    def __init__(self, source: str | os.PathLike[str]) -> None:
        self.name = os.fspath(source)
        self.broken = self.missing = 0
        self._av = require_av()
        self.live = self.name.startswith(CAMERAS)
        self._container = self._opened()
        if not self._container.streams.video:
            self._container.close()
            raise VideoError(f'{self.name}: there is no video in it')
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = 'SLICE'  # an error in one of several frames at once would take good ones with it
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
        self.missing = max(0, self._promised() - (number + 1))
        self.broken += self.missing
        if number + 1 + self.missing == self.broken:
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
            raise VideoError(f'{self.name} cannot be read as a video: {reason(error)}') from None

    def _length(self) -> int | None:
        if self._stream.frames:
            return int(self._stream.frames)
        duration = self._container.duration
        return round(duration / self._av.time_base * float(self.rate)) if duration else None

    def _promised(self) -> int:
        """How many frames the file says it has; 0 where its format does not say."""
        promised = 0 if self.live else int(self._stream.frames)
        # What an edit list cuts off is among the frames of a stream, but not in its index.
        if 'mp4' in self._container.format.name.split(','):
            promised = min(promised, sum(not entry.is_discard for entry in self._stream.index_entries))
        return promised

    def _decoded(self) -> Iterator[Any]:
        """Decoded frames in the order in which they are shown, and None in the places of broken ones.

        A frame is known to be broken once a later one comes out: decoders also drop frames without a word. Where the
        packets have no times, only those that the decoder refuses count, at once.
        """
        awaited: list[tuple[int, bool]] = []  # a heap of times, each with whether the decoder refused the packet
        passed: collections.deque[int] = collections.deque(maxlen=_AWAITED)  # times of broken frames
        timed = self._container.format.name not in _UNTIMED
        frameless = self._stream.codec_context.name in _HIDDEN

        def lost(until: float, frameless: bool, kept: int = 0) -> Iterator[None]:
            while len(awaited) > kept and awaited[0][0] < until:
                time, refused = heapq.heappop(awaited)
                if refused or not frameless:
                    passed.append(time)
                    self.broken += 1
                    yield None

        for packet, frames in self._packets():
            if timed and packet is not None and packet.pts is not None and not packet.is_discard:
                heapq.heappush(awaited, (packet.pts, frames is None))
            elif frames is None:
                self.broken += 1
                yield None
            for frame in frames or ():
                if frame.pts in passed:
                    continue  # after an error, frames can come out behind later ones; its place has been counted
                # Of a frame that has two fields, each may have a packet.
                frameless = self._stream.codec_context.name in _HIDDEN or frame.interlaced_frame
                if frame.pts is not None:
                    yield from lost(frame.pts, frameless)
                if awaited and frame.pts in (None, awaited[0][0]):
                    heapq.heappop(awaited)
                if frame.is_corrupt:
                    self.broken += 1
                yield None if frame.is_corrupt else frame
            yield from lost(math.inf, frameless, _AWAITED)
        yield from lost(math.inf, frameless)

    def _packets(self) -> Iterator[tuple[Any, list[Any] | None]]:
        """Packets with the frames that come out at them, None where a packet cannot be decoded.

        The last packet is None, with what the decoder still held.
        """
        packets = self._container.demux(self._stream)
        ended = False
        while not ended:
            packet = frames = None
            try:
                packet = next(packets, None)
                ended = packet is None
                frames = packet.decode() if packet is not None else self._stream.codec_context.decode(None)
            except self._av.error.EOFError:
                frames = []
            except self._av.error.InvalidDataError:
                frames = [] if ended else None  # what is awaited at the end counts anyway
            except (self._av.error.FFmpegError, OSError) as error:
                raise VideoError(f'{self.name}: reading stopped: {reason(error)}') from None
            yield packet, frames


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


def reason(error: Exception) -> str:
    """What an error of FFmpeg or of the system says."""
    return getattr(error, 'strerror', None) or str(error)
