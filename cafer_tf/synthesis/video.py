"""Clips of people who show one emotion after the other, as a folder in the layout of Aff-Wild.

annotations/train/valence/person-0160.txt
annotations/train/arousal/person-0160.txt
train_crop_face/person-0160/1.jpg, 2.jpg, …
"""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from cafer_tf.features import AROUSAL, VALENCE
from cafer_tf.synthesis.expression import Blend
from cafer_tf.synthesis.folder import Kind, write_whole
from cafer_tf.synthesis.head import load_head
from cafer_tf.synthesis.identity import express, make_person
from cafer_tf.synthesis.motion import FRAMES_PER_SECOND, POSE_PERIODS, sample_blends, sample_scenes, wander
from cafer_tf.synthesis.population import UNIT_JITTER, FaceSet, subject_id
from cafer_tf.synthesis.processes import unordered
from cafer_tf.synthesis.render import render_face
from cafer_tf.synthesis.scene import expose, sample_camera, sample_scene

ANNOTATIONS, FRAMES = 'annotations/train', 'train_crop_face'
KIND = Kind('video set', 'video_set.json', ANNOTATIONS)
GENERATOR = 1
"""Raised when the same parameters come to give other images, so that old clips are not taken for new ones."""
MOTION_STREAM, GRAIN_STREAM = 6, 7
"""Random streams of `[seed, person, stream, ...]`, besides those in `population`."""


@dataclasses.dataclass(frozen=True)
class VideoSet:
    """What a set of clips contains.

    Attributes:
        faces: the face set whose population the people come from; size of the images, idiosyncrasy and seed are its
            own. Its people are the persons 0 to `faces.people - 1`, and the clips show the persons after these, so
            that nobody is in both.
        videos: number of clips, each of another person.
        frames: length of each clip; a second has `motion.FRAMES_PER_SECOND`.
    """

    faces: FaceSet = dataclasses.field(default_factory=FaceSet)
    videos: int = 6
    frames: int = 150

    def __post_init__(self) -> None:
        for name in ('videos', 'frames'):
            if getattr(self, name) < 1:
                raise ValueError(f'{name} must be at least 1; it is {getattr(self, name)}')

    def people(self) -> range:
        """The numbers of the persons shown, one a clip."""
        return range(self.faces.people, self.faces.people + self.videos)

    def parameters(self) -> dict[str, Any]:
        """All that the bytes of the clips depend on."""
        return {
            'generator': GENERATOR,
            'videos': self.videos,
            'frames': self.frames,
            'frames_per_second': FRAMES_PER_SECOND,
            'first_person': self.faces.people,
            'image_size': self.faces.image_size,
            'idiosyncrasy': self.faces.idiosyncrasy,
            'seed': self.faces.seed,
        }


def write_video_set(
    directory: str | os.PathLike[str],
    video_set: VideoSet,
    workers: int | None = None,
    progress: bool = True,
    replace: bool = False,
) -> pathlib.Path:
    """Renders clips to `directory`, or keeps the complete ones that are already there.

    Each clip is named after its person. Line i of a label file belongs to the i-th frame, and holds what the rendered
    blend shows. Besides the layout of Aff-Wild, the folder has `video_set.json` with the parameters. It appears only
    when it is complete, and its bytes do not depend on the number of workers.

    Args:
        directory: where the set shall be; it must not exist, be empty, or hold a set of the same parameters.
        video_set: what to render.
        workers: processes; by default one for each processor that this process may use.
        progress: show a progress bar, on a terminal.
        replace: take the place of a set with other parameters; for folders that belong to the caller.

    Returns:
        The directory.

    Raises:
        ValueError: an argument out of range.
        FileExistsError: the directory holds something else.
    """
    if workers is not None and workers < 1:
        raise ValueError(f'workers must be at least 1; it is {workers}')
    count = workers or joblib.cpu_count()

    def write(folder: pathlib.Path) -> None:
        arguments = [(folder, video_set, person) for person in video_set.people()]
        total = video_set.videos * video_set.frames
        with tqdm(total=total, unit='frame', desc='videos', disable=None if progress else True) as bar:
            for frames in unordered(_write_clip, arguments, count):
                bar.update(frames)

    return write_whole(pathlib.Path(directory), KIND, video_set.parameters(), write, replace)


def render_clip(video_set: VideoSet, index: int) -> Iterator[tuple[bytes, Blend]]:
    """The frames of person number `index` as JPEG, and the emotion that each shows.

    Depends on the seed, the size, the idiosyncrasy and the number only: a longer clip begins like a shorter one. The
    camera stays the same; each frame has noise of its own.
    """
    faces, frames = video_set.faces, video_set.frames
    rng = np.random.default_rng([faces.seed, index, MOTION_STREAM])
    person, camera = make_person(faces.seed, index), sample_camera(rng)
    scenes = sample_scenes(rng, sample_scene(rng), frames)
    units = sorted(name for name in load_head().names if name.startswith('unit/'))
    jitter = {name: np.exp(wander(rng, frames, UNIT_JITTER, POSE_PERIODS)) for name in units}
    blends = sample_blends(rng, frames)
    for frame, (scene, blend) in enumerate(zip(scenes, blends, strict=True)):
        weights = {
            name: value * float(jitter[name][frame])
            for name, value in express(blend.units, person.style, faces.idiosyncrasy).items()
        }
        grain = np.random.default_rng([faces.seed, index, GRAIN_STREAM, frame])
        pixels = expose(render_face(person, weights, scene, faces.image_size), camera, grain)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, 'JPEG', quality=camera.quality)
        yield buffer.getvalue(), blend


def _write_clip(folder: pathlib.Path, video_set: VideoSet, index: int) -> int:
    """Writes the frames and labels of one clip; returns the number of frames."""
    name = subject_id(index)
    frames = folder / FRAMES / name
    frames.mkdir(parents=True)
    blends = []
    for number, (image, blend) in enumerate(render_clip(video_set, index), start=1):
        (frames / f'{number}.jpg').write_bytes(image)
        blends.append(blend)
    for label in (VALENCE, AROUSAL):
        file = folder / ANNOTATIONS / label / f'{name}.txt'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(''.join(f'{getattr(blend, label):.4f}\n' for blend in blends), encoding='utf-8')
    return len(blends)
