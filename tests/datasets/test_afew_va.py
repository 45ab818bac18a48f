"""AFEW-VA: clips wherever copies have them, labels in tenths, and jsons that are not what they should be."""

import json
import os
import pathlib
from typing import NamedTuple

import layout_afew_va as layout
import pytest

from cafer_tf.datasets import DataError, FaceRecord, LeftOut
from cafer_tf.datasets.afew_va import read_afew_va


class Face(NamedTuple):
    valence: float
    arousal: float
    subject: str
    image: bytes = b'image'
    suffix: str = '.png'


FACES = [Face(number % 21 / 10 - 1, 1 - number % 7 / 10, f'actor {number % 12}') for number in range(96)]
FRAME = layout.label(-0.2, 0.3)


def clip(root: pathlib.Path, name: str = '001', images: int = 1, **content: object) -> pathlib.Path:
    """One clip; returns its folder."""
    layout.write_json(root / name, {'actor': 'ann', 'frames': {'00000': FRAME}, **content})
    add_images(root / name, images)
    return root / name


def add_images(folder: pathlib.Path, count: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f'{number:05d}.png').write_bytes(b'image')


def raw(root: pathlib.Path, text: str | bytes) -> pathlib.Path:
    """A clip whose json is as given, beside a good one."""
    clip(root, '002')
    add_images(root / '001')
    (root / '001' / '001.json').write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def test_reads_a_whole_tree(tmp_path):
    layout.write(tmp_path, FACES)
    items = list(read_afew_va(tmp_path))
    records = [item for item in items if isinstance(item, FaceRecord)]
    assert len({record.path for record in records}) == len(FACES)
    assert all((tmp_path / record.path).is_file() for record in records)
    for actor in {face.subject for face in FACES}:
        written = sorted((round(face.valence, 1), round(face.arousal, 1)) for face in FACES if face.subject == actor)
        found = sorted((record.valence, record.arousal) for record in records if record.subject_id == actor)
        assert found == written
        assert len({record.video_id for record in records if record.subject_id == actor}) == 2
    assert [(item.path, item.reason, item.damaged) for item in items if isinstance(item, LeftOut)] == [
        ('001/00099.png', 'frame without a label', False)
    ]


def test_a_record_holds_actor_clip_frame_and_landmarks(tmp_path):
    folder = clip(tmp_path, actor='ann')
    assert list(read_afew_va(tmp_path)) == [
        FaceRecord(
            path='001/00000.png',
            valence=-0.2,
            arousal=0.3,
            subject_id='ann',
            video_id='001',
            frame_index=0,
            file=str(folder / '001.json'),
            landmarks=tuple(number for point in range(68) for number in (float(point), point + 0.5)),
        )
    ]


@pytest.mark.parametrize(('actor', 'subject'), [(7, '7'), ('7', '7'), (' ann ', 'ann')])
def test_an_actor_is_a_number_or_a_name(tmp_path, actor, subject):
    clip(tmp_path, actor=actor)
    assert [item.subject_id for item in read_afew_va(tmp_path)] == [subject]


def test_a_clip_may_lie_a_folder_deeper(tmp_path):
    clip(tmp_path / '01', '001')
    assert [item.path for item in read_afew_va(tmp_path)] == ['01/001/00000.png']


def test_whole_frames_come_before_cut_ones_which_have_no_landmarks(tmp_path):
    clip(tmp_path, frames={'00000': FRAME, '00001': FRAME})
    add_images(tmp_path / '001_cropped', 3)
    assert [(item.path, getattr(item, 'landmarks', ()) is None) for item in read_afew_va(tmp_path)] == [
        ('001/00000.png', False),
        ('001_cropped/00001.png', True),
        ('001_cropped/00002.png', False),  # without a label
    ]


@pytest.mark.parametrize('with_whole_frames', [False, True])
def test_a_json_may_be_among_the_cut_frames(tmp_path, with_whole_frames):
    folder = clip(tmp_path).rename(tmp_path / '001_cropped')
    if with_whole_frames:
        add_images(tmp_path / '001')
    (record,) = read_afew_va(tmp_path)
    assert (record.path, record.video_id, record.file) == ('001_cropped/00000.png', '001', str(folder / '001.json'))


def test_a_copy_of_the_json_among_the_cut_frames_adds_nothing(tmp_path):
    folder = clip(tmp_path)
    add_images(tmp_path / '001_cropped')
    (tmp_path / '001_cropped' / '001.json').write_bytes((folder / '001.json').read_bytes())
    assert [item.path for item in read_afew_va(tmp_path)] == ['001/00000.png']


def test_a_frame_without_an_image_is_named_where_it_should_be(tmp_path):
    clip(tmp_path, images=0)
    assert [item.path for item in read_afew_va(tmp_path)] == ['001/00000.png']


@pytest.mark.parametrize(
    ('frame', 'reason'),
    [
        ({'valence': 11}, 'valence is not a whole number from -10 to 10'),
        ({'valence': 0.2}, 'valence is not a whole number from -10 to 10'),
        ({'valence': float('nan')}, 'valence is not a whole number from -10 to 10'),
        ({'valence': 10**400}, 'valence is not a whole number from -10 to 10'),
        ({'arousal': '3'}, 'arousal is not a whole number from -10 to 10'),
        ({'arousal': True}, 'arousal is not a whole number from -10 to 10'),
        ({'arousal': None}, 'arousal is not a whole number from -10 to 10'),
        ({'landmarks': layout.LANDMARKS[1:]}, 'landmarks are not 68 points'),
        ({'landmarks': [[1, 2, 3, 4]] * 34}, 'landmarks are not 68 points'),
        ({'landmarks': ['12'] * 68}, 'landmarks are not 68 points'),
        ({'landmarks': 5}, 'landmarks are not 68 points'),
        ({'landmarks': [[1, float('inf')]] * 68}, 'landmarks are not numbers'),
        ({'landmarks': [[1, 10**400]] * 68}, 'landmarks are not numbers'),
        ({'landmarks': [[1, []]] * 68}, 'landmarks are not numbers'),
    ],
)
def test_a_wrong_frame_is_damaged_and_the_next_one_counts(tmp_path, frame, reason):
    folder = clip(tmp_path, images=2, frames={'00000': {**FRAME, **frame}, '00001': FRAME})
    wrong, right = read_afew_va(tmp_path)
    assert wrong == LeftOut('001/00000.png', reason, str(folder / '001.json'), damaged=True)
    assert isinstance(right, FaceRecord)


@pytest.mark.parametrize('frame', [[], None, 5, 'x'])
def test_a_frame_that_is_no_object_is_damaged(tmp_path, frame):
    clip(tmp_path, frames={'00000': frame})
    assert [(item.reason, item.damaged) for item in read_afew_va(tmp_path)] == [('frame without labels', True)]


@pytest.mark.parametrize('number', ['../00000', '/etc/x', 'x', '', '-1', '٣', '9' * 5000, '\ud800', '\x00'])
def test_a_frame_that_has_no_number_is_damaged(tmp_path, number):
    clip(tmp_path, frames={number: FRAME, '00000': FRAME})
    wrong, right = read_afew_va(tmp_path)
    assert (wrong.path, wrong.reason, wrong.damaged) == ('001/001.json', 'name of a frame is not a number', True)
    assert isinstance(right, FaceRecord)


@pytest.mark.parametrize('landmarks', [None, []])
def test_landmarks_may_be_left_out(tmp_path, landmarks):
    clip(tmp_path, frames={'00000': {**FRAME, 'landmarks': landmarks}, '00001': {'valence': 1, 'arousal': 2}})
    assert [item.landmarks for item in read_afew_va(tmp_path)] == [None, None]


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'not json, or with a key twice'),
        ('{"actor": "ann", "frames": {"000', 'not json, or with a key twice'),
        ('[' * 200_000, 'not json, or with a key twice'),
        ('{"actor":' * 200_000, 'not json, or with a key twice'),
        ('{"actor": ' + '9' * 5000 + '}', 'not json, or with a key twice'),
        ('{"actor": "ann", "actor": "bob", "frames": {}}', 'not json, or with a key twice'),
        (json.dumps({'frames': {'00000': FRAME}}), 'json without an actor'),
        ('[]', 'json without an actor'),
        ('{"actor": null}', 'json without an actor'),
        ('{"actor": true}', 'json without an actor'),
        ('{"actor": NaN}', 'json without an actor'),
        ('{"actor": "\\ud800"}', 'json without an actor'),
        ('{"actor": " "}', 'json without an actor'),
        ('{"actor": "ann"}', 'json without frames'),
        ('{"actor": "ann", "frames": {}}', 'json without frames'),
        ('{"actor": "ann", "frames": [1, 2]}', 'json without frames'),
        (b'{"actor": "Bj\xf6rn"}', 'json that cannot be read, or is not UTF-8'),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_a_json_that_is_none_of_a_clip_is_damaged_and_the_next_clip_counts(tmp_path, text, reason):
    wrong, right = read_afew_va(raw(tmp_path, text))
    assert wrong == LeftOut('001/001.json', reason, str(tmp_path / '001' / '001.json'), damaged=True)
    assert isinstance(right, FaceRecord)


def test_a_byte_order_mark_does_not_matter(tmp_path):
    text = '\ufeff' + json.dumps({'actor': 'ann', 'frames': {'00000': FRAME}})
    assert [item.path for item in read_afew_va(raw(tmp_path, text))] == ['001/00000.png', '002/00000.png']


def test_the_damaged_clip_of_the_fixture_is_named(tmp_path):
    layout.write(tmp_path, FACES)
    layout.add_damaged(tmp_path, b'image')
    assert [item.path for item in read_afew_va(tmp_path) if isinstance(item, LeftOut) and item.damaged] == [
        '998/998.json'
    ]


def test_what_belongs_to_no_clip_is_reported(tmp_path):
    folder = clip(tmp_path)
    (folder / '001 (1).json').write_text('{}')
    (folder / '00000.jpg').write_bytes(b'image')
    clip(tmp_path / '01', '001')
    add_images(tmp_path / '003')
    items = [item for item in read_afew_va(tmp_path) if isinstance(item, LeftOut)]
    assert [(item.path, item.reason, item.damaged) for item in items] == [
        ('001/001 (1).json', 'json that is not named after its folder', True),
        ('001/00000.png', 'frame without a label', False),
        ('003', 'frames without a json', True),
        ('01/001/001.json', 'clip again', True),
    ]


@pytest.mark.parametrize('name', [b'\xff', b'a\nb', b'a\\b'])
def test_names_that_are_not_plain_text_are_damaged(tmp_path, name):
    folder = clip(tmp_path)
    (folder / os.fsdecode(name + b'.png')).write_bytes(b'image')
    add_images(tmp_path / os.fsdecode(name))
    (tmp_path / os.fsdecode(name) / os.fsdecode(name + b'.json')).write_text('{}')
    items = list(read_afew_va(tmp_path))
    assert sum(isinstance(item, FaceRecord) for item in items) == 1
    wrong = [item for item in items if isinstance(item, LeftOut)]
    assert len(wrong) == 2
    assert all(item.damaged and item.path.isprintable() and item.reason == 'name is not plain text' for item in wrong)


@pytest.mark.parametrize('start', ['.', '001', 'empty'])
def test_a_folder_without_clips_says_what_is_needed(tmp_path, start):
    add_images(clip(tmp_path / 'too' / 'deep') if start == '.' else clip(tmp_path))
    (tmp_path / 'empty').mkdir()
    with pytest.raises(DataError, match=r'there is no clip such as 001/001\.json'):
        list(read_afew_va(tmp_path / start))
