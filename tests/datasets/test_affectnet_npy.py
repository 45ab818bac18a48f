"""AffectNet with an npy file for every label: what is read, what is left out, and files that are not what they say."""

import os
import pathlib
from typing import NamedTuple

import layout_affectnet_npy as layout
import numpy as np
import pytest

from cafer_tf.datasets import DataError, FaceRecord, LeftOut
from cafer_tf.datasets.affectnet_npy import read_affectnet_npy


class Face(NamedTuple):
    valence: float
    arousal: float
    image: bytes = b'image'
    suffix: str = '.jpg'


NAMES = ['neutral', 'happy', 'sad', 'surprise', 'fear', 'disgust', 'anger', 'contempt']
FACES = [Face(number / 20 - 0.7, 0.9 - number / 20, suffix='.png' if number % 3 else '.jpg') for number in range(30)]


def one(root: pathlib.Path, number: int | str = 1, expression: object = '1', **labels: object) -> pathlib.Path:
    """A training set with one image more; returns the folder of its annotations."""
    layout.annotate(root / 'train_set', number, expression, labels.get('valence', '0.5'), labels.get('arousal', -0.25))
    layout.add_image(root / 'train_set', number, b'image')
    return root / 'train_set' / 'annotations'


def npy(header: str, data: bytes, version: bytes = b'\x01\x00') -> bytes:
    return b'\x93NUMPY' + version + len(header).to_bytes(2, 'little') + header.encode() + data


def test_reads_a_whole_tree(tmp_path):
    layout.write(tmp_path, FACES)
    records = list(read_affectnet_npy(tmp_path))
    numbers = [number for number in range(30) if number % 5 < 4] + [number for number in range(30) if number % 5 == 4]
    assert len(records) == len(numbers)
    for number, record in zip(numbers, records, strict=True):
        folder = 'val_set' if number % 5 == 4 else 'train_set'
        landmarks = None if number % 10 == 3 else tuple(layout.LANDMARKS)
        path = f'{folder}/images/{number}{FACES[number].suffix}'
        assert record == FaceRecord(
            path=path,
            valence=FACES[number].valence,
            arousal=FACES[number].arousal,
            subject_id=path,
            split='eval' if folder == 'val_set' else 'train',
            file=str(tmp_path / folder / 'annotations' / f'{number}_val.npy'),
            landmarks=landmarks,
            metadata=(('expression', NAMES[number % 8]),),
        )
        assert (tmp_path / path).is_file()


def test_images_come_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9, 'x', 100):
        one(tmp_path, number)
    assert [pathlib.Path(item.path).stem for item in read_affectnet_npy(tmp_path)] == ['9', '10', '100', 'x']


def test_without_a_validation_set_no_split_is_named(tmp_path):
    one(tmp_path)
    assert [item.split for item in read_affectnet_npy(tmp_path)] == ['']


@pytest.mark.parametrize('form', ['<U9', '>U9', 'S9', '<f8', '>f4', '<f2'])
def test_a_value_is_read_in_any_form(tmp_path, form):
    one(tmp_path, valence=np.array(0.25, form), arousal=np.array([-0.5], form), expression=np.array(3).astype(form))
    (record,) = read_affectnet_npy(tmp_path)
    assert (record.valence, record.arousal) == (0.25, -0.5)
    assert record.metadata == (('expression', 'surprise'),)


def test_the_protocol_leaves_out(tmp_path):
    one(tmp_path)
    layout.add_excluded(tmp_path, b'image')
    left_out = [item for item in read_affectnet_npy(tmp_path) if isinstance(item, LeftOut)]
    assert [(item.path, item.reason, item.damaged) for item in left_out] == [
        ('train_set/images/900001.jpg', 'expression 10, no face', False),
        ('train_set/images/900002.jpg', 'valence or arousal is -2', False),
    ]


def test_images_and_annotations_without_each_other_are_damaged(tmp_path):
    one(tmp_path)
    layout.add_damaged(tmp_path, b'image')
    record, *left_out = read_affectnet_npy(tmp_path)
    annotations = tmp_path / 'train_set' / 'annotations'
    assert isinstance(record, FaceRecord)
    assert left_out == [
        LeftOut('train_set/images/900003.jpg', 'no valence annotation', f'{annotations}/900003_val.npy', damaged=True),
        LeftOut(
            'train_set/images/900004.jpg', 'annotation without an image', f'{annotations}/900004_val.npy', damaged=True
        ),
    ]


@pytest.mark.parametrize(
    ('labels', 'reason'),
    [
        ({'valence': 'happy'}, 'valence is not a number'),
        ({'valence': np.nan}, 'valence is not a number'),
        ({'valence': '\udc80'}, 'valence annotation is not an npy file of numbers or text'),
        ({'arousal': 1.5}, 'arousal is outside [-1, 1]'),
        ({'arousal': [0.1, 0.2]}, 'arousal annotation is not one value'),
        ({'arousal': []}, 'arousal annotation is not one value'),
        ({'arousal': [[0.1]]}, 'arousal annotation is not an npy file of numbers or text'),
        ({'arousal': True}, 'arousal annotation is not an npy file of numbers or text'),
        ({'expression': '11'}, 'expression is not a code from 0 to 10'),
    ],
)
def test_a_wrong_label_is_damaged_and_the_next_image_counts(tmp_path, labels, reason):
    one(tmp_path, **labels)
    one(tmp_path, 2)
    wrong, right = read_affectnet_npy(tmp_path)
    assert (wrong.path, wrong.reason, wrong.damaged) == ('train_set/images/1.jpg', reason, True)
    assert isinstance(right, FaceRecord)


SCALAR = "{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n"


@pytest.mark.parametrize(
    'data',
    [
        b'',
        b'0.5',
        b'\x93NUMPY',
        npy(SCALAR, b''),
        npy(SCALAR, b'1234567'),
        npy(SCALAR, b'123456789'),
        npy(SCALAR, b'12345678', version=b'\x09\x00'),
        npy(SCALAR, b'12345678')[:40],
        b'\x93NUMPY\x02\x00\xff\xff\xff\xff' + SCALAR.encode(),
        npy(SCALAR.replace('()', '(999999999,)'), b'12345678'),
        npy(SCALAR.replace('()', '(99999999999999999999,)'), b'12345678'),
        npy(SCALAR.replace('()', '(999999, 999999)'), b'12345678'),
        npy(SCALAR.replace('()', '(-1,)'), b'12345678'),
        npy(SCALAR.replace('<f8', '|O'), b'12345678'),
        npy(SCALAR.replace('<f8', '<U0'), b''),
        npy(SCALAR.replace('<f8', '<U1'), b'\xff' * 4),
        npy(SCALAR.replace('<f8', '<U2'), b'\xff' * 8),
        npy(SCALAR.replace('<f8', '<U1'), b'\x80\xdc\x00\x00'),
        npy(SCALAR.replace('<f8', '<M8[s]'), b'12345678'),
        npy('[' * 9000, b''),
        npy('{}', b'12345678'),
        b'\x00' * 200_000,
    ],
    ids=lambda data: f'{data[:12]!r} {len(data)}',
)
def test_what_is_not_an_npy_file_of_one_value_is_damaged(tmp_path, data):
    annotations = one(tmp_path)
    (annotations / '1_val.npy').write_bytes(data)
    (wrong,) = read_affectnet_npy(tmp_path)
    assert (wrong.reason, wrong.damaged) == ('valence annotation is not an npy file of numbers or text', True)


def test_objects_are_never_unpickled(tmp_path):
    annotations = one(tmp_path)
    np.save(annotations / '1_val.npy', np.array({'a': 1}, dtype=object), allow_pickle=True)
    (wrong,) = read_affectnet_npy(tmp_path)
    assert wrong.reason == 'valence annotation is not an npy file of numbers or text'


@pytest.mark.parametrize(
    ('landmarks', 'reason'),
    [
        (np.zeros(134), 'landmarks are not 68 points'),
        (np.full(136, np.inf), 'landmarks are not numbers'),
        (np.full(136, 'x'), 'landmarks are not numbers'),
        (np.zeros((68, 2)), 'landmarks annotation is not an npy file of numbers or text'),
    ],
)
def test_wrong_landmarks_are_damaged(tmp_path, landmarks, reason):
    one(tmp_path)
    layout.save(tmp_path / 'train_set', 1, 'lnd', landmarks)
    (wrong,) = read_affectnet_npy(tmp_path)
    assert (wrong.reason, wrong.damaged) == (reason, True)


def test_an_annotation_that_cannot_be_read_is_damaged(tmp_path):
    annotations = one(tmp_path)
    (annotations / '1_val.npy').unlink()
    (annotations / '1_val.npy').mkdir()
    (wrong,) = read_affectnet_npy(tmp_path)
    assert (wrong.reason, wrong.damaged) == ('valence annotation cannot be read', True)


def test_a_second_image_of_a_number_is_damaged(tmp_path):
    one(tmp_path)
    layout.add_image(tmp_path / 'train_set', 1, b'image', '.png')
    record, second = read_affectnet_npy(tmp_path)
    assert record.path == 'train_set/images/1.jpg'
    assert (second.path, second.damaged) == ('train_set/images/1.png', True)
    assert second.reason == 'image beside another of the same number'


@pytest.mark.parametrize('name', [b'\xff', b'a\nb', b'a\\b'])
def test_names_that_are_not_plain_text_are_damaged(tmp_path, name):
    annotations = one(tmp_path)
    for file in (
        tmp_path / 'train_set' / 'images' / os.fsdecode(name + b'.jpg'),
        annotations / os.fsdecode(name + b'2_val.npy'),
    ):
        file.write_bytes(b'')
    record, *wrong = read_affectnet_npy(tmp_path)
    assert isinstance(record, FaceRecord)
    assert len(wrong) == 2
    assert all(item.damaged and item.path.isprintable() for item in wrong)


def test_hidden_and_foreign_files_are_no_images(tmp_path):
    one(tmp_path)
    for name in ('._1.jpg', 'Thumbs.db'):
        (tmp_path / 'train_set' / 'images' / name).write_bytes(b'')
    assert len(list(read_affectnet_npy(tmp_path))) == 1


@pytest.mark.parametrize('missing', ['train_set', 'train_set/images', 'val_set/annotations'])
def test_a_folder_that_is_missing_is_named(tmp_path, missing):
    layout.write(tmp_path, FACES)
    (tmp_path / missing).rename(tmp_path / 'elsewhere')
    with pytest.raises(DataError, match=f'{missing}.*: there is no such folder'):
        list(read_affectnet_npy(tmp_path))
