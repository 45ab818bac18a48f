"""Aff-Wild2 on disk, with what its users find in it: labels of -5, frames without a crop and crops without a label."""

import itertools
import pathlib

CHALLENGE, CROPS = 'VA_Estimation_Challenge', 'cropped_aligned'
TRAIN, VALIDATION = 'Train_Set', 'Validation_Set'
HEADER = 'valence,arousal\n'


def video(root: pathlib.Path, labels: str, name: str, text: str | bytes, crops: dict[int, bytes]) -> None:
    """Writes one video of the set `labels`: the content of its label file, and its crops by the number of the frame."""
    file = root / CHALLENGE / labels / f'{name}.txt'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    if crops:
        (root / CROPS / name).mkdir(parents=True, exist_ok=True)
    for index, image in crops.items():
        (root / CROPS / name / f'{index:05d}.jpg').write_bytes(image)


def write(root: pathlib.Path, faces) -> None:
    """Writes one label file for each person of `faces`, with JPEG `image`, `valence`, `arousal` and `subject` each.

    Two thirds of the people are in the training set. After the frames that are given, each video has one of -5, one
    without a crop, and a crop beyond the last line. Call people `clip_left` and `clip_right` to have two in a video.
    """
    by_person = itertools.groupby(sorted(faces, key=lambda face: face.subject), key=lambda face: face.subject)
    people = {subject: list(group) for subject, group in by_person}
    for number, (subject, mine) in enumerate(people.items()):
        rows = [f'{face.valence},{face.arousal}\n' for face in mine] + ['-5,-5\n', '0.5,0.5\n']
        crops = dict(enumerate((face.image for face in mine), start=1))
        crops[len(mine) + 1] = crops[len(mine) + 3] = mine[0].image
        labels = TRAIN if number < len(people) * 2 / 3 else VALIDATION
        video(root, labels, subject, HEADER + ''.join(rows), crops)


def damage(root: pathlib.Path) -> int:
    """Breaks the first two labels of the first video, which must have as many; returns how many rows that are."""
    file = sorted((root / CHALLENGE / TRAIN).glob('*.txt'))[0]
    lines = file.read_text().split('\n')
    file.write_text('\n'.join([lines[0], '1.5,0', 'happy,0', *lines[3:]]))
    return 2
