"""Aff-Wild: which frame a line belongs to, and what becomes of lines and frames that have no partner."""

import os
from types import SimpleNamespace

import layout_aff_wild as layout
import pytest

from cafer_tf.datasets import DataError, FaceRecord, LeftOut, plan_splits
from cafer_tf.datasets.aff_wild import read_aff_wild


def read(root):
    items = list(read_aff_wild(root))
    records = [item for item in items if isinstance(item, FaceRecord)]
    return records, [item for item in items if isinstance(item, LeftOut)]


def video(root, frames, valence, arousal, name='105'):
    layout.video(root, name, dict.fromkeys(frames, b''), valence, arousal)


def people(count=12, each=3):
    return [
        SimpleNamespace(
            image=b'', valence=i / 50 - 0.5, arousal=0.5 - i / 50, subject=f'{100 + i // each}', suffix='.jpg'
        )
        for i in range(count * each)
    ]


def test_a_line_belongs_to_the_frame_of_its_place_in_the_order_of_numbers(tmp_path):
    video(tmp_path, ['10.jpg', '2.png', '1.jpg'], '0.1\n0.2\n0.3\n', '-0.1\n-0.2\n-0.3\n')
    for age, name in enumerate(['1.jpg', '10.jpg', '2.png']):  # neither time of change nor order of text
        os.utime(tmp_path / 'train_crop_face/105' / name, (1000 - age, 1000 - age))
    records, left_out = read(tmp_path)
    assert [(r.path, r.valence, r.arousal, r.frame_index, r.row) for r in records] == [
        ('train_crop_face/105/1.jpg', 0.1, -0.1, 1, 1),
        ('train_crop_face/105/2.png', 0.2, -0.2, 2, 2),
        ('train_crop_face/105/10.jpg', 0.3, -0.3, 10, 3),
    ]
    assert {(r.subject_id, r.video_id, r.split) for r in records} == {('105', '105', '')}
    assert records[0].file == str(tmp_path / 'annotations/train/valence/105.txt')
    assert not left_out


def test_the_number_of_a_frame_is_the_last_in_its_name(tmp_path):
    video(tmp_path, ['v2_frame10.jpg', 'v3_frame9.jpg', 'v1_00011_face.jpg'], '0.1\n0.2\n0.3\n', '0\n0\n0\n')
    assert [(r.frame_index, r.valence) for r in read(tmp_path)[0]] == [(9, 0.1), (10, 0.2), (11, 0.3)]


@pytest.mark.parametrize(
    ('frames', 'valence', 'arousal', 'kept', 'surplus'),
    [
        (2, 3, 3, 2, [('train_crop_face/105', 'label without a frame', 'valence', 3)]),
        (3, 2, 2, 2, [('train_crop_face/105/3.jpg', 'frame without a label', '', 0)]),
        (2, 3, 2, 2, [('train_crop_face/105', 'valence without arousal', 'valence', 3)]),
        (2, 2, 3, 2, [('train_crop_face/105', 'arousal without valence', 'arousal', 3)]),
        (
            2,
            1,
            2,
            1,
            [
                ('train_crop_face/105/2.jpg', 'frame without a label', '', 0),
                ('train_crop_face/105', 'arousal without valence', 'arousal', 2),
            ],
        ),
        (0, 2, 2, 0, [('train_crop_face/105', 'label without a frame', 'valence', row) for row in (1, 2)]),
        (2, 0, 0, 0, [(f'train_crop_face/105/{i}.jpg', 'frame without a label', '', 0) for i in (1, 2)]),
    ],
)
def test_what_one_side_has_more_of_is_cut_and_reported(tmp_path, frames, valence, arousal, kept, surplus):
    video(tmp_path, [f'{i}.jpg' for i in range(1, frames + 1)], '0.5\n' * valence, '0.5\n' * arousal)
    records, left_out = read(tmp_path)
    assert len(records) == kept
    files = {kind: str(tmp_path / f'annotations/train/{kind}/105.txt') for kind in ('valence', 'arousal')}
    expected = [(path, reason, files.get(kind, ''), row, False) for path, reason, kind, row in surplus]
    assert [(i.path, i.reason, i.file, i.row, i.damaged) for i in left_out] == expected


@pytest.mark.parametrize(
    ('line', 'reason'),
    [
        ('happy', 'valence is not a number'),
        ('', 'valence is not a number'),
        ('0.1,0.2', 'valence is not a number'),
        ('nan', 'valence is not a number'),
        ('1e999', 'valence is not a number'),
        ('1.01', 'valence is outside [-1, 1]'),
        ('-5', 'valence is outside [-1, 1]'),
    ],
)
def test_a_wrong_line_is_damaged_and_moves_no_frame(tmp_path, line, reason):
    video(tmp_path, ['1.jpg', '2.jpg', '3.jpg'], f'0.1\n{line}\n0.3\n', '0\n0\n0\n')
    records, left_out = read(tmp_path)
    assert [(r.frame_index, r.valence) for r in records] == [(1, 0.1), (3, 0.3)]
    file = str(tmp_path / 'annotations/train/valence/105.txt')
    assert left_out == [LeftOut('train_crop_face/105/2.jpg', reason, file, 2, damaged=True)]


def test_a_wrong_arousal_is_reported_in_its_own_file(tmp_path):
    video(tmp_path, ['1.jpg'], '0.1\n', '3\n')
    file = str(tmp_path / 'annotations/train/arousal/105.txt')
    expected = LeftOut('train_crop_face/105/1.jpg', 'arousal is outside [-1, 1]', file, 1, damaged=True)
    assert read(tmp_path) == ([], [expected])


@pytest.mark.parametrize('text', ['0.5\r\n-0.5\r\n', '0.5\r-0.5', '\ufeff0.5\n-0.5\n\n \n', ' 0.5 \n-0.5'])
def test_line_ends_marks_and_blank_ends_do_not_matter(tmp_path, text):
    video(tmp_path, ['1.jpg', '2.jpg'], text, text)
    records, left_out = read(tmp_path)
    assert [(r.valence, r.arousal) for r in records] == [(0.5, 0.5), (-0.5, -0.5)]
    assert not left_out


def test_frames_without_a_place_in_the_order_are_damaged(tmp_path):
    names = ['1.jpg', 'face.jpg', '01.png', '2.jpg', f'{"9" * 30}.jpg', '.3.jpg', 'notes4.txt']
    video(tmp_path, names, '0.1\n0.2\n', '0\n0\n')
    records, left_out = read(tmp_path)
    assert [(r.path[-6:], r.valence) for r in records] == [('01.png', 0.1), ('/2.jpg', 0.2)]
    assert all(item.damaged for item in left_out)
    assert [(item.path.rpartition('/')[2], item.reason) for item in left_out] == [
        ('1.jpg', 'frame number again'),
        (f'{"9" * 30}.jpg', 'no frame number in the file name'),
        ('face.jpg', 'no frame number in the file name'),
    ]


@pytest.mark.parametrize('name', [b'fr\xff2.jpg', b'fr\n2.jpg', b'fr\\2.jpg'])
def test_a_frame_whose_name_is_not_plain_text_is_damaged_and_keeps_its_place(tmp_path, name):
    video(tmp_path, ['1.jpg', os.fsdecode(name), '3.jpg'], '0.1\n0.2\n0.3\n', '0\n0\n0\n')
    records, left_out = read(tmp_path)
    assert [(r.frame_index, r.valence) for r in records] == [(1, 0.1), (3, 0.3)]
    assert [(item.reason, item.row, item.damaged) for item in left_out] == [('name is not plain text', 2, True)]
    assert left_out[0].path.isprintable()


def test_a_video_whose_name_is_not_plain_text_is_left_out_as_a_whole(tmp_path):
    video(tmp_path, ['1.jpg'], '0\n', '0\n')
    video(tmp_path, ['1.jpg'], '0\n', '0\n', name=os.fsdecode(b'v\xff'))
    records, left_out = read(tmp_path)
    assert [r.video_id for r in records] == ['105']
    assert [(item.reason, item.damaged) for item in left_out] == [('name is not plain text', True)]
    assert left_out[0].path.isprintable()


def test_a_file_that_is_missing_or_no_text_costs_its_video_only(tmp_path):
    for name in ('1', '2', '3', '4'):
        video(tmp_path, ['1.jpg'], '0\n', '0\n', name=name)
    annotations = tmp_path / 'annotations/train'
    (annotations / 'valence/1.txt').unlink()
    (annotations / 'arousal/2.txt').unlink()
    (annotations / 'arousal/3.txt').write_bytes('0.5\n'.encode('utf-16'))
    records, left_out = read(tmp_path)
    assert [r.video_id for r in records] == ['4']
    assert [(item.path, item.reason, item.damaged) for item in left_out] == [
        ('annotations/train/valence/1.txt', 'no valence file of this video', True),
        ('annotations/train/arousal/2.txt', 'no arousal file of this video', True),
        ('annotations/train/arousal/3.txt', 'label file is not UTF-8 text, or cannot be read', True),
    ]


def test_without_label_files_the_error_says_what_the_layout_needs(tmp_path):
    (tmp_path / 'annotations/train/valence').mkdir(parents=True)
    with pytest.raises(DataError, match=r'no label files\. The layout needs annotations/train/valence/VIDEO\.txt'):
        read(tmp_path)


def test_videos_are_read_one_by_one_in_the_order_of_their_names(tmp_path):
    for name in ('9', '10', '100'):
        video(tmp_path, ['1.jpg', '2.jpg'], '0\n0\n', '0\n0\n', name=name)
    items = read_aff_wild(tmp_path)
    assert next(items).video_id == '10'
    (tmp_path / 'annotations/train/valence/9.txt').write_text('0.5\n0.5\n')
    assert [(item.video_id, item.valence) for item in items] == [
        ('10', 0),
        ('100', 0),
        ('100', 0),
        ('9', 0.5),
        ('9', 0.5),
    ]


def test_a_whole_tree_gives_back_its_labels_and_parts_by_person(tmp_path):
    faces = people()
    layout.write(tmp_path, faces)
    records, left_out = read(tmp_path)
    assert [(r.subject_id, r.valence, r.arousal) for r in records] == [(f.subject, f.valence, f.arousal) for f in faces]
    assert [(item.reason, item.damaged) for item in left_out] == [
        ('label without a frame', False),
        ('frame without a label', False),
        ('arousal without valence', False),
    ]
    assert all((tmp_path / record.path).is_file() for record in records)
    plan = plan_splits(records)
    assert {plan.split_of(record) for record in records} == {'train', 'eval', 'test'}
    assert layout.damage(tmp_path) == sum(item.damaged for item in read(tmp_path)[1])
