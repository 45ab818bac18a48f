"""Images with everything in them that decoders look at, and bytes of them changed with the checksums kept right."""

import io
import struct
import zlib

import numpy as np
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin


def _saved(form: str, mode: str = 'RGB', **options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, form, **options)
    return stream.getvalue()


def _remarks() -> PngImagePlugin.PngInfo:
    remarks = PngImagePlugin.PngInfo()
    remarks.add_text('plain', 'x')
    remarks.add_text('compressed', 'x' * 50, zip=True)
    remarks.add_itxt('named', 'x' * 50, 'en', 'x', zip=True)
    return remarks


_EXIF = Image.Exif()
_EXIF.update({0x0112: 6, 0x010F: 'camera', 0x829A: 0.5})
_TWO = [Image.new('RGB', (16, 16), colour) for colour in ('red', 'blue')]

IMAGES = {
    'jpeg': _saved('JPEG', exif=_EXIF, icc_profile=b'x' * 200, dpi=(72, 72), comment=b'x'),
    'progressive jpeg': _saved('JPEG', 'L', progressive=True),
    'jpeg of two pictures': _saved('MPO', save_all=True, append_images=_TWO),
    'png': _saved('PNG', exif=_EXIF, icc_profile=b'x' * 200, dpi=(72, 72), pnginfo=_remarks()),
    'palette png': _saved('PNG', 'P', transparency=3),
    'moving png': _saved('PNG', save_all=True, append_images=_TWO),
    'gif': _saved('GIF', save_all=True, append_images=_TWO),
    'tiff': _saved('TIFF'),
    'bmp': _saved('BMP'),
    'webp': _saved('WEBP'),
}


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """An image with bytes changed, cut out, repeated or put in; a PNG's checksums follow the change, or do not."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(changed)) | st.integers(0, min(200, len(changed))))
        end = min(len(changed), start + draw(st.sampled_from([0, 1, 1, 1, 1, 4, 40, len(changed)])))
        same_size = st.binary(min_size=end - start, max_size=end - start) if end - start < 5 else st.just(b'')
        changed[start:end] = draw(
            same_size | st.sampled_from([b'', b'\xff', b'\0\0\0\0', bytes(changed[start:end]) * 2])
        )
    return _with_checksums(bytes(changed)) if draw(st.booleans()) else bytes(changed)


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of their contents, as far as its lengths can be followed."""
    kept, start = data[:8], 8
    while start + 12 <= len(data) and data[:4] == b'\x89PNG':
        length = int.from_bytes(data[start : start + 4], 'big')
        chunk = data[start + 4 : start + 8 + length]
        kept += data[start : start + 4] + chunk + struct.pack('>I', zlib.crc32(chunk))
        start += 12 + length
    return kept + data[start:]
