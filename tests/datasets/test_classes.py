"""Classes for learning a metric: every layout, and no class in two splits."""

import collections
import os

import layout_classes as layout
import numpy as np
import pytest
from scipy import io

from cafer_tf.datasets import DataError
from cafer_tf.datasets.classes import CLASS_LAYOUTS, ClassRecord, read_classes

IMAGES = [b'one', b'two']


def labels_of(listing, split):
    return list(dict.fromkeys(record.label for record in listing.records if record.split == split))


def write_official(root):
    layout.write_omniglot(root, IMAGES, {'images_background': ['Greek', 'Latin'], 'images_evaluation': ['Tibetan']})


WRITERS = {
    'cub200': lambda root: layout.write_cub200(root, IMAGES, each=1),
    'cars196': lambda root: layout.write_cars196(root, IMAGES),
    'omniglot': write_official,
    'folders': lambda root: layout.write_folders(root, IMAGES),
}


@pytest.mark.parametrize('name', sorted(CLASS_LAYOUTS))
def test_no_class_is_in_two_splits_and_every_image_is_there_once(tmp_path, name):
    WRITERS[name](tmp_path)
    listing = read_classes(name, tmp_path)
    train, test = labels_of(listing, 'train'), labels_of(listing, 'test')
    assert train and test and not set(train) & set(test)
    written = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob('*') if p.suffix in ('.jpg', '.png'))
    assert sorted(record.path for record in listing.records) == written
    assert (listing.notes, listing.left_out) == ((), ())
    assert read_classes(name, str(tmp_path)) == listing


def test_the_first_hundred_birds_train(tmp_path):
    layout.write_cub200(tmp_path, IMAGES, each=1)
    listing = read_classes('cub200', tmp_path)
    assert labels_of(listing, 'train') == [f'{i:03d}.Bird_{i}' for i in range(1, 101)]
    assert labels_of(listing, 'test') == [f'{i:03d}.Bird_{i}' for i in range(101, 201)]
    path = 'CUB_200_2011/images/001.Bird_1/001.Bird_1_0000.jpg'
    assert listing.records[0] == ClassRecord(path, '001.Bird_1', 'train')
    inner = read_classes('cub200', tmp_path / 'CUB_200_2011')
    assert [f'CUB_200_2011/{record.path}' for record in inner.records] == [record.path for record in listing.records]


def test_a_part_of_the_birds_is_noted_and_too_few_are_an_error(tmp_path):
    layout.write_cub200(tmp_path / 'some', IMAGES, classes=101, each=1)
    listing = read_classes('cub200', tmp_path / 'some')
    assert labels_of(listing, 'test') == ['101.Bird_101']
    assert '101 classes instead of 200' in listing.notes[0]
    layout.write_cub200(tmp_path / 'few', IMAGES, classes=100, each=1)
    with pytest.raises(DataError, match='100 classes, where the first 100 train'):
        read_classes('cub200', tmp_path / 'few')
    with pytest.raises(DataError, match='there is no CUB_200_2011/images'):
        read_classes('cub200', tmp_path)


def test_the_cars_of_the_first_98_classes_train(tmp_path):
    layout.write_cars196(tmp_path, IMAGES)
    listing = read_classes('cars196', tmp_path)
    assert labels_of(listing, 'train') == [str(i) for i in range(1, 99)]
    assert labels_of(listing, 'test') == [str(i) for i in range(99, 197)]
    truth = io.loadmat(tmp_path / 'cars_annos.mat', squeeze_me=True)['annotations']
    classes = {str(entry['relative_im_path']): str(entry['class']) for entry in truth}
    assert {record.path: record.label for record in listing.records} == classes


def test_wrong_entries_of_the_cars_are_damaged_and_counted_from_one(tmp_path):
    entries = [('a.jpg', 1), ('b.jpg', 99), ('a.jpg', 150), ('../c.jpg', 2), ('', 2), (7, 2), ('gone.jpg', 2)]
    entries += [('b1.jpg', wrong) for wrong in (0, 197, 1.5, np.nan, 'car', np.zeros([0, 0]), np.array([1, 2]))]
    layout.write_tree(tmp_path, ['a.jpg', 'b.jpg', 'b1.jpg'], IMAGES)
    layout.write_cars_labels(tmp_path, entries)
    listing = read_classes('cars196', tmp_path)
    assert [(r.path, r.label, r.split) for r in listing.records] == [('a.jpg', '1', 'train'), ('b.jpg', '99', 'test')]
    assert [(item.row, item.reason) for item in listing.left_out] == [
        (3, 'image listed again'),
        *((row, 'path is empty, not plain text, or leaves the folder') for row in (4, 5, 6)),
        (7, 'missing file'),
        *((row, 'class is not a number from 1 to 196') for row in range(8, 15)),
    ]
    assert all(item.damaged and item.file == str(tmp_path / 'cars_annos.mat') for item in listing.left_out)
    assert listing.notes == ('194 of 196 classes have no images: figures do not compare with those of others',)


def test_a_label_file_of_the_cars_that_is_none_says_what_to_do(tmp_path):
    file = tmp_path / 'cars_annos.mat'
    with pytest.raises(DataError, match=r'cars_annos\.mat: there is no such file'):
        read_classes('cars196', tmp_path)
    layout.write_cars_labels(tmp_path, [('a.jpg', 1)] * 20)
    whole = file.read_bytes()
    for data in (b'', b'no matlab', whole[:200], whole[: len(whole) // 4], whole[:128] + b'\xff' * 500):
        file.write_bytes(data)
        with pytest.raises(DataError, match=r'cars_annos\.mat: (not a MATLAB file|no annotations with)'):
            read_classes('cars196', tmp_path)
    for content in ({'x': 1}, {'annotations': np.zeros(3)}, {'annotations': {'path': 'a.jpg', 'class': 1}}):
        io.savemat(file, content)
        with pytest.raises(DataError, match=r'cars_annos\.mat: no annotations with a path in their first'):
            read_classes('cars196', tmp_path)


def test_a_label_file_of_the_cars_that_ends_the_process_reading_it_is_an_error(tmp_path):
    file = tmp_path / 'cars_annos.mat'
    layout.write_cars_labels(tmp_path, [('a.jpg', 1)])
    data = bytearray(file.read_bytes())
    assert data[144] == 2  # the first variable is a struct; read as a sparse matrix, it is a segmentation fault
    data[144] = 5
    file.write_bytes(data)
    with pytest.raises(DataError, match=r'cars_annos\.mat: not a MATLAB file that can be read \(.+\)'):
        read_classes('cars196', tmp_path)


def test_the_evaluation_set_of_omniglot_is_the_test(tmp_path):
    write_official(tmp_path)
    layout.write_omniglot(tmp_path, IMAGES, {'images_background_small1': ['Greek', 'Tibetan', 'Z']})
    listing = read_classes('omniglot', tmp_path)
    assert labels_of(listing, 'train') == [f'{a}/character{i:02d}' for a in ('Greek', 'Latin') for i in (1, 2, 3)]
    assert labels_of(listing, 'test') == [f'Tibetan/character{i:02d}' for i in (1, 2, 3)]
    assert not any('small' in record.path for record in listing.records)


def test_an_alphabet_of_both_sets_of_omniglot_trains_only(tmp_path):
    layout.write_omniglot(tmp_path, IMAGES, {'images_background': ['Greek'], 'images_evaluation': ['Greek', 'Tibetan']})
    listing = read_classes('omniglot', tmp_path)
    assert {label.split('/')[0] for label in labels_of(listing, 'test')} == {'Tibetan'}
    assert [(item.path, item.reason, item.damaged) for item in listing.left_out] == [
        ('images_evaluation/Greek', 'alphabet is in another folder already', False)
    ]


def test_the_small_sets_train_and_test_and_what_they_share_trains(tmp_path):
    sets = {
        'images_background_small1': ['Greek', 'Latin', 'Balinese'],
        'images_background_small2': ['Greek', 'Tagalog'],
    }
    layout.write_omniglot(tmp_path, IMAGES, sets)
    listing = read_classes('omniglot', tmp_path)
    alphabets = {split: {label.split('/')[0] for label in labels_of(listing, split)} for split in ('train', 'test')}
    assert alphabets == {'train': {'Balinese', 'Greek', 'Latin'}, 'test': {'Tagalog'}}
    assert [(item.path, item.reason) for item in listing.left_out] == [
        ('images_background_small2/Greek', 'alphabet is in another folder already')
    ]


def test_of_one_set_whole_alphabets_are_parted(tmp_path):
    layout.write_omniglot(tmp_path, IMAGES, {'images_background': ['Greek', 'Latin', 'Balinese', 'Tagalog']})
    listing = read_classes('omniglot', tmp_path)
    alphabets = {split: {label.split('/')[0] for label in labels_of(listing, split)} for split in ('train', 'test')}
    assert alphabets == {'train': {'Balinese', 'Greek'}, 'test': {'Latin', 'Tagalog'}}


def test_too_few_alphabets_or_none_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r'there is no images_background, images_evaluation, .* Unpack Omniglot'):
        read_classes('omniglot', tmp_path)
    layout.write_omniglot(tmp_path, IMAGES, {'images_background': ['Greek']})
    with pytest.raises(DataError, match='1 alphabets, too few'):
        read_classes('omniglot', tmp_path)


@pytest.mark.parametrize(
    ('fraction', 'train'), [(0.5, 3), (0.01, 1), (0.99, 4), (0.3, 2), (0.29, 1), (0.7, 4), (0.69, 3)]
)
def test_the_first_folders_train_and_no_split_is_empty(tmp_path, fraction, train):
    layout.write_folders(tmp_path, IMAGES, classes=5)
    listing = read_classes('folders', tmp_path, fraction)
    assert labels_of(listing, 'train') == [f'class{i}' for i in range(train)]
    assert labels_of(listing, 'test') == [f'class{i}' for i in range(train, 5)]
    assert collections.Counter(record.label for record in listing.records) == {f'class{i}': 4 for i in range(5)}
    assert 'class0/more/1.png' in {record.path for record in listing.records}


def test_empty_classes_are_noted_and_keep_their_place(tmp_path):
    layout.write_tree(tmp_path, ['a/1.jpg', 'd/1.jpg'], IMAGES)
    for name in ('b', 'c'):
        (tmp_path / name).mkdir()
    (tmp_path / 'b/notes.txt').touch()
    listing = read_classes('folders', tmp_path)
    assert [(r.label, r.split) for r in listing.records] == [('a', 'train'), ('d', 'test')]
    assert listing.notes == ('2 of 4 classes have no images: b, c',)


def test_images_in_no_class_and_names_that_are_not_plain_text_are_damaged(tmp_path):
    names = ['stray.jpg', 'a/1.jpg', os.fsdecode(b'a/\xff.jpg'), 'b/x\n.jpg', 'c/1.jpg', os.fsdecode(b'd\xff/1.jpg')]
    layout.write_tree(tmp_path, names, IMAGES)
    listing = read_classes('folders', tmp_path)
    assert [(r.path, r.split) for r in listing.records] == [('a/1.jpg', 'train'), ('c/1.jpg', 'test')]
    reasons = collections.Counter(item.reason for item in listing.left_out)
    assert reasons == {'image in no class folder': 1, 'name is not plain text': 3}
    assert all(item.damaged and item.path.isprintable() for item in listing.left_out)


def test_links_make_no_class_appear_twice_and_no_circle(tmp_path):
    layout.write_tree(tmp_path / 'x', ['a/1.jpg', 'b/1.jpg'], IMAGES)
    (tmp_path / 'x/a/up').symlink_to(tmp_path / 'x')
    listing = read_classes('folders', tmp_path / 'x')
    assert [record.path for record in listing.records] == ['a/1.jpg', 'b/1.jpg']
    assert [(item.path, item.reason, item.damaged) for item in listing.left_out] == [
        ('a/up', 'linked folder in a class', True)
    ]
    (tmp_path / 'x/c').symlink_to(tmp_path / 'x/a')
    with pytest.raises(DataError, match=r'c: the same folder as .*a'):
        read_classes('folders', tmp_path / 'x')
    (tmp_path / 'x/c').unlink()
    (tmp_path / 'x/c').symlink_to(tmp_path / 'x')
    with pytest.raises(DataError, match=r'it is inside .*c, another class'):
        read_classes('folders', tmp_path / 'x')


def test_class_folders_may_be_links(tmp_path):
    layout.write_tree(tmp_path / 'elsewhere', ['a/1.jpg', 'b/1.jpg'], IMAGES)
    (tmp_path / 'x').mkdir()
    for name in ('a', 'b'):
        (tmp_path / 'x' / name).symlink_to(tmp_path / 'elsewhere' / name)
    assert [record.path for record in read_classes('folders', tmp_path / 'x').records] == ['a/1.jpg', 'b/1.jpg']


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(DataError, match=r"unknown layout of classes 'cub'\. The layouts are cars196, cub200"):
        read_classes('cub', tmp_path)
    with pytest.raises(DataError, match='there is no such folder'):
        read_classes('folders', tmp_path / 'nowhere')
    with pytest.raises(DataError, match='0 class folders, too few'):
        read_classes('folders', tmp_path)
    for fraction in (0, 1, -0.5, float('nan')):
        with pytest.raises(DataError, match=r'train_fraction .* is not between 0 and 1'):
            read_classes('folders', tmp_path, fraction)
    layout.write_tree(tmp_path, ['a/1.jpg'], IMAGES)
    (tmp_path / 'b').mkdir()
    with pytest.raises(DataError, match='no image of the layout folders is in the split test'):
        read_classes('folders', tmp_path)
