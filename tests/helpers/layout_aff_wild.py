"""Aff-Wild on disk, with what its users find in it: names without leading zeros, and counts that do not agree."""

import itertools
import pathlib

ANNOTATIONS, FRAMES = 'annotations/train', 'train_crop_face'


def video(root: pathlib.Path, name: str, frames: dict[str, bytes], valence: str, arousal: str) -> None:
    """Writes one video: its frames by their file names, and the content of its label files."""
    for label, text in (('valence', valence), ('arousal', arousal)):
        file = root / ANNOTATIONS / label / f'{name}.txt'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    folder = root / FRAMES / name
    folder.mkdir(parents=True, exist_ok=True)
    for frame, image in frames.items():
        (folder / frame).write_bytes(image)


def write(root: pathlib.Path, faces) -> None:
    """Writes one video for each person of `faces`, with `image`, `valence`, `arousal`, `subject` and `suffix` each.

    The first video has a label more than frames, the second a frame more than labels, the third an arousal more.
    """
    people = itertools.groupby(sorted(faces, key=lambda face: face.subject), key=lambda face: face.subject)
    for number, (subject, group) in enumerate(people):
        mine = list(group)
        frames = {f'{index}{face.suffix}': face.image for index, face in enumerate(mine, start=1)}
        valence = [f'{face.valence}\n' for face in mine] + ['0.0\n'] * (number == 0)
        arousal = [f'{face.arousal}\n' for face in mine] + ['0.0\n'] * (number in (0, 2))
        if number == 1:
            frames[f'{len(mine) + 1}{mine[0].suffix}'] = mine[0].image
        video(root, subject, frames, ''.join(valence), ''.join(arousal))


def damage(root: pathlib.Path) -> int:
    """Breaks the first line of the first video; returns how many rows that are."""
    file = sorted((root / ANNOTATIONS / 'valence').glob('*.txt'))[0]
    file.write_text('\n'.join(['happy', *file.read_text().split('\n')[1:]]))
    return 1
