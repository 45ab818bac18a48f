"""Writes AffectNet in the layout of its later release: an npy file for every label."""

import pathlib
from collections.abc import Sequence

import numpy as np

LANDMARKS = np.arange(136) + 0.25


def write(root: pathlib.Path, faces: Sequence) -> None:
    """Every fifth face is in `val_set`; values are text in one half, numbers in the other; some have no landmarks.

    Args:
        root: an empty folder.
        faces: each with `image` (bytes), `valence`, `arousal` and `suffix`; nobody is named in this layout.
    """
    for number, face in enumerate(faces):
        folder = root / ('val_set' if number % 5 == 4 else 'train_set')
        form = str if number % 2 else float
        annotate(folder, number, str(number % 8), form(face.valence), form(face.arousal))
        if number % 10 != 3:
            save(folder, number, 'lnd', LANDMARKS)
        add_image(folder, number, face.image, face.suffix)


def add_excluded(root: pathlib.Path, image: bytes) -> None:
    """Adds two images that the protocol leaves out; the release does not have such, some copies do."""
    folder = root / 'train_set'
    annotate(folder, 900001, '10', '-2', '-2')
    annotate(folder, 900002, 1, -2.0, -2.0)
    for number in (900001, 900002):
        add_image(folder, number, image)


def add_damaged(root: pathlib.Path, image: bytes) -> None:
    """Adds an image without a valence, and annotations without an image."""
    folder = root / 'train_set'
    annotate(folder, 900003, '1', '0.5', '0.5')
    (folder / 'annotations' / '900003_val.npy').unlink()
    add_image(folder, 900003, image)
    annotate(folder, 900004, '1', '0.5', '0.5')


def add_image(folder: pathlib.Path, number: int | str, image: bytes, suffix: str = '.jpg') -> None:
    (folder / 'images').mkdir(parents=True, exist_ok=True)
    (folder / 'images' / f'{number}{suffix}').write_bytes(image)


def annotate(folder: pathlib.Path, number: int | str, expression: object, valence: object, arousal: object) -> None:
    """Writes the three labels of an image, each a 0-d array."""
    for kind, value in (('exp', expression), ('val', valence), ('aro', arousal)):
        save(folder, number, kind, value)


def save(folder: pathlib.Path, number: int | str, kind: str, value: object) -> None:
    (folder / 'annotations').mkdir(parents=True, exist_ok=True)
    np.save(folder / 'annotations' / f'{number}_{kind}.npy', np.asarray(value))
