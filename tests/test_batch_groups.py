import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import grouping
from cafer_tf.batch_groups import batch_threshold, group_batch


def rows_of(labels, rule, threshold=0.5):
    groups = tf.function(group_batch)(tf.constant(labels, tf.float32), threshold, rule)
    return (
        groups.strong.numpy()[: int(groups.strong_count)].tolist(),
        groups.weak.numpy()[: int(groups.weak_count)].tolist(),
    )


def test_otsu_parts_at_the_threshold_of_the_training_split():
    assert rows_of([[0.9, 0], [0.5, 0], [0, -0.6], [0, 0]], 'otsu') == ([0, 2], [1, 3])


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.parametrize('size', [4, 17, 64])
def test_threshold_of_a_batch_is_that_of_the_histogram(seed, size):
    intensities = np.random.default_rng(seed).beta(1 + seed % 3, 2, size).astype('float32')
    assert float(batch_threshold(tf.constant(intensities))) == pytest.approx(
        grouping.otsu_threshold(intensities), rel=1e-6
    )


@pytest.mark.parametrize('value', [0.0, 0.3, 2**0.5])
def test_a_batch_with_nothing_to_part_is_on_one_side(value):
    labels = np.full([6, 2], value / 2**0.5)
    strong, weak = rows_of(labels, 'otsu_per_batch')
    assert sorted(strong + weak) == list(range(6))
    assert not strong or not weak


@pytest.mark.parametrize('scale', [1.0, 0.5, 0.2, 0.05])
@pytest.mark.parametrize('shift', [-0.6, 0.0, 0.3])
@pytest.mark.parametrize('seed', range(8))
def test_legacy_rule_is_that_of_the_published_code(seed, scale, shift):
    labels = np.random.default_rng(seed).uniform(-1, 1, (2 + 3 * seed, 2)) * scale + shift
    labels = labels.clip(-1, 1).astype('float32')
    strong, weak = grouping.legacy_groups(labels)
    assert rows_of(labels, 'legacy') == (strong.tolist(), weak.tolist())


def test_legacy_rule_of_labels_that_sum_to_nothing():
    labels = np.array([[0.5, 0.5], [-0.5, -0.5]], 'float32')
    strong, weak = grouping.legacy_groups(labels)
    assert rows_of(labels, 'legacy') == (strong.tolist(), weak.tolist())


@pytest.mark.parametrize('case', [0, 1, 3, 4, 5])
def test_legacy_rule_reproduces_the_golden_groups(case, goldens):
    values = goldens('caf_reference')
    labels = np.stack([np.ravel(values[f'grp{case}_{name}']) for name in 'va'], axis=1)
    hard, weak = (values[f'grp{case}_{name}'].tolist() for name in ('hard', 'weak'))
    assert rows_of(labels, 'legacy') == (hard, weak)
    groups = group_batch(tf.constant(labels, tf.float32), 0.5, 'legacy')
    assert float(groups.threshold) == pytest.approx(float(values[f'grp{case}_th'] + 0.25) ** 0.5, rel=1e-5)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="unknown grouping rule 'kmeans'"):
        group_batch(tf.zeros([4, 2]), 0.5, 'kmeans')
