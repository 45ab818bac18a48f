"""AffectNet with two label files: what is read, what the protocol leaves out, how mistakes are named."""

import pathlib
from typing import NamedTuple

import layout_affectnet_csv as layout
import pytest

from cafer_tf.datasets import DataError, FaceRecord, LeftOut
from cafer_tf.datasets.affectnet_csv import read_affectnet_csv

HEADER = layout.HEADER
IMAGES = 'Manually_Annotated_Images'


class Face(NamedTuple):
    valence: float
    arousal: float
    image: bytes = b'image'
    suffix: str = '.jpg'


FACES = [Face(number / 20 - 0.7, 0.9 - number / 20, suffix='.png' if number % 4 else '.jpg') for number in range(30)]


def row(path='1/a.jpg', box='3,4,50,60', landmarks='', expression='1', valence='0.5', arousal='-0.25') -> str:
    return f'{path},{box},{landmarks},{expression},{valence},{arousal}\n'


def read(root: pathlib.Path, text: str | bytes) -> list[FaceRecord | LeftOut]:
    (root / 'training.csv').write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_affectnet_csv(root))


def error(root: pathlib.Path, text: str | bytes) -> str:
    with pytest.raises(DataError) as raised:
        read(root, text)
    return str(raised.value)


def test_reads_a_whole_tree(tmp_path):
    layout.write(tmp_path, FACES)
    items = list(read_affectnet_csv(tmp_path))
    records = {item.path: item for item in items if isinstance(item, FaceRecord)}
    assert len(records) == len(FACES)
    for number, face in enumerate(FACES):
        path = f'{IMAGES}/{layout.path_of(number, face)}'
        record = records[path]
        assert (tmp_path / path).is_file()
        assert (record.valence, record.arousal, record.subject_id) == (face.valence, face.arousal, path)
        assert record.split == ('eval' if number % 5 == 4 else 'train')
        assert record.face_box == (number % 8, 4, 50, 60)
        assert (record.landmarks is None) == (number % 10 == 3)
    left_out = [(item.reason, item.damaged) for item in items if isinstance(item, LeftOut)]
    assert left_out == [(reason, False) for reason in layout.EXCLUDED]


def test_a_record_says_where_its_label_stands_and_holds_every_landmark(tmp_path):
    (record,) = read(tmp_path, f'{HEADER}\n{row(landmarks=layout.LANDMARKS)}')
    assert (record.file, record.row) == (str(tmp_path / 'training.csv'), 2)
    assert record.landmarks == tuple(map(float, layout.LANDMARKS.split(';')))
    assert record.landmarks[:4] == (10.0, 20.5, 11.0, 21.5)
    assert len(record.landmarks) == 136


def test_without_validation_rows_no_split_is_named(tmp_path):
    (record,) = read(tmp_path, f'{HEADER}\n{row()}')
    assert record.split == ''


def test_code_8_is_kept(tmp_path):
    (record,) = read(tmp_path, f'{HEADER}\n{row(expression="8")}')
    assert (record.valence, record.arousal) == (0.5, -0.25)


@pytest.mark.parametrize(
    ('code', 'name'),
    # The codes of the data set's own description.
    [
        ('0', 'neutral'),
        ('1', 'happy'),
        ('2', 'sad'),
        ('3', 'surprise'),
        ('4', 'fear'),
        ('5', 'disgust'),
        ('6', 'anger'),
        ('7', 'contempt'),
        ('8', 'none'),
    ],
)
def test_the_expression_is_kept_by_its_name(tmp_path, code, name):
    (record,) = read(tmp_path, f'{HEADER}\n{row(expression=code)}')
    assert record.metadata == (('expression', name),)


def test_columns_are_found_by_name_whatever_their_order(tmp_path):
    names = HEADER.split(',')
    cells = row().strip().split(',')
    text = f'note,{",".join(reversed(names))}\nx,{",".join(reversed(cells))}\n'
    assert read(tmp_path, text) == read(tmp_path, f'{HEADER}\n{row()}')


@pytest.mark.parametrize('newline', ['\n', '\r\n', '\n\n'])
def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path, newline):
    text = '\ufeff' + f'{HEADER}\n{row("1/a.jpg")}{row("1/b.jpg")}'.replace('\n', newline)
    assert [item.path for item in read(tmp_path, text)] == [f'{IMAGES}/1/a.jpg', f'{IMAGES}/1/b.jpg']


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        ({'expression': '9', 'valence': '-2', 'arousal': '-2'}, 'expression 9, uncertain'),
        ({'expression': '10', 'box': ',,,', 'valence': '', 'arousal': ''}, 'expression 10, no face'),
        ({'arousal': '-2'}, 'valence or arousal is -2'),
        ({'valence': '-2.0'}, 'valence or arousal is -2'),
        ({'box': '0,0,0,0'}, 'no face box'),
        ({'box': ',,-1,'}, 'no face box'),
    ],
)
def test_the_protocol_leaves_out(tmp_path, values, reason):
    assert read(tmp_path, f'{HEADER}\n{row(**values)}') == [
        LeftOut(f'{IMAGES}/1/a.jpg', reason, str(tmp_path / 'training.csv'), 2, damaged=False)
    ]


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        ({'expression': '11'}, 'expression is not a code from 0 to 10'),
        ({'expression': '1.5'}, 'expression is not a code from 0 to 10'),
        ({'expression': ''}, 'expression is not a number'),
        ({'valence': 'happy'}, 'valence is not a number'),
        ({'valence': 'nan'}, 'valence is not a number'),
        ({'arousal': 'inf'}, 'arousal is not a number'),
        ({'arousal': '1.01'}, 'arousal is outside [-1, 1]'),
        ({'valence': '-3'}, 'valence is outside [-1, 1]'),
        ({'box': '3,4,wide,60'}, 'face_width is not a number'),
        ({'box': 'nan,4,50,60'}, 'face_x is not a number'),
        ({'landmarks': '1;2;3'}, 'landmarks are not 68 points'),
        ({'landmarks': layout.LANDMARKS + ';'}, 'landmarks are not numbers'),
        ({'landmarks': layout.LANDMARKS.replace('10.00', 'nan')}, 'landmarks are not numbers'),
        ({'valence': '0.5,0.5'}, 'not as many columns as the header has'),
    ],
)
def test_a_wrong_row_is_damaged_and_the_next_one_counts(tmp_path, values, reason):
    wrong, right = read(tmp_path, f'{HEADER}\n{row(**values)}{row("1/b.jpg")}')
    assert (wrong.reason, wrong.row, wrong.damaged) == (reason, 2, True)
    assert isinstance(right, FaceRecord)


@pytest.mark.parametrize(
    'path', ['', '../a.jpg', '../../a.jpg', '/etc/a.jpg', '1\\a.jpg', '1/\x07.jpg', 'x/../../a.jpg']
)
def test_a_path_that_cannot_be_one_is_damaged(tmp_path, path):
    wrong, right = read(tmp_path, f'{HEADER}\n{row(path)}{row("1/b.jpg")}')
    assert (wrong.path, wrong.row, wrong.damaged) == ('training.csv', 2, True)
    assert wrong.reason == 'path is empty, not plain text, or leaves the folder'
    assert isinstance(right, FaceRecord)


def test_an_image_counts_once_however_its_path_is_written(tmp_path):
    (tmp_path / 'validation.csv').write_text(f'{HEADER}\n{row("1/b.jpg")}{row("1/a.jpg")}')
    items = read(tmp_path, f'{HEADER}\n{row("1/a.jpg")}{row("1//x/../a.jpg")}')
    assert [getattr(item, 'reason', item.path) for item in items] == [
        f'{IMAGES}/1/a.jpg',
        'image listed again',
        f'{IMAGES}/1/b.jpg',
        'image listed again',
    ]


def test_damaged_rows_of_the_fixture_are_named(tmp_path):
    layout.write(tmp_path, FACES)
    layout.add_damaged(tmp_path, again=layout.path_of(0, FACES[0]))
    items = list(read_affectnet_csv(tmp_path))
    assert [item.reason for item in items if isinstance(item, LeftOut) and item.damaged] == list(layout.DAMAGED)


@pytest.mark.parametrize(
    ('text', 'what'),
    [
        (b'', 'row 1: the header does not name subDirectory_filePath'),
        (row(), 'row 1: the header does not name subDirectory_filePath'),
        (HEADER.replace(',valence', '') + '\n', 'row 1: the header does not name valence once'),
        (f'{HEADER},valence\n', 'row 1: the header does not name valence once'),
        (f'{HEADER}\n', 'no rows below the header'),
        (f'{HEADER}\n{row()}'.encode() + b'\xff' + row().encode(), 'row 3: not UTF-8'),
        (f'{HEADER}\n{row()}'.encode('utf-16'), 'row 1: not UTF-8'),
        (f'{HEADER}\n{row()}"{row()}{row()}', 'row 3: not a CSV line'),
        (f'{HEADER}\n{row()}"{row() * 5000}', 'row 3: not a CSV line'),
        (f'{HEADER}\n{row()}{row(landmarks="1;" * 70000)}', 'row 3: not a CSV line'),
        (f'{HEADER}\n{row()}{row(path=chr(0))}', 'row 3: not a CSV line'),
    ],
    ids=lambda value: '' if len(value) > 60 else None,
)
def test_a_file_that_is_no_csv_of_this_layout_says_where(tmp_path, text, what):
    found = error(tmp_path, text)
    assert found.startswith(f'{tmp_path / "training.csv"}')
    assert what in found


def test_a_missing_training_file_says_what_is_needed(tmp_path):
    (tmp_path / 'validation.csv').write_text(f'{HEADER}\n{row()}')
    with pytest.raises(DataError, match=r'training\.csv: there is no such file.*Manually_Annotated_Images'):
        list(read_affectnet_csv(tmp_path))


def test_rows_are_read_as_they_are_asked_for(tmp_path):
    (tmp_path / 'training.csv').write_bytes(f'{HEADER}\n{row()}{row("1/b.jpg") * 3000}'.encode() + b'\xff\n')
    assert next(read_affectnet_csv(tmp_path)).path == f'{IMAGES}/1/a.jpg'
