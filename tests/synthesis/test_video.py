"""Clips: the layout, exact labels, smooth movement, determinism, and people whom the face set does not show."""

import csv
import dataclasses
import io
import itertools
import json
import pathlib

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from cafer_tf import datasets, synthesis
from cafer_tf.cli import main
from cafer_tf.datasets import FaceRecord
from cafer_tf.synthesis import FaceSet, Scene, VideoSet, dataset, video, write_video_set
from cafer_tf.synthesis.motion import FRAMES_PER_SECOND, sample_blends, sample_scenes, wander
from cafer_tf.synthesis.population import subject_id
from cafer_tf.synthesis.scene import sample_scene

FACES = FaceSet(people=5, images_per_person=1, image_size=32, seed=7)
SMALL = VideoSet(FACES, videos=3, frames=12)


def contents(directory: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob('*') if path.is_file()}


def path_of(blends) -> np.ndarray:
    return np.array([(blend.valence, blend.arousal) for blend in blends])


def pixels(encoded: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded)), float)


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    return write_video_set(tmp_path_factory.mktemp('clips') / 'set', SMALL, workers=1, progress=False)


def test_the_reader_of_aff_wild_finds_every_frame_with_the_label_of_its_blend(written):
    items = list(datasets.verified(datasets.stream('aff_wild', written), written))
    assert len(items) == 3 * 12
    assert all(isinstance(item, FaceRecord) for item in items)
    for index in SMALL.people():
        mine = [item for item in items if item.video_id == subject_id(index)]
        assert [item.frame_index for item in mine] == list(range(1, 13))
        for item, (image, blend) in zip(mine, video.render_clip(SMALL, index), strict=True):
            assert (item.valence, item.arousal) == (round(blend.valence, 4), round(blend.arousal, 4))
            assert (written / item.path).read_bytes() == image
    with Image.open(written / items[0].path) as image:
        assert (image.size, image.mode, image.format) == ((32, 32), 'RGB', 'JPEG')


def test_two_workers_write_the_same_bytes_as_one(written, tmp_path):
    assert contents(write_video_set(tmp_path / 'set', SMALL, workers=2, progress=False)) == contents(written)


def test_another_seed_gives_other_clips():
    other = dataclasses.replace(SMALL, faces=dataclasses.replace(FACES, seed=8), frames=1)
    assert next(video.render_clip(other, 5)) != next(video.render_clip(SMALL, 5))


def test_nobody_is_in_both_the_clips_and_the_face_set(written, tmp_path):
    faces = synthesis.write_face_set(tmp_path / 'faces', FACES, workers=1, progress=False)
    with (faces / dataset.LABELS).open(encoding='utf-8') as file:
        known = {row['subject_id'] for row in csv.DictReader(file)}
    shown = {item.subject_id for item in datasets.stream('aff_wild', written) if isinstance(item, FaceRecord)}
    assert shown == {'person-0005', 'person-0006', 'person-0007'}
    assert len(known) == 5
    assert not known & shown


def test_a_longer_clip_begins_like_a_shorter_one():
    longer = video.render_clip(dataclasses.replace(SMALL, frames=40), 6)
    assert [next(longer) for _ in range(12)] == list(video.render_clip(SMALL, 6))


def test_the_emotion_moves_smoothly_from_neutral_to_expressions_and_is_held():
    for seed in range(20):
        path = path_of(sample_blends(np.random.default_rng(seed), 500))
        # The path moves at no more than 15/8 of its mean speed. The way between two expressions, of at most 1.85 (from
        # happy to bored), takes at least 0.4 s, which are 10 frames: 0.35 a frame, and a little for the unrest.
        steps = np.hypot(*np.diff(path, axis=0).T)
        assert steps.max() < 0.4
        assert np.hypot(*path[0]) < 0.15
        strength = np.hypot(*path.T)
        assert strength.max() > 0.5
        assert (steps < 0.02).mean() > 0.4  # it stays where it is for a good part of the time
        assert min(strength[50:]) < 0.2  # and comes back to neutral
        assert (path.std(axis=0) > 0.15).all()


def test_wandering_is_slow_bounded_and_as_wide_as_asked():
    many = np.stack([wander(np.random.default_rng(seed), 400, 0.5, (2.0, 8.0)) for seed in range(200)])
    assert many.std() == pytest.approx(0.5, rel=0.05)
    assert np.abs(many).max() <= 0.5 * np.sqrt(8)
    # No wave is faster than 2π s √(2 K) / (2 seconds), K = 4.
    assert np.abs(np.diff(many, axis=1)).max() <= np.pi * 0.5 * np.sqrt(8) / FRAMES_PER_SECOND


def test_pose_gaze_and_light_move_slowly_and_all_else_stays():
    moving = ('yaw', 'pitch', 'roll', 'gaze', 'azimuth', 'elevation', 'key', 'ambient')
    for seed in range(10):
        rng = np.random.default_rng(seed)
        base = sample_scene(rng)
        scenes = sample_scenes(rng, base, 200)
        for field in dataclasses.fields(Scene):
            values = [getattr(scene, field.name) for scene in scenes]
            if field.name not in moving:
                assert set(values) == {getattr(base, field.name)}
                continue
            whole, step = np.ptp(values), np.abs(np.diff(values)).max()
            assert 0 < step < 0.2 * whole
        assert max(abs(scene.yaw) for scene in scenes) <= 0.4


def test_frames_next_to_each_other_are_alike():
    frames = [pixels(image) for image, _ in video.render_clip(dataclasses.replace(SMALL, frames=60), 5)]
    near = np.mean([np.abs(a - b).mean() for a, b in itertools.pairwise(frames)])
    far = np.mean([np.abs(a - b).mean() for a, b in zip(frames[:-25], frames[25:], strict=True)])
    assert near < 0.5 * far


def test_idiosyncrasy_changes_the_face_and_not_the_label():
    common = dataclasses.replace(SMALL, faces=dataclasses.replace(FACES, idiosyncrasy=0.0))
    (face, label), (own, same) = (next(video.render_clip(clips, 5)) for clips in (common, SMALL))
    assert label == same
    assert np.abs(pixels(face) - pixels(own)).mean() > 0.5


def test_the_parameters_are_recorded_with_the_rate(written):
    parameters = json.loads((written / 'video_set.json').read_text(encoding='utf-8'))
    assert parameters == {'generator': 1, 'videos': 3, 'frames': 12, 'frames_per_second': 25, 'first_person': 5} | {
        'image_size': 32,
        'idiosyncrasy': 1.0,
        'seed': 7,
    }


def test_complete_clips_are_kept(written, monkeypatch):
    monkeypatch.setattr(video, '_write_clip', lambda *_: pytest.fail('rendered again'))
    assert write_video_set(written, SMALL, workers=1, progress=False) == written


def test_clips_with_other_parameters_are_an_error_unless_they_may_be_replaced(written, tmp_path):
    other = dataclasses.replace(SMALL, videos=1, frames=2)
    with pytest.raises(FileExistsError, match=r'videos is 3, not 1, frames is 12, not 2.*choose another directory'):
        write_video_set(written, other, workers=1, progress=False)
    assert len(contents(written)) == 1 + 3 * (12 + 2)
    mine = write_video_set(tmp_path / 'set', other, workers=1, progress=False)
    write_video_set(mine, dataclasses.replace(other, frames=3), workers=1, progress=False, replace=True)
    assert len(contents(mine)) == 1 + 3 + 2
    assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_that_is_something_else_is_not_overwritten(tmp_path):
    faces = synthesis.write_face_set(tmp_path / 'faces', FACES, workers=1, progress=False)
    before = contents(faces)
    with pytest.raises(FileExistsError, match='is no video set'):
        write_video_set(faces, SMALL, workers=1, progress=False)
    assert contents(faces) == before


def test_interrupted_clips_are_neither_taken_for_whole_ones_nor_left_behind(tmp_path, monkeypatch):
    original = video.render_clip

    def interrupted(video_set, index):
        if index == 6:
            raise KeyboardInterrupt
        yield from original(video_set, index)

    monkeypatch.setattr(video, 'render_clip', interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_video_set(tmp_path / 'set', SMALL, workers=1, progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('name', ['videos', 'frames'])
def test_impossible_clips_are_refused(name):
    with pytest.raises(ValueError, match=f'{name} must be at least 1; it is 0'):
        VideoSet(FACES, **{name: 0})


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(ValueError, match='workers must be at least 1; it is 0'):
        write_video_set(tmp_path / 'set', SMALL, workers=0, progress=False)


def test_the_command_writes_clips_of_people_after_those_left_out(tmp_path):
    out = tmp_path / 'clips'
    words = ['--videos', '2', '--frames', '3', '--people', '9', '--image-size', '32', '--workers', '1']
    result = CliRunner().invoke(main, ['synthesize', str(out), '--video', *words])
    assert result.exit_code == 0, result.output
    assert f'videos: {out}' in result.output
    items = list(datasets.stream('aff_wild', out))
    assert [item.path for item in items[::3]] == [
        'train_crop_face/person-0009/1.jpg',
        'train_crop_face/person-0010/1.jpg',
    ]


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--videos', '2'], '--videos needs --video'),
        (['--frames', '9'], '--frames needs --video'),
        (['--video', '--images-per-person', '2'], '--images-per-person is for face sets, not for --video'),
        (['--video', '--contact-sheet', 'sheet.png'], '--contact-sheet is for face sets, not for --video'),
    ],
)
def test_options_of_the_other_kind_are_refused(tmp_path, words, message):
    result = CliRunner().invoke(main, ['synthesize', str(tmp_path / 'out'), *words])
    assert result.exit_code == 2
    assert message in result.output
    assert list(tmp_path.iterdir()) == []
