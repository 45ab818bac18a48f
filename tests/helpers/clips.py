"""Small videos of rendered faces that move over a plain ground."""

import functools
import pathlib
from fractions import Fraction

import av
import numpy as np
from faces_photographs import candid
from PIL import Image

SIDE = 64
"""Of the faces."""


@functools.cache
def face(index: int) -> np.ndarray:
    return np.asarray(Image.fromarray(candid(index)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def moving(count: int) -> list[np.ndarray]:
    """Two faces that pass each other, the first to the right above the second: uint8 `[160, 200, 3]`."""
    frames = []
    for place in range(count):
        frame = np.full((160, 200, 3), 110, np.uint8)
        left, right = 8 + 4 * place, 200 - SIDE - 8 - 4 * place
        frame[8 : 8 + SIDE, left : left + SIDE] = face(0)
        frame[88 : 88 + SIDE, right : right + SIDE] = face(1)
        frames.append(frame)
    return frames


def write_clip(path: pathlib.Path, frames: list[np.ndarray], rate: Fraction | int = 25) -> pathlib.Path:
    """Writes H.264, with a key frame every five frames; the ending says the format."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = 'yuv420p'
        stream.options = {'crf': '12', 'preset': 'ultrafast', 'g': '5'}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format='rgb24')))
        container.mux(stream.encode())
    return path
