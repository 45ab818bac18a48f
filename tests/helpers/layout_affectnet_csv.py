"""Writes AffectNet in the layout of its first release: two label files and numbered folders."""

import hashlib
import pathlib
from collections.abc import Sequence

HEADER = 'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal'
IMAGES = 'Manually_Annotated_Images'
LANDMARKS = ';'.join(
    f'{22 + 20 * (point > 41):.2f};26.50' if 36 <= point <= 47 else f'{10 + point % 42:.2f};{20.5 + point % 30:.2f}'
    for point in range(68)
)
"""Points as the eyes of a face of 64 pixels have them, and others around."""
EXCLUDED = {
    'expression 9, uncertain': '7/uncertain.jpg,3,4,50,60,{},9,-2,-2',
    'expression 10, no face': '7/nothing.jpg,0,0,0,0,{},10,-2,-2',
    'valence or arousal is -2': '7/unlabelled.jpg,3,4,50,60,{},1,-2,-2',
    'no face box': '7/boxless.jpg,0,0,0,0,{},3,0.1,0.2',
}
"""The rows that the protocol leaves out, by the reason."""
DAMAGED = {
    'image listed again': '{again},3,4,50,60,{},1,0.5,0.5',
    'valence is not a number': '7/worded.jpg,3,4,50,60,{},1,happy,0.5',
    'arousal is outside [-1, 1]': '7/loud.jpg,3,4,50,60,{},1,0.5,1.5',
    'not as many columns as the header has': '7/short.jpg,3,4',
}
"""Rows that something is wrong with, by the reason."""


def write(root: pathlib.Path, faces: Sequence) -> None:
    """Every fifth face is a validation row; the image of each row that is excluded is there, but for the last two.

    Args:
        root: an empty folder.
        faces: each with `image` (bytes), `valence`, `arousal` and `suffix`; nobody is named in this layout.
    """
    rows: dict[str, list[str]] = {'training.csv': [], 'validation.csv': []}
    for number, face in enumerate(faces):
        path = path_of(number, face)
        put(root / IMAGES / path, face.image)
        # Code 8, none of the expressions, has a valence and an arousal as the others have.
        expression = 8 if number % 7 == 6 else number % 7
        landmarks = '' if number % 10 == 3 else LANDMARKS
        row = f'{path},{number % 8},4,50,60,{landmarks},{expression},{face.valence},{face.arousal}'
        rows['validation.csv' if number % 5 == 4 else 'training.csv'].append(row)
    rows['training.csv'] += [row.format(LANDMARKS) for row in EXCLUDED.values()]
    for name in ('uncertain', 'nothing'):
        put(root / IMAGES / f'7/{name}.jpg', faces[0].image)
    (root / 'training.csv').write_text('\n'.join((HEADER, *rows['training.csv'], '')))
    # One of the two has gone through a spreadsheet.
    (root / 'validation.csv').write_bytes('\r\n'.join((HEADER, *rows['validation.csv'], '')).encode('utf-8-sig'))


def add_damaged(root: pathlib.Path, again: str) -> None:
    """Adds rows that something is wrong with.

    Args:
        root: that `write` has filled.
        again: an image that is listed already, as the label file has it.
    """
    with (root / 'training.csv').open('a') as file:
        file.writelines(row.format(LANDMARKS, again=again) + '\n' for row in DAMAGED.values())


def path_of(number: int, face) -> str:
    """Where a face is, as the label file has it."""
    return f'{number % 3 + 1}/{hashlib.sha256(str(number).encode()).hexdigest()[:56]}{face.suffix}'


def put(file: pathlib.Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
