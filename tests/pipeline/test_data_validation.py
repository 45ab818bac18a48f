"""Drift that there is and drift that chance explains, on real statistics; labels without images; finished runs."""

import json
import pathlib
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv

from cafer_tf import features
from cafer_tf.datasets import FaceRecord
from pipeline.data_validation import (
    compare,
    describe,
    face_schema,
    label_statistics,
    read_training_statistics,
    split_drift,
)
from pipeline.data_validation.label_statistics import BATCH
from pipeline.errors import RunError

LABELS = (features.VALENCE, features.AROUSAL, features.INTENSITY)


@pytest.fixture(scope='module')
def schema():
    return face_schema()


def records(people, images, seed=0, shift=0.0, between=0.0, suffix='jpg', **more):
    """Records of people; `between` is the share of the variance of labels that lies between them."""
    random = np.random.default_rng(seed)
    for person in range(people):
        own = random.normal(0, 0.35, 2)
        for image in range(images):
            labels = np.sqrt(between) * own + np.sqrt(1 - between) * random.normal(0, 0.35, 2) + shift
            valence, arousal = np.clip(labels, -1, 1)
            yield FaceRecord(f'{person}/{image}.{suffix}', valence, arousal, f'person-{person}', **more)


def stats(people, images, seed=0, **more):
    return label_statistics(records(people, images, seed, **more))


def by_name(statistics):
    return {feature.path.step[0]: feature for feature in statistics.datasets[0].features}


@pytest.mark.parametrize(
    ('train', 'held_out', 'images'), [(3, 1, 5), (3, 1, 50), (10, 3, 20), (24, 8, 50), (104, 24, 20), (200, 40, 1)]
)
@pytest.mark.parametrize('between', [0.0, 0.5])
def test_splits_by_person_that_differ_by_chance_do_not_alarm(schema, train, held_out, images, between):
    for seed in range(5):
        one = stats(held_out, images, 2 * seed, between=between)
        drift = split_drift(one, stats(train, images, 2 * seed + 1, between=between), schema)
        assert describe(drift) == []
        measured = {info.path.step[0] for info in drift.drift_skew_info}
        assert measured == {*LABELS, features.IMAGE_FORMAT}


def test_a_split_of_other_labels_is_told_in_tfdv_s_words(schema):
    drift = split_drift(stats(24, 50, 1, shift=0.4), stats(104, 50, 2), schema)
    lines = describe(drift)
    assert [line.split(':')[0] for line in lines] == sorted([features.AROUSAL, features.VALENCE, features.INTENSITY])
    assert all('Jensen-Shannon divergence between current and previous is' in line for line in lines)


def test_a_split_of_another_image_format_is_told(schema):
    lines = describe(split_drift(stats(30, 5, 1, suffix='png'), stats(104, 5, 2), schema))
    assert len(lines) == 1
    assert lines[0].startswith('image/format: ') and 'png' in lines[0]


def test_an_empty_split_has_no_drift(schema):
    assert describe(split_drift(label_statistics([]), stats(10, 2), schema)) == []


def test_the_allowance_shrinks_with_more_people_but_not_with_more_images_of_them(schema):
    def threshold(people, images):
        found = compare(stats(people, images, 1), stats(people, images, 2), schema)
        return next(feature.threshold for feature in found.features if feature.name == features.VALENCE)

    few, more_images, more_people = threshold(10, 10), threshold(10, 200), threshold(200, 10)
    assert more_people < 0.08 < more_images < few
    # At most 1 / CORRELATION = 10 images of a person count: 30 * 2 / (10 * 10) / (8 ln 2) = 0.108.
    assert more_images > 0.05 + 0.1


def test_like_data_compares_as_alike(schema):
    found = compare(stats(40, 20, 1), stats(100, 20, 2), schema)
    assert found.drifted == ()
    assert [feature.name for feature in found.features] == sorted([*LABELS, features.IMAGE_FORMAT])
    assert all(0 <= feature.distance < feature.threshold for feature in found.features)
    assert (found.new_examples, found.new_people) == (800, 40)
    assert (found.reference_examples, found.reference_people) == (2000, 100)
    assert found.lines()[0] == 'new: 800 examples of 40 people; reference: 2000 examples of 100 people'


def test_other_data_drifts_with_distance_threshold_and_text(schema):
    found = compare(stats(40, 20, 1, shift=0.4, suffix='png', video_id='clip'), stats(100, 20, 2), schema)
    assert found.drifted == (*sorted([features.AROUSAL, features.IMAGE_FORMAT]), features.INTENSITY, features.VALENCE)
    valence = found.features[-1]
    assert valence.measure == 'Jensen-Shannon divergence'
    assert valence.distance > valence.threshold
    assert 'between training and serving' in valence.description
    assert valence.new.mean == pytest.approx(0.4, abs=0.05)
    assert valence.reference.mean == pytest.approx(0.0, abs=0.05)
    image_format = found.features[1]
    assert (image_format.measure, image_format.distance) == ('L-infinity distance', 1.0)
    assert (image_format.new.top, image_format.reference.top) == ('png', 'jpeg')
    assert [(change.name, change.new, change.reference) for change in found.presence] == [(features.VIDEO, 1.0, 0.0)]
    text = '\n'.join(found.lines())
    assert 'valence: DRIFTED' in text and 'video_id: in 100.0% of the new examples, 0.0% of the reference' in text


def test_categories_that_the_schema_does_not_know_are_compared(schema):
    def expressions(happy, total):
        frame = pd.DataFrame(
            {
                features.SUBJECT: [f'p{index}' for index in range(total)],
                'expression': ['happy'] * happy + ['sad'] * (total - happy),
                features.SOURCE: [f'{happy}/{index}.png' for index in range(total)],
            }
        )
        return tfdv.generate_statistics_from_dataframe(frame)

    found = compare(expressions(400, 500), expressions(100, 500), schema)
    assert found.drifted == ('expression',)
    assert found.features[0].distance == pytest.approx(0.6)
    assert compare(expressions(120, 500), expressions(100, 500), schema).drifted == ()


def test_nothing_to_compare_is_an_error(schema):
    with pytest.raises(RunError, match='the new data has no examples'):
        compare(label_statistics([]), stats(3, 2), schema)
    other = tfdv.generate_statistics_from_dataframe(pd.DataFrame({'age': [1, 2, 3]}))
    with pytest.raises(RunError, match='share no feature that can be compared'):
        compare(other, stats(3, 2), schema)


def test_label_statistics_are_those_that_examples_would_have():
    rows = [
        FaceRecord('a.jpg', 0.6, 0.8, 'ann', 'train', 'clip', 3, face_box=(0, 0, 5, 5), landmarks=(1, 2, 3, 4)),
        FaceRecord('b.PNG', -1.0, 0.0, 'ann', 'train'),
        FaceRecord('c.jpeg', 0.0, 0.0, 'b\udcf6b', 'train'),
        FaceRecord('d', 0.2, -0.6, 'cat', 'train'),
    ]
    statistics = label_statistics(iter(rows))
    assert statistics.datasets[0].num_examples == 4
    found = by_name(statistics)
    assert set(found) == {
        *LABELS,
        'subject_id',
        'split',
        'video_id',
        'frame_index',
        'image/format',
        'face_box',
        'landmarks',
    }
    valence = found[features.VALENCE].num_stats
    assert (valence.min, valence.max, valence.num_zeros) == (-1.0, pytest.approx(0.6), 1)
    assert valence.mean == pytest.approx((0.6 - 1.0 + 0.0 + 0.2) / 4)
    # |(.6, .8)| = 1, |(-1, 0)| = 1, 0, |(.2, -.6)| = .6325
    assert found[features.INTENSITY].num_stats.mean == pytest.approx((1 + 1 + 0 + 0.4**0.5) / 4)
    assert found[features.SUBJECT].string_stats.unique == 3
    assert {top.value: top.frequency for top in found[features.IMAGE_FORMAT].string_stats.top_values} == {
        'jpeg': 2,
        'png': 1,
    }
    assert found[features.VIDEO].string_stats.common_stats.num_missing == 3
    assert found[features.FRAME].num_stats.mean == 3
    assert found[features.LANDMARKS].num_stats.common_stats.max_num_values == 4


def test_a_feature_of_a_later_batch_counts_as_missing_in_the_earlier_ones():
    rows = (FaceRecord('a.jpg', 0, 0, 'ann', video_id='x' if index >= BATCH else None) for index in range(BATCH + 500))
    statistics = label_statistics(rows)
    assert statistics.datasets[0].num_examples == BATCH + 500
    video = by_name(statistics)[features.VIDEO].string_stats.common_stats
    assert (video.num_non_missing, video.num_missing) == (500, BATCH)


def test_memory_does_not_grow_with_the_records():
    def peak(count):
        tracemalloc.start()
        label_statistics(FaceRecord(f'{index}.jpg', 0.1, 0.2, f'person-{index}') for index in range(count))
        _, high = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return high

    assert peak(6 * BATCH) < 1.25 * peak(2 * BATCH)


def write(out: pathlib.Path, component: str, execution: int, statistics) -> pathlib.Path:
    folder = out / 'artifacts' / component / 'statistics' / str(execution) / 'Split-train'
    folder.mkdir(parents=True)
    (folder / 'FeatureStats.pb').write_bytes(statistics.SerializeToString())
    return folder / 'FeatureStats.pb'


def test_the_newest_training_statistics_of_a_run_are_read(tmp_path):
    for component, execution, people in (('StatisticsGen', 9, 3), ('StatisticsGen', 10, 4), ('OtherGen', 30, 7)):
        write(tmp_path, component, execution, stats(people, 1))
    assert read_training_statistics(tmp_path).datasets[0].num_examples == 4
    write(tmp_path, 'GroupedStatisticsGen', 12, stats(5, 1))
    assert read_training_statistics(tmp_path).datasets[0].num_examples == 5


def test_a_run_without_statistics_says_what_to_do(tmp_path):
    with pytest.raises(RunError, match=r'no statistics of a training split .* past StatisticsGen'):
        read_training_statistics(tmp_path)
    file = write(tmp_path, 'StatisticsGen', 2, stats(2, 1))
    file.write_bytes(json.dumps({'no': 'proto'}).encode())
    with pytest.raises(RunError, match=r'FeatureStats\.pb: the statistics cannot be read'):
        read_training_statistics(tmp_path)
    file.write_bytes(b'')
    with pytest.raises(RunError, match=r'FeatureStats\.pb: the statistics count no examples'):
        read_training_statistics(tmp_path)
