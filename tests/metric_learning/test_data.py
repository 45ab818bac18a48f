import itertools

import numpy as np
import pytest
from PIL import Image

from cafer_tf.datasets import DataError
from cafer_tf.datasets.classes import read_classes
from cafer_tf.metric_learning.data import ClassImages, balanced_batches, load_classes, part_classes


def _numbered(data):
    """Images by their content, with their class."""
    return {image.tobytes(): int(label) for image, label in zip(*data, strict=True)}


def test_no_class_is_in_two_of_the_three_parts(folders):
    data = load_classes('folders', folders, 12, 1)
    fit, validation = part_classes(data.train, 0.3, seed=0)
    owners = {}
    for record in read_classes('folders', folders).records:
        pixels = np.asarray(Image.open(folders / record.path)).reshape(12, 12, 1)
        owners[(255 - pixels).tobytes()] = record.label
    classes = [{owners[image.tobytes()] for image in part.images} for part in (fit, validation, data.test)]
    assert [len(part) for part in classes] == [4, 2, 6]
    assert len(set.union(*classes)) == 12
    assert [len(part.labels) for part in (fit, validation, data.test)] == [16, 8, 24]


def test_the_classes_to_train_on_are_numbered_from_0():
    data = ClassImages(np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1), np.repeat([2, 3, 5, 7, 9], 2))
    fit, validation = part_classes(data, 0.4, seed=1)
    assert sorted(set(fit.labels)) == [0, 1, 2] and len(set(validation.labels)) == 2
    # Those that were of one class still are.
    assert all(fit.labels[i] == fit.labels[i + 1] for i in range(0, 6, 2))
    assert set(_numbered(fit)).isdisjoint(_numbered(validation))


def test_another_seed_sets_other_classes_aside():
    data = ClassImages(np.zeros((80, 1, 1, 1), np.uint8), np.arange(80) // 2)
    chosen = [tuple(part_classes(data, 0.2, seed)[1].labels) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2] and len(chosen[0]) == 16


@pytest.mark.parametrize(
    ('classes', 'fraction', 'second'), [(4, 0.2, 2), (8, 0.01, 2), (12, 0.2, 2), (13, 0.2, 3), (5, 0.9, 3)]
)
def test_neither_part_has_one_class_alone(classes, fraction, second):
    data = ClassImages(np.zeros((2 * classes, 1, 1, 1), np.uint8), np.repeat(np.arange(classes), 2))
    parts = part_classes(data, fraction, seed=0)
    assert [len(np.unique(part.labels)) for part in parts] == [classes - second, second]


@pytest.mark.parametrize(
    ('labels', 'message'),
    [([0] * 8, 'there are 1'), ([0, 0, 1, 1, 2, 2], 'there are 3'), (range(10), 'the 2 classes .* one image each')],
)
def test_too_little_to_choose_the_epoch_by_is_said(labels, message):
    images = np.zeros((len(labels), 1, 1, 1), np.uint8)
    with pytest.raises(DataError, match=message):
        part_classes(ClassImages(images, np.array(labels)), 0.2, 0)


def test_batches_hold_as_many_of_each_class_and_come_to_all_classes():
    labels = np.repeat(np.arange(5), 4)
    batches = list(itertools.islice(balanced_batches(labels, 2, 3, seed=0), 5))
    for batch in batches:
        assert len(set(batch)) == 6
        assert sorted(np.unique(labels[batch], return_counts=True)[1]) == [3, 3]
    # Ten places for five classes: each twice.
    assert np.bincount(labels[np.concatenate(batches)]).tolist() == [6] * 5


def test_a_batch_asks_for_no_more_than_there_is():
    batch = next(balanced_batches(np.array([0, 0, 1]), 4, 2, seed=0))
    assert len(batch) == 4 and sorted(np.array([0, 0, 1])[batch]) == [0, 0, 1, 1]


def test_ink_is_bright_and_photographs_are_as_they_were(tmp_path):
    for label in 'ab':
        (tmp_path / label).mkdir()
        Image.new('RGB', (30, 20), (255, 128, 0) if label == 'a' else (255, 255, 255)).save(tmp_path / label / '1.png')
    photographs = load_classes('folders', tmp_path, 8, 3)
    assert photographs.train.images.shape == (1, 8, 8, 3)
    assert photographs.train.images[0, 4, 4].tolist() == [255, 128, 0]
    assert load_classes('folders', tmp_path, 8, 1).test.images.max() == 0  # white paper


def test_a_damaged_image_is_named(folders):
    path = folders / 'class0' / '0.png'
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r'class0/0\.png: truncated'):
        load_classes('folders', folders, 12, 1)


def test_the_fingerprint_tells_lists_of_images_apart(folders):
    before = load_classes('folders', folders, 12, 1).fingerprint
    assert load_classes('folders', folders, 8, 1).fingerprint == before
    (folders / 'class0' / '0.png').unlink()
    assert load_classes('folders', folders, 12, 1).fingerprint != before
