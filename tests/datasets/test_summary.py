"""A data set at a glance."""

import numpy as np
import pytest
from records import encode, image_of

from cafer_tf.datasets import FaceRecord, LeftOut, summarise, verified


def record(number: int, valence: float = 0.0, arousal: float = 0.0, **more: object) -> FaceRecord:
    return FaceRecord(f'{number}.jpg', valence, arousal, **{'subject_id': f'p{number % 3}', **more})


def test_everything_is_counted_once():
    items = [
        record(0, split='train', video_id='a'),
        LeftOut('x.jpg', 'no face'),
        record(1, split='test', video_id='a'),
        record(3, split='train', video_id='b'),
        LeftOut('y.jpg', 'missing file', damaged=True),
        LeftOut('z.jpg', 'no face'),
    ]
    summary = summarise(iter(items))
    assert (summary.rows, summary.kept, summary.damaged) == (6, 3, 1)
    assert list(summary.excluded.items()) == [('no face', 2), ('missing file', 1)]
    assert (summary.subjects, summary.subjects_known, summary.videos) == (2, True, 2)
    assert summary.splits == {'train': 2, 'test': 1}


def test_values_of_metadata_are_counted_by_key():
    metadata = [(('light', 'soft'), ('age', '41')), (('light', 'hard'),), (('light', 'soft'),), ()]
    summary = summarise(record(number, metadata=pairs) for number, pairs in enumerate(metadata))
    assert list(summary.metadata.items()) == [('age', 1), ('light', 2)]


def test_images_that_are_their_own_subjects_are_not_known():
    summary = summarise([record(number, subject_id=f'{number}.jpg') for number in range(4)])
    assert (summary.subjects, summary.subjects_known) == (4, False)
    assert summary.splits == {}


@pytest.mark.parametrize(('label', 'cell'), [(-1, 0), (-0.96, 0), (-0.94, 1), (0, 10), (0.3, 13), (0.7, 17), (1, 20)])
def test_a_tenth_is_the_middle_of_a_cell(label, cell):
    histogram = summarise([record(0, valence=label, arousal=-label)]).histogram
    assert np.argwhere(histogram).tolist() == [[cell, 20 - cell]]


def test_an_image_that_does_not_decode_is_left_out_in_its_place(tmp_path):
    whole = encode(image_of(0.1, 0.1))
    items: list[FaceRecord | LeftOut] = [record(number, file='labels.csv', row=number) for number in range(600)]
    for item in items:
        (tmp_path / item.path).write_bytes(whole[:300] if item.row == 300 else whole)
    items[2] = LeftOut('x.jpg', 'no face')
    found = list(verified(iter(items), tmp_path))
    assert found[300] == LeftOut('300.jpg', 'truncated image', 'labels.csv', 300, damaged=True)
    assert found[:300] + found[301:] == items[:300] + items[301:]
