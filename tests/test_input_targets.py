"""Batches whose targets say more than valence and arousal: who is shown, and where the face is."""

import numpy as np
import pytest
import tensorflow as tf
from records import write

from cafer_tf import augment, input
from cafer_tf.config import CROPPED_MARGIN, AugmentationConfig, Config, InputConfig

CONFIG = Config.from_dict({'input': {'image_size': 32, 'crop': 0.125}, 'training': {'batch_size': 8, 'seed': 3}})
FINDER = CONFIG.with_changes(
    [('network.encoder', 'face_ssd'), ('input.image_size', 64), ('adversarial.weight', 0.0), ('faces.margin', 0.5)]
)
UNBALANCED = CONFIG.with_changes([('grouping.balanced', False)])
THRESHOLD = 0.8


@pytest.fixture(scope='module')
def labels():
    return np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2)).astype('float32')


@pytest.fixture(scope='module')
def records(tmp_path_factory, labels):
    return str(write(tmp_path_factory.mktemp('records') / 'train.gz', labels))


def rows(labels):
    return [tuple(label) for label in labels]


def test_where_people_are_compared_targets_say_who_is_shown(tmp_path, labels):
    config = Config.from_preset('person_pairs').with_changes(
        [('input.image_size', 32), ('input.crop', 0.125), ('training.batch_size', 8)]
    )
    names = [f'person {index % 3}' for index in range(len(labels))]
    path = str(write(tmp_path / 'train.gz', labels, subjects=names))
    person_of = dict(zip(rows(labels), names, strict=True))
    numbers = {}
    for dataset in (input.training_dataset([path], config, THRESHOLD), input.evaluation_dataset([path], config)):
        for _, targets in dataset.take(5):
            for row, number in zip(rows(targets['labels'].numpy()), targets['people'].numpy(), strict=True):
                assert numbers.setdefault(person_of[row], number) == number
    assert len(set(numbers.values())) == 3


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        ((), 'needs to know who is shown: 40 of 40 training examples have no subject_id'),
        ([str(index) for index in range(40)], 'show 40 people, the most frequent in 1 of 40'),
        (['one'] * 40, 'show 1 people, the most frequent in 40 of 40'),
        (['twice', *map(str, range(38)), 'twice'], r'0\.1 faces of a batch of 8 would have another of their person'),
    ],
)
def test_where_people_are_compared_somebody_must_be_shown_twice(tmp_path, labels, names, message):
    path = str(write(tmp_path / 'train.gz', labels, subjects=names))
    config = Config.from_preset('person_pairs').with_changes([('training.batch_size', 8)])
    with pytest.raises(input.InputError, match=message):
        input.training_dataset([path], config, THRESHOLD)


def test_matching_needs_to_know_who_is_shown_too(records):
    config = UNBALANCED.with_changes([('adversarial.weight', 0.0), ('matching.weight', 1.0)])
    with pytest.raises(input.InputError, match=r'matching\.weight above 0 needs to know who is shown: 40 of 40'):
        input.training_dataset([records], config, THRESHOLD)


def test_where_faces_are_found_targets_say_where(records, labels):
    config = FINDER.with_changes([('augmentation.expansion', 2.0)])
    dataset = input.training_dataset([records], config, THRESHOLD)
    assert {name: spec.shape for name, spec in dataset.element_spec[1].items()} == {'labels': [8, 2], 'boxes': [8, 3]}
    boxes = np.concatenate([targets['boxes'] for _, targets in dataset.take(4)])
    # 73 pixels, all of which but the margin are the face, become 64.
    largest = 73 / 64 / (1 + 2 * CROPPED_MARGIN)
    assert largest / 2 <= boxes[:, 2].min() < boxes[:, 2].max() <= largest
    assert len(np.unique(boxes, axis=0)) == 32
    evaluated = list(input.evaluation_dataset([records], config))
    np.testing.assert_allclose(np.concatenate([targets['labels'] for _, targets in evaluated]), labels, rtol=1e-6)
    for _, targets in evaluated:
        # The middle is at 36.5 of 73 pixels, of which 4 on the left are left out.
        np.testing.assert_allclose(targets['boxes'], np.tile([32.5 / 64, 32.5 / 64, largest], [8, 1]), rtol=1e-6)


@pytest.mark.parametrize(('size', 'crop'), [(64, 0.0), (64, 0.0625), (64, 0.125), (300, 0.0625)])
def test_the_box_in_evaluation_is_that_of_a_crop_in_the_middle(size, crop):
    config = InputConfig(image_size=size, crop=crop)
    side = input.resized_side(config)
    draws = np.zeros([1, 12], np.float32)
    draws[:, :2] = ((side - size) // 2 + 0.5) / (side - size + 1)
    draws[:, 2:4] = 1, 0.5  # neither mirrored nor turned
    box = augment.face_boxes(tf.constant(draws), side, config, AugmentationConfig(), 0.3)
    np.testing.assert_allclose(box[0], input.fitted_face_box(config, 0.3), rtol=1e-5)
