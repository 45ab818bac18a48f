"""Writes AFEW-VA: clips of actors, a json each, with the deviations that copies of it have."""

import json
import pathlib
from collections.abc import Sequence

LANDMARKS = [[float(point), point + 0.5] for point in range(68)]


def write(root: pathlib.Path, faces: Sequence, frames: int = 4) -> None:
    """Every person has clips of some frames; labels are rounded to tenths, as the data set has them.

    Of three clips one is plain, one lies a folder deeper, and one has its frames in a `_cropped` folder only. The first
    has a frame without a label, and the actor is a number where the name is one.

    Args:
        root: an empty folder.
        faces: each with `image` (bytes), `valence`, `arousal`, `subject` and `suffix`.
        frames: of a clip, at most.
    """
    people: dict[str, list] = {}
    for face in faces:
        people.setdefault(face.subject, []).append(face)
    clips = [
        (subject, shown[start : start + frames])
        for subject, shown in people.items()
        for start in range(0, len(shown), frames)
    ]
    for number, (subject, shown) in enumerate(clips, 1):
        name = f'{number:03d}'
        folder = root / f'{(number + 49) // 50:02d}' / name if number % 3 == 2 else root / name
        images = folder.with_name(f'{name}_cropped') if number % 3 == 0 else folder
        labels = {f'{index:05d}': label(face.valence, face.arousal) for index, face in enumerate(shown)}
        write_json(folder, {'actor': int(subject) if subject.isdecimal() else subject, 'frames': labels})
        images.mkdir(parents=True, exist_ok=True)
        for index, face in enumerate(shown):
            (images / f'{index:05d}{face.suffix}').write_bytes(face.image)
    (root / '001' / '00099.png').write_bytes(faces[0].image)


def add_damaged(root: pathlib.Path, image: bytes) -> None:
    """Adds a clip whose json is cut off."""
    folder = root / '998'
    folder.mkdir()
    (folder / '00000.png').write_bytes(image)
    (folder / '998.json').write_text('{"actor": "nobody", "frames": {"000')


def label(valence: float, arousal: float, landmarks: object = LANDMARKS) -> dict[str, object]:
    """The entry of one frame, from labels in [-1, 1]."""
    return {'valence': round(valence * 10), 'arousal': round(arousal * 10), 'landmarks': landmarks}


def write_json(folder: pathlib.Path, content: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f'{folder.name}.json').write_text(json.dumps({**content, 'video_id': folder.name}))
