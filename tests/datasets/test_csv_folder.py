"""The layout of a user's own data: what is read, and how every mistake is named."""

import pathlib

import pytest

from cafer_tf import datasets
from cafer_tf.datasets import DataError

HEADER = 'path,valence,arousal,subject_id,split\n'
PEOPLE = 'a.jpg,0.1,0.2,ann,train\nb.jpg,-0.5,0,bob,eval\nc.jpg,1,-1,cat,test\n'

IMAGES = ['a.jpg', 'b.jpg', 'c.jpg', 'x/a.jpg', 'a, b.jpg', 'ö.png', *(f'{number}.jpg' for number in range(30))]


def write(folder: pathlib.Path, text: str | bytes) -> pathlib.Path:
    data = text.encode() if isinstance(text, str) else text
    (folder / 'labels.csv').write_bytes(data)
    for name in IMAGES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return folder


def message(folder: pathlib.Path, text: str | bytes) -> str:
    with pytest.raises(DataError) as raised:
        datasets.read('csv', write(folder, text))
    return str(raised.value)


def test_reads_every_column(tmp_path):
    text = 'path,valence,arousal,subject_id,split,video_id,frame_index\n'
    text += 'x/a.jpg,0.25,-0.5,ann,train,clip,7\nb.jpg,0,0,bob,eval,,\nc.jpg,1,-1,cat,test,,\n'
    listing = datasets.read('csv', write(tmp_path, text))
    first, second, third = listing.records
    assert first == datasets.FaceRecord(
        path='x/a.jpg',
        valence=0.25,
        arousal=-0.5,
        subject_id='ann',
        split='train',
        video_id='clip',
        frame_index=7,
        file=str(tmp_path / 'labels.csv'),
        row=2,
    )
    assert (second.video_id, second.frame_index, second.row) == (None, None, 3)
    assert (third.valence, third.arousal) == (1.0, -1.0)


@pytest.mark.parametrize(
    'text',
    [
        pytest.param(('\ufeff' + HEADER + PEOPLE).encode(), id='byte order mark'),
        pytest.param((HEADER + PEOPLE).replace('\n', '\r\n'), id='CRLF'),
        pytest.param((HEADER + PEOPLE).replace('\n', '\n\n'), id='blank lines'),
        pytest.param(HEADER + PEOPLE.rstrip('\n'), id='no last newline'),
        pytest.param((HEADER + PEOPLE).replace(',', ' , '), id='spaces'),
        pytest.param(HEADER.upper() + PEOPLE, id='upper case header'),
    ],
)
def test_spellings_of_a_file_do_not_matter(tmp_path, text):
    records = datasets.read('csv', write(tmp_path, text)).records
    assert [(r.path, r.valence, r.arousal, r.subject_id, r.split) for r in records] == [
        ('a.jpg', 0.1, 0.2, 'ann', 'train'),
        ('b.jpg', -0.5, 0.0, 'bob', 'eval'),
        ('c.jpg', 1.0, -1.0, 'cat', 'test'),
    ]


def test_columns_are_found_by_name(tmp_path):
    text = 'note,arousal,split,path,subject_id,valence\n'
    text += 'x,0.2,train,"a, b.jpg",ann,0.1\ny,0,eval,ö.png,bob,0\nz,0,test,c.jpg,cat,0\n'
    records = datasets.read('csv', write(tmp_path, text)).records
    assert [r.path for r in records] == ['a, b.jpg', 'ö.png', 'c.jpg']
    assert (records[0].valence, records[0].arousal) == (0.1, 0.2)


def test_every_further_column_is_metadata_sorted_by_name_and_an_empty_cell_gives_none(tmp_path):
    text = ',Light,path,valence,arousal,age\n0, soft ,a.jpg,0,0,41\n1,a=b,b.jpg,0,0,\n2,hard,c.jpg,0,0\n'
    records = list(datasets.stream('csv', write(tmp_path, text)))
    assert [record.metadata for record in records] == [
        (('Light', 'soft'), ('age', '41')),
        (('Light', 'a=b'),),
        (('Light', 'hard'),),
    ]
    assert len(set(records)) == 3


@pytest.mark.parametrize(
    ('column', 'value', 'what'),
    [
        ('a=b', 'x', "row 1: column 'a=b' has a = in its name"),
        ('l' * 101, 'x', 'row 1: column .* has a name of more than 100 characters'),
        ('a\x07', 'x', r'row 1: column .* has unprintable characters in its name'),
        ('note,note', 'x,y', "row 1: column 'note' appears twice"),
        ('note', 'x' * 101, 'row 2: note has 101 characters, more than 100'),
        ('note', 'x\x07y', 'row 2: note .* has unprintable characters'),
    ],
)
def test_metadata_that_cannot_be_kept_is_named_with_file_and_row(tmp_path, column, value, what):
    write(tmp_path, f'path,valence,arousal,{column}\na.jpg,0,0,{value}\n')
    with pytest.raises(DataError, match=rf'labels\.csv, {what}'):
        list(datasets.stream('csv', tmp_path))


def test_the_longest_metadata_is_kept(tmp_path):
    write(tmp_path, f'path,valence,arousal,{"k" * 100}\na.jpg,0,0,{"v" * 100}\n')
    (record,) = datasets.stream('csv', tmp_path)
    assert record.metadata == (('k' * 100, 'v' * 100),)


def test_without_subjects_each_image_is_its_own_and_the_user_is_told(tmp_path):
    text = 'path,valence,arousal\n' + ''.join(f'{i}.jpg,0,0\n' for i in range(30))
    listing = datasets.read('csv', write(tmp_path, text))
    assert all(record.subject_id == record.path for record in listing.records)
    assert any('each image counts as its own subject' in note for note in listing.notes)


@pytest.mark.parametrize(
    ('row', 'what'),
    [
        ('x.jpg,1.01,0,ann,train', 'valence 1.01 is outside [-1, 1]'),
        ('x.jpg,0,-2,ann,train', 'arousal -2 is outside [-1, 1]'),
        ('x.jpg,nan,0,ann,train', "valence 'nan' is not a number"),
        ('x.jpg,0,inf,ann,train', "arousal 'inf' is not a number"),
        ('x.jpg,happy,0,ann,train', "valence 'happy' is not a number"),
        ('x.jpg,,0,ann,train', "valence '' is not a number"),
        ('x.jpg,0', '2 columns, too few for the header'),
        (',0,0,ann,train', 'path is empty'),
        ('/etc/x.jpg,0,0,ann,train', 'path /etc/x.jpg leaves the folder'),
        ('../x.jpg,0,0,ann,train', 'path ../x.jpg leaves the folder'),
        ('y/../../x.jpg,0,0,ann,train', 'path y/../../x.jpg leaves the folder'),
        ('y\\x.jpg,0,0,ann,train', 'path y\\x.jpg has backslashes'),
        ('./a.jpg,0,0,ann,train', 'path a.jpg again, first in row 2'),
        ('x.jpg,0,0,,train', 'subject_id is empty'),
        ('x.jpg,0,0,ann,holdout', "split 'holdout' is not one of train"),
        ('x.jpg,0,0,ann,', "split '' is not one of train"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_row(tmp_path, row, what):
    text = message(tmp_path, HEADER + PEOPLE + row + '\n')
    assert text.startswith(f'{tmp_path / "labels.csv"}, row 5: ')
    assert what in text


def test_a_frame_number_must_be_one(tmp_path):
    text = 'path,valence,arousal,frame_index\na.jpg,0,0,x1\n'
    assert "row 2: frame_index 'x1' is not a whole number" in message(tmp_path, text)


def test_all_wrong_rows_are_reported_together(tmp_path):
    rows = ''.join(f'{i}.jpg,{2 + i},0,s{i},train\n' for i in range(13))
    text = message(tmp_path, HEADER + PEOPLE + rows)
    assert '13 rows are wrong' in text
    assert 'row 5: valence 2 is outside' in text
    assert 'row 14: valence 11 is outside' in text
    assert 'row 15' not in text
    assert 'and 3 more' in text


@pytest.mark.parametrize(
    ('text', 'what'),
    [
        ('', 'the file is empty'),
        (HEADER, 'no rows below the header'),
        ('path,valence\na.jpg,0\n', 'row 1: no column arousal'),
        ('path;valence;arousal\na.jpg;0;0\n', 'Separate columns by commas'),
        ('path,valence,valence,arousal\na.jpg,0,0,0\n', 'row 1: column valence appears twice'),
        ((HEADER + 'a.jpg,0,0,Bj\xf6rn,train\n').encode('latin-1'), 'row 2: not UTF-8 text'),
        (HEADER + '"a"x.jpg,0,0,ann,train\n', 'row 2: not a CSV line'),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, text, what):
    found = message(tmp_path, text)
    assert found.startswith(str(tmp_path / 'labels.csv'))
    assert what in found


def test_a_missing_file_folder_or_layout_says_what_is_needed(tmp_path):
    with pytest.raises(DataError, match=r'labels\.csv: cannot be read .* needs a folder with a labels\.csv'):
        datasets.read('csv', tmp_path)
    with pytest.raises(DataError, match='there is no such folder'):
        datasets.read('csv', tmp_path / 'nowhere')
    with pytest.raises(DataError, match=r"unknown data set layout 'tsv'\. The layouts are afew_va, .*, csv"):
        datasets.read('tsv', tmp_path)
