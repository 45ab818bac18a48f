"""Aff-Wild2: which crop a line belongs to, and which frames its protocol leaves out."""

import os
from types import SimpleNamespace

import layout_aff_wild2 as layout
import pytest

from cafer_tf.datasets import DataError, FaceRecord, LeftOut, plan_splits
from cafer_tf.datasets.aff_wild2 import read_aff_wild2


def read(root):
    items = list(read_aff_wild2(root))
    records = [item for item in items if isinstance(item, FaceRecord)]
    return records, [item for item in items if isinstance(item, LeftOut)]


def video(root, text, crops=(1, 2, 3), name='clip', labels=layout.TRAIN):
    layout.video(root, labels, name, text, dict.fromkeys(crops, b''))


def values_of(records):
    return [(record.frame_index, record.valence, record.arousal) for record in records]


def test_a_line_belongs_to_the_crop_of_its_number(tmp_path):
    video(tmp_path, 'valence,arousal\n0.1,-0.1\n-1,1\n0.3,-0.3\n', name='12-24_left')
    records, left_out = read(tmp_path)
    assert records[1] == FaceRecord(
        path='cropped_aligned/12-24_left/00002.jpg',
        valence=-1.0,
        arousal=1.0,
        subject_id='12-24_left',
        split='train',
        video_id='12-24_left',
        frame_index=2,
        file=str(tmp_path / 'VA_Estimation_Challenge/Train_Set/12-24_left.txt'),
        row=3,
    )
    assert values_of(records) == [(1, 0.1, -0.1), (2, -1, 1), (3, 0.3, -0.3)]
    assert not left_out


def test_frames_beyond_five_digits_are_found(tmp_path):
    video(tmp_path, 'valence,arousal\n' + '0,0\n' * 100_001, crops=[100_000, 100_001])
    assert [r.path for r in read(tmp_path)[0]] == [f'cropped_aligned/clip/{i}.jpg' for i in (100_000, 100_001)]


def test_the_sets_are_splits_and_left_and_right_are_two_people(tmp_path):
    text = 'valence,arousal\n0,0\n'
    for name in ('b_right', 'b_left', 'a'):
        video(tmp_path, text, crops=[1], name=name)
    video(tmp_path, text, crops=[1], name='0', labels=layout.VALIDATION)
    assert [(r.subject_id, r.video_id, r.split) for r in read(tmp_path)[0]] == [
        ('a', 'a', 'train'),
        ('b_left', 'b_left', 'train'),
        ('b_right', 'b_right', 'train'),
        ('0', '0', 'eval'),
    ]


def test_a_video_in_both_sets_is_found_when_splits_are_planned(tmp_path):
    for labels in (layout.TRAIN, layout.VALIDATION):
        video(tmp_path, 'valence,arousal\n0,0\n', labels=labels)
    with pytest.raises(DataError, match='subject clip'):
        plan_splits(read(tmp_path)[0])


@pytest.mark.parametrize(
    ('line', 'reason', 'damaged'),
    [
        ('-5,-5', 'valence or arousal is -5', False),
        ('-5.0, 0.5', 'valence or arousal is -5', False),
        ('0.5,-5', 'valence or arousal is -5', False),
        ('-5,-1.01', 'arousal is outside [-1, 1]', True),
        ('-4.9,0', 'valence is outside [-1, 1]', True),
        ('0,1.01', 'arousal is outside [-1, 1]', True),
        ('5,5', 'valence is outside [-1, 1]', True),
        ('happy,0', 'valence is not a number', True),
        ('0,', 'arousal is not a number', True),
        ('0,nan', 'arousal is not a number', True),
        ('-inf,0', 'valence is not a number', True),
        ('', 'not as many values as columns in the header', True),
        ('0', 'not as many values as columns in the header', True),
        ('0,0,0', 'not as many values as columns in the header', True),
    ],
)
def test_a_line_without_labels_is_left_out_and_moves_no_frame(tmp_path, line, reason, damaged):
    video(tmp_path, f'valence,arousal\n0.1,0\n{line}\n0.3,0\n')
    records, left_out = read(tmp_path)
    assert values_of(records) == [(1, 0.1, 0), (3, 0.3, 0)]
    file = str(tmp_path / 'VA_Estimation_Challenge/Train_Set/clip.txt')
    assert left_out == [LeftOut('cropped_aligned/clip/00002.jpg', reason, file, 3, damaged)]


def test_missing_crops_are_normal(tmp_path):
    video(tmp_path, 'valence,arousal\n0.1,0\n0.2,0\n0.3,0\n', crops=[1, 3])
    video(tmp_path, 'valence,arousal\n0,0\n', crops=[], name='never_cropped')
    records, left_out = read(tmp_path)
    assert values_of(records) == [(1, 0.1, 0), (3, 0.3, 0)]
    assert [(item.path, item.reason, item.row, item.damaged) for item in left_out] == [
        ('cropped_aligned/clip/00002.jpg', 'no crop of this frame', 3, False),
        ('cropped_aligned/never_cropped/00001.jpg', 'no crop of this frame', 2, False),
    ]


def test_crops_beyond_the_lines_are_reported(tmp_path):
    video(tmp_path, 'valence,arousal\n0.1,0\n', crops=[0, 1, 2])
    for name in ('.hidden.jpg', 'boxes.txt', os.fsdecode(b'\xff.jpg')):
        (tmp_path / 'cropped_aligned/clip' / name).touch()
    records, left_out = read(tmp_path)
    assert values_of(records) == [(1, 0.1, 0)]
    assert [(item.path, item.reason, item.damaged) for item in left_out[:2]] == [
        ('cropped_aligned/clip/00000.jpg', 'crop without a label', False),
        ('cropped_aligned/clip/00002.jpg', 'crop without a label', False),
    ]
    assert [(item.reason, item.damaged) for item in left_out[2:]] == [('name is not plain text', True)]
    assert left_out[2].path.isprintable()


@pytest.mark.parametrize(
    'text',
    [
        pytest.param('arousal,valence\n0.2,0.1\n0,1\n', id='order of columns'),
        pytest.param('frame, Arousal ,VALENCE\n7,0.2,0.1\n8,0,1\n', id='more columns, upper case, spaces'),
        pytest.param('\ufeffvalence,arousal\n0.1,0.2\n1,0\n', id='byte order mark'),
        pytest.param('valence,arousal\r\n0.1,0.2\r\n1,0\r\n', id='CRLF'),
        pytest.param('valence,arousal\n0.1,0.2\n1,0', id='no last newline'),
        pytest.param('valence,arousal\n0.1,0.2\n1,0\n\n\n', id='blank end'),
    ],
)
def test_spellings_of_a_file_do_not_matter(tmp_path, text):
    video(tmp_path, text, crops=[1, 2])
    records, left_out = read(tmp_path)
    assert values_of(records) == [(1, 0.1, 0.2), (2, 1, 0)]
    assert not left_out


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        (b'', 'label file without a header of valence and arousal'),
        (b'\n\n', 'label file without a header of valence and arousal'),
        (b'0.1,0.2\n0.3,0.4\n', 'label file without a header of valence and arousal'),
        (b'valence\n0\n', 'label file without a header of valence and arousal'),
        (b'valence,valence,arousal\n0,0,0\n', 'label file without a header of valence and arousal'),
        (b'valence,arousal\n', 'label file without labels'),
        (b'valence,arousal\n\xff,0\n', 'label file is not UTF-8 text, or cannot be read'),
    ],
)
def test_a_file_that_cannot_be_understood_costs_its_video_only(tmp_path, text, reason):
    video(tmp_path, text, name='a')
    video(tmp_path, 'valence,arousal\n0,0\n', crops=[1], name='b')
    records, left_out = read(tmp_path)
    assert [r.video_id for r in records] == ['b']
    path = 'VA_Estimation_Challenge/Train_Set/a.txt'
    assert left_out == [LeftOut(path, reason, str(tmp_path / path), 0, damaged=True)]


@pytest.mark.parametrize('name', [b'v\xff', b'v\t1', b'v\\1'])
def test_a_video_whose_name_is_not_plain_text_is_left_out_as_a_whole(tmp_path, name):
    video(tmp_path, 'valence,arousal\n0,0\n', name=os.fsdecode(name))
    records, (item,) = read(tmp_path)
    assert (records, item.reason, item.damaged) == ([], 'name is not plain text', True)
    assert item.path.isprintable()


def test_without_label_files_the_error_says_what_the_layout_needs(tmp_path):
    (tmp_path / 'cropped_aligned').mkdir()
    with pytest.raises(DataError, match=r'no label files\. The layout needs VA_Estimation_Challenge/Train_Set'):
        read(tmp_path)


def test_videos_are_read_one_by_one(tmp_path):
    for name in ('a', 'b'):
        video(tmp_path, 'valence,arousal\n0,0\n', crops=[1], name=name)
    items = read_aff_wild2(tmp_path)
    assert next(items).valence == 0
    video(tmp_path, 'valence,arousal\n0.5,0\n', name='b', crops=[1])
    assert [(item.video_id, item.valence) for item in items] == [('b', 0.5)]


def test_a_whole_tree_gives_back_its_labels_and_has_both_splits(tmp_path):
    faces = [
        SimpleNamespace(
            image=b'', valence=i / 50 - 0.5, arousal=0.5 - i / 50, subject=f'clip{i // 6}_{side}', suffix='.jpg'
        )
        for i, side in ((i, ('left', 'right')[i // 3 % 2]) for i in range(36))
    ]
    layout.write(tmp_path, faces)
    records, left_out = read(tmp_path)
    assert [(r.subject_id, r.valence, r.arousal) for r in records] == [(f.subject, f.valence, f.arousal) for f in faces]
    assert len({r.subject_id for r in records if r.split == 'train'}) == 8
    assert len({r.subject_id for r in records if r.split == 'eval'}) == 4
    reasons = ['valence or arousal is -5', 'no crop of this frame', 'crop without a label'] * 12
    assert [(item.reason, item.damaged) for item in left_out] == [(reason, False) for reason in reasons]
    assert layout.damage(tmp_path) == sum(item.damaged for item in read(tmp_path)[1])
