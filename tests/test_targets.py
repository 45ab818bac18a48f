import numpy as np
import pytest

from cafer_tf import Config, targets

IMAGES, LABELS = np.zeros([4, 8, 8, 3]), np.zeros([4, 2])
FINDER = Config().with_changes([('network.encoder', 'face_ssd'), ('adversarial.weight', 0.0)])


def test_labels_come_alone_or_by_name():
    for given in (LABELS, {'labels': LABELS}):
        images, found = targets.unpack((IMAGES, given), Config(), training=True)
        assert images.dtype == found.labels.dtype == 'float32'
        assert (found.people, found.boxes) == (None, None)


def test_people_and_boxes_come_where_they_are_needed():
    people, boxes = np.arange(4), np.ones([4, 3])
    _, found = targets.unpack(
        (IMAGES, {'labels': LABELS, 'people': people}), Config.from_preset('person_pairs'), training=True
    )
    assert found.people is people
    assert found.boxes is None
    _, found = targets.unpack((IMAGES, {'boxes': boxes, 'labels': LABELS}), FINDER, training=True)
    assert found.people is None
    assert found.boxes.dtype == 'float32'
    np.testing.assert_array_equal(found.boxes, boxes)


@pytest.mark.parametrize(
    ('config', 'given', 'message'),
    [
        (Config(), {'labels': LABELS, 'people': LABELS}, r"on \(images, {'labels': labels}\); .* and labels, people"),
        (Config.from_preset('person_pairs'), LABELS, r"on \(images, {'labels': labels, 'people': people}\)"),
        (FINDER, {'labels': LABELS}, r"{'labels': labels, 'boxes': boxes}\); the data set yields images and labels"),
    ],
)
def test_other_targets_are_refused(config, given, message):
    with pytest.raises(ValueError, match=message):
        targets.unpack((IMAGES, given), config, training=True)


def test_people_that_are_matched_may_be_left_out_to_judge():
    config = Config.from_preset('elim2022')
    _, found = targets.unpack((IMAGES, LABELS), config, training=False)
    assert found.people is None
    _, found = targets.unpack((IMAGES, {'labels': LABELS, 'people': np.arange(4)}), config, training=False)
    assert found.people is not None
    with pytest.raises(ValueError, match="'people': people"):
        targets.unpack((IMAGES, LABELS), config, training=True)
