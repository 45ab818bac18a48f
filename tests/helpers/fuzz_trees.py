"""A tiny valid tree of every layout, held in memory, so that one file of it can be broken at a time."""

import functools
import pathlib
import tempfile
from collections.abc import Callable, Mapping
from typing import NamedTuple

import layout_afew_va
import layout_aff_wild
import layout_aff_wild2
import layout_affectnet_csv
import layout_affectnet_npy
import layout_classes

IMAGE_SUFFIXES = ('.png', '.jpg')
_PLAIN = [b'not looked at']


class Face(NamedTuple):
    """What the writers of layouts ask for."""

    image: bytes
    valence: float
    arousal: float
    subject: str
    suffix: str


FACES = [Face(b'not looked at', (i % 5 - 2) / 2.0, (i % 3 - 1) / 2.0, f'person{i // 2:02d}', '.jpg') for i in range(12)]


def write_csv(root: pathlib.Path, faces: list[Face]) -> None:
    """A `labels.csv` with every column that it can have."""
    rows = ['path,valence,arousal,subject_id,split,video_id,frame_index']
    for number, face in enumerate(faces):
        path = f'images/{number}{face.suffix}'
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(face.image)
        split = ('train', 'val', 'test')[number // 2 % 3]
        rows.append(f'{path},{face.valence},{face.arousal},{face.subject},{split},clip {face.subject},{number}')
    (root / 'labels.csv').write_text('\n'.join((*rows, '')))


WRITERS: Mapping[str, Callable[[pathlib.Path], None]] = {
    'aff_wild': lambda root: layout_aff_wild.write(root, FACES),
    'aff_wild2': lambda root: layout_aff_wild2.write(root, FACES),
    'affectnet_csv': lambda root: layout_affectnet_csv.write(root, FACES),
    'affectnet_npy': lambda root: layout_affectnet_npy.write(root, FACES),
    'afew_va': lambda root: layout_afew_va.write(root, FACES),
    'csv': lambda root: write_csv(root, FACES),
    'cars196': lambda root: layout_classes.write_cars196(root, _PLAIN, each=1),
    'cub200': lambda root: layout_classes.write_cub200(root, _PLAIN, classes=103, each=1),
    'folders': lambda root: layout_classes.write_folders(root, _PLAIN, classes=3, each=2),
    'omniglot': lambda root: layout_classes.write_omniglot(
        root, _PLAIN, {'images_background': ['Greek', 'Latin'], 'images_evaluation': ['Tengwar']}, 2, 1
    ),
}
"""What writes the valid tree of a layout; the layouts of classes are among them."""


@functools.cache
def files_of(layout: str) -> Mapping[str, bytes]:
    """The content of every file of a valid tree by its path, in the order of the paths."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        WRITERS[layout](root)
        found = sorted(file for file in root.rglob('*') if file.is_file())
        return {file.relative_to(root).as_posix(): file.read_bytes() for file in found}


def label_files(layout: str) -> list[str]:
    """The files of a valid tree that are no images."""
    return [path for path in files_of(layout) if not path.endswith(IMAGE_SUFFIXES)]


def put(root: pathlib.Path, files: Mapping[str, bytes]) -> None:
    """Writes files below a folder."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
