import numpy as np
import pytest
import tensorflow as tf
from skimage.filters import threshold_otsu

from cafer_tf import features, grouping


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_intensity_is_the_distance_from_neutral_in_the_dtype_given(dtype):
    labels = np.array([[0.6, 0.8], [-1.0, 0.0], [0.0, 0.0]], dtype)
    result = grouping.intensity(labels)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, [1.0, 1.0, 0.0], rtol=1e-6)
    tensor = grouping.intensity(tf.constant(labels))
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor, result)


def test_intensity_takes_lists():
    np.testing.assert_allclose(grouping.intensity([[0.3, 0.4]]), [0.5])


def test_intensity_refuses_other_shapes():
    with pytest.raises(grouping.GroupingError, match=r'shape \[\.\.\., 2\]'):
        grouping.intensity(np.zeros([4, 3]))


@pytest.mark.parametrize('seed', range(5))
def test_threshold_is_scikit_images_within_a_bin(seed):
    rng = np.random.default_rng(seed)
    intensities = np.clip(np.concatenate([rng.normal(0.3, 0.1, 500), rng.normal(0.9, 0.15, 300)]), 0, 1.41)
    bin_width = features.MAX_INTENSITY / grouping.BINS
    assert grouping.otsu_threshold(intensities) == pytest.approx(threshold_otsu(intensities), abs=2 * bin_width)


def test_threshold_maximises_the_variance_between_the_groups():
    """Otsu's criterion, by brute force over every threshold that the histogram can express."""
    intensities = np.random.default_rng(1).beta(2, 3, 400) * features.MAX_INTENSITY
    edges = np.arange(1, grouping.BINS) * features.MAX_INTENSITY / grouping.BINS
    binned = (np.ceil(intensities / edges[0]) - 0.5) * edges[0]

    def between(threshold):
        strong = intensities > threshold
        if strong.all() or not strong.any():
            return 0.0
        return strong.mean() * (1 - strong.mean()) * (binned[strong].mean() - binned[~strong].mean()) ** 2

    best = max(between(edge) for edge in edges)
    assert between(grouping.otsu_threshold(intensities)) == pytest.approx(best, rel=1e-12)


def test_labels_on_a_coarse_scale_are_parted_between_the_clusters():
    """Whole clusters on one value, as on AFEW-VA's scale of tenths: none may fall on the wrong side of its own bin."""
    intensities = np.array([0.2] * 50 + [0.9] * 10)
    strong = grouping.is_strong(intensities, grouping.otsu_threshold(intensities))
    np.testing.assert_array_equal(strong, intensities > 0.5)


def test_an_intensity_on_an_edge_belongs_to_the_bin_below():
    edge = features.MAX_INTENSITY / 2
    histogram = grouping.IntensityHistogram.empty().add([0.0, edge, features.MAX_INTENSITY])
    assert np.flatnonzero(histogram.counts).tolist() == [0, 127, 255]


def test_histograms_merge_to_the_histogram_of_all():
    intensities = np.random.default_rng(2).uniform(0, 1.4, 1000)
    whole = grouping.IntensityHistogram.empty().add(intensities)
    parts = [grouping.IntensityHistogram.empty().add(part) for part in np.split(intensities, [100, 101, 640])]
    merged = parts[2].merge([parts[0], parts[3], parts[1]])
    np.testing.assert_array_equal(merged.counts, whole.counts)
    assert merged.threshold() == whole.threshold()


@pytest.mark.parametrize(
    ('intensities', 'message'),
    [
        ([], 'there are no labels'),
        ([0.4] * 9, 'the same emotional intensity'),
        ([0.1, np.nan], 'not finite'),
        ([0.1, 1.6], r'not in \[0, sqrt\(2\)\]'),
        ([0.1, -0.1], r'not in \[0, sqrt\(2\)\]'),
    ],
)
def test_refuses_what_cannot_be_parted(intensities, message):
    with pytest.raises(grouping.GroupingError, match=message):
        grouping.otsu_threshold(intensities)


def test_legacy_rule_by_hand():
    # Both columns: minimum first, maximum last, so m = 1 and t = (.1 + .1) / .8 = ¼; θ = ¼ √2, the bound on r² .6036.
    labels = np.array([[0.1, 0.1], [0.1, 0.1], [0.6, 0.6]])
    strong, weak = grouping.legacy_groups(labels)
    assert (strong.tolist(), weak.tolist()) == ([2], [0])


def test_legacy_rule_falls_back_to_fixed_bands():
    # One column sums to almost nothing, so θ is large and nobody is strong: weak is r² < .3, strong r² > .65.
    labels = np.array([[0.9, 0.5], [-0.9, 0.5], [0.01, 0.1], [0.2, 0.1], [0.6, 0.1]])
    strong, weak = grouping.legacy_groups(labels)
    assert (strong.tolist(), weak.tolist()) == ([0, 1], [2, 3])
    alone, same = grouping.legacy_groups(labels[2:4])
    assert alone.tolist() == same.tolist() == [0, 1]


@pytest.mark.parametrize('case', [0, 1, 3, 4, 5])
def test_legacy_rule_reproduces_the_golden_groups(case, goldens):
    values = goldens('caf_reference')
    labels = np.stack([values[f'grp{case}_v'], values[f'grp{case}_a']], axis=1)
    strong, weak = grouping.legacy_groups(labels)
    assert strong.tolist() == values[f'grp{case}_hard'].tolist()
    assert weak.tolist() == values[f'grp{case}_weak'].tolist()


@pytest.mark.parametrize('case', range(6))
def test_legacy_share_reproduces_the_golden_one(case, goldens):
    values = goldens('caf_reference')
    share = grouping._cumulative_share(values[f'cum{case}_d'].ravel().astype(np.float32))
    assert share == pytest.approx(float(values[f'cum{case}_out']), rel=1e-4)
