"""The fingerprint tells a changed data set from an unchanged one."""

import os
import pathlib
import subprocess
import sys

import pytest

from cafer_tf import datasets


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
    rows = 'a.jpg,0.1,0.2,ann,train\nb.jpg,0,0,bob,eval\nc.jpg,0,0,cat,test\n'
    (tmp_path / 'labels.csv').write_text('path,valence,arousal,subject_id,split\n' + rows)
    for name in ('a.jpg', 'b.jpg'):
        (tmp_path / name).write_bytes(b'image')
        os.utime(tmp_path / name, ns=(10**18, 10**18))
    return tmp_path


def fingerprint(root: pathlib.Path) -> str:
    return datasets.fingerprint(datasets.stream('csv', root), root)


def test_the_fingerprint_of_an_unchanged_folder_stays(root):
    assert fingerprint(root) == fingerprint(root)


def test_the_fingerprint_changes_with_a_label(root):
    before = fingerprint(root)
    labels = root / 'labels.csv'
    labels.write_text(labels.read_text().replace('0.1,0.2', '0.1,0.3'))
    assert fingerprint(root) != before


def test_the_fingerprint_changes_with_an_image(root):
    before = fingerprint(root)
    (root / 'a.jpg').write_bytes(b'another')
    os.utime(root / 'a.jpg', ns=(10**18, 10**18))
    by_size = fingerprint(root)
    (root / 'a.jpg').write_bytes(b'ANOTHER')
    by_time = fingerprint(root)
    (root / 'c.jpg').write_bytes(b'found')
    assert len({before, by_size, by_time, fingerprint(root)}) == 4


def test_reading_needs_neither_tensorflow_nor_beam():
    code = 'import sys, cafer_tf.datasets; print(sorted({"tensorflow", "apache_beam", "tfx"} & set(sys.modules)))'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'


def test_an_image_that_is_missing_is_left_out_and_moves_nobody(root):
    listing = datasets.read('csv', root)
    assert [record.path for record in listing.records] == ['a.jpg', 'b.jpg']
    assert listing.left_out == (
        datasets.LeftOut('c.jpg', 'missing file', file=str(root / 'labels.csv'), row=4, damaged=True),
    )
    # Only train and eval have images, but test stays test.
    assert [record.split for record in listing.records] == ['train', 'eval']


def test_labels_are_streamed(root):
    items = datasets.stream('csv', root)
    assert next(items).path == 'a.jpg'
    (root / 'labels.csv').unlink()
    assert next(items).path == 'b.jpg'
