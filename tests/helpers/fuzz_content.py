"""What may stand in a label file: valid content with something wrong in it, and what is none at all."""

import json
import os

import numpy as np
from hypothesis import strategies as st

NUMBERS = ['0', '-1', '1', '0.5', '1.0000001', '-2', '-5', '9', '10', '-0.0', '1e-400', '+.5', '1.', '00001', '123456']
NO_NUMBERS = ['nan', '-inf', 'Infinity', '1e999', '1_0', '٣', '１', '0x1', 'happy', '9' * 400, '9' * 5000, '1e308']
PATHS = ['../x.jpg', '/etc/passwd', 'a/../../x.jpg', 'a\\b.jpg', '..', '.', '//x', './images/0.jpg', '~/x', 'x' * 5000]
TEXTS = ['', ' ', '"', '""', '"x\ny"', "'", ',', ';', '\t', '\0', '\x1b[2J', '\ufeff', '\x85', '\u2028', '\x1c', '\x0b']
LINE_ENDS = ['\n', '\r', '\r\n', '\n\n', '\r\r\n']
TOKENS = [*NUMBERS, *NO_NUMBERS, *PATHS, *TEXTS, *LINE_ENDS, 'é', '😀', 'x' * 140_000, 'train', 'val', 'dev ', 'TEST']
"""Fields of a label file that are plausible, or that somebody forgot to think of."""
ODD_NAMES = [
    *(b' ', b'\xff\xfe', b'a\xffb', b'\x1b[31m', b'\n', b'a\\b', b'-rf', b'_', b'%s', b"'", b'"', b'..x', b'.hidden'),
    *('é'.encode(), '\u202ex'.encode(), '٣'.encode(), b'9' * 240, b'x' * 240, b'00001', b'1', b'_cropped', b'x_val'),
]
"""Names of files without their ends."""
DTYPES = [
    *('<f4', '>f8', '|f4', '=f8', '<f2', '|u1', '<i8', '>u8', '|S0', '|S4', '|S9', '<U0', '<U4', '>U3', '=U2', '|U4'),
    *('|O', '<c8', '<M8[s]', '|V4', '|b1', '<f16', 'f4', '<U9999', '<U99999', ''),
]

_scalars = st.one_of(
    st.sampled_from(TOKENS[:-6]),
    st.integers(-12, 12),
    st.sampled_from(
        [10**30, -(10**4000), 10.0, 0.5, 1e308, float('nan'), float('inf'), True, None, '\ud800', '\udcff']
    ),
)
_values = st.recursive(
    _scalars, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=2), part, max_size=2)
)


def bytes_of(layout: str, valid: bytes) -> st.SearchStrategy[bytes]:
    """Contents for a label file of a layout, from what it holds in a valid tree."""
    kinds = [st.binary(max_size=200), text(), edited(valid), edited_bytes(valid)]
    if layout == 'afew_va':
        kinds += [clips(valid), clips(valid)]
    elif layout == 'affectnet_npy':
        kinds += [arrays(), arrays()]
    elif layout != 'cars196':
        kinds += [token_lines(valid)]
    return st.one_of(kinds)


def text() -> st.SearchStrategy[bytes]:
    """Any text, in one of the encodings that text comes in, and with what no encoding allows."""
    anything = st.text(st.characters(exclude_categories=()), max_size=100)
    encodings = st.sampled_from(['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-be'])
    return st.tuples(anything, encodings).map(lambda drawn: drawn[0].encode(drawn[1], 'surrogatepass'))


@st.composite
def token_lines(draw: st.DrawFn, valid: bytes) -> bytes:
    """Lines of plausible fields, below the header that a valid file has, or none."""
    lines = valid.decode('utf-8-sig').splitlines()
    fields = sorted({cell for line in lines for cell in line.split(',') if len(cell) < 99})
    columns = lines[0].count(',') + 1
    cell = st.sampled_from(TOKENS) | st.sampled_from(fields)
    rows = draw(st.lists(st.lists(cell, min_size=columns, max_size=columns) | st.lists(cell, max_size=9), max_size=6))
    header = [lines[0]] if draw(st.integers(0, 4)) else []
    return draw(st.sampled_from(LINE_ENDS)).join([*header, *map(','.join, rows)]).encode()


@st.composite
def edited(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file with fields replaced, and lines repeated, left out, swapped or ended in another way."""
    lines = valid.decode('latin-1').split('\n')
    for _ in range(draw(st.integers(1, 3))):
        position = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(['field', 'field', 'repeat', 'drop', 'swap', 'insert']))
        if change == 'field':
            cells = lines[position].split(',')
            cells[draw(st.integers(0, len(cells) - 1))] = draw(st.sampled_from(TOKENS)).encode().decode('latin-1')
            lines[position] = ','.join(cells)
        elif change == 'repeat':
            lines.insert(position, lines[position])
        elif change == 'drop' and len(lines) > 1:
            del lines[position]
        elif change == 'swap':
            lines[0], lines[position] = lines[position], lines[0]
        else:
            lines.insert(position, draw(st.sampled_from(TOKENS)).encode().decode('latin-1'))
    end = draw(st.sampled_from(['\n', '\n', '\n', '\r', '\r\n']))
    return draw(st.sampled_from([b'', b'', b'', b'\xef\xbb\xbf', b'\xef\xbb'])) + end.join(lines).encode('latin-1')


@st.composite
def edited_bytes(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file with bytes changed, cut out, repeated or put in."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 1, 1, 4, 30, len(data)])))
        repeated = bytes(data[start:end]) * 2
        data[start:end] = draw(st.sampled_from([repeated, b'', b'\0', b'\xff', b'\n']) | st.binary(max_size=4))
    return bytes(data)


@st.composite
def clips(draw: st.DrawFn, valid: bytes) -> bytes:
    """The json of a clip, with values and keys replaced."""
    content = json.loads(valid)
    frames = content['frames']
    for name in draw(st.lists(st.sampled_from(sorted(frames)), max_size=2, unique=True)):
        part = draw(st.sampled_from(['valence', 'arousal', 'landmarks', 'all', 'point']))
        if part == 'all':
            frames[name] = draw(_values)
        elif part == 'point':
            frames[name]['landmarks'][draw(st.integers(0, 67))] = draw(_values)
        else:
            frames[name][part] = draw(_values)
    for key in draw(st.lists(st.sampled_from([*TOKENS, '\udcff', '-1', '0', '00099.png']), max_size=2)):
        frames[key] = draw(_values | st.sampled_from(list(frames.values())) if frames else _values)
    if not draw(st.integers(0, 3)):
        content[draw(st.sampled_from(['actor', 'frames', '']))] = draw(_values)
    return json.dumps(content, ensure_ascii=draw(st.booleans())).encode('utf-8', 'surrogatepass')


@st.composite
def arrays(draw: st.DrawFn) -> bytes:
    """An npy file: a header that is right, or nearly so, and some values behind it."""
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(['', '1,', '136,', '0,', '2, 2', '9999', '-1,']))
    header = f"{{'descr': '{dtype}', 'fortran_order': {draw(st.booleans())}, 'shape': ({shape}), }}\n".encode()
    version = draw(st.sampled_from([1, 1, 1, 2, 3, 0, 9]))
    size = len(header) + draw(st.sampled_from([0, 0, 0, 0, -1, 1, 60_000]))
    start = b'\x93NUMPY' + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, 'little')
    if draw(st.booleans()) and dtype in DTYPES[:16]:
        count = {'': 1, '1,': 1, '136,': 136}.get(shape, 0)
        body = np.full(count, draw(st.sampled_from(['1', '0', '-2', '9'])), 'U4').astype(dtype).tobytes()
    else:
        body = draw(st.binary(max_size=40))
    return start + header + body


def odd_names() -> st.SearchStrategy[str]:
    """Names without their ends, as Python spells those that are no text."""
    return st.sampled_from(ODD_NAMES).map(os.fsdecode)
