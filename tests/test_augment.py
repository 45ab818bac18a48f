import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import map_coordinates

from cafer_tf import augment
from cafer_tf.config import AugmentationConfig, InputConfig

SIDE, SIZE = 40, 32
INPUT = InputConfig(image_size=SIZE, crop=0.2)
NOTHING = AugmentationConfig(flip=False, brightness=0.0, contrast=0.0, saturation=0.0, rotation=0.0, cutout=0.0)
EVERYTHING = AugmentationConfig(
    flip=True, brightness=0.5, contrast=0.9, saturation=0.9, rotation=30.0, cutout=0.3, expansion=2.0
)


@pytest.fixture(scope='module')
def levels():
    return np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope='module')
def draws():
    return augment.draw(tf.constant([1, 2]), 6000)


def changes(count, **values):
    """Nothing but the named changes, the same for every image."""
    still = {'top': 0, 'left': 0, 'mirrored': False, 'angle': 0.0, 'brightness': 0.0, 'contrast': 1.0}
    still |= {'saturation': 1.0, 'hole': (0, 0), 'factor': 1.0, 'place': (0.0, 0.0)} | values
    return augment.Changes(**{name: tf.constant([value] * count) for name, value in still.items()})


def test_draws_follow_the_seed():
    first, again, other = (augment.draw(tf.constant(seed), 4).numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    assert first.shape == (4, 12)
    np.testing.assert_array_equal(first, again)
    assert len(np.unique([first, other])) == 2 * 4 * 12
    # What was drawn before images could shrink is drawn still.
    np.testing.assert_array_equal(first[:, :9], tf.random.stateless_uniform([4, 9], [1, 2]))


def test_crops_are_uniform_over_all_places(draws):
    chosen = augment.choose(draws, SIDE, INPUT, NOTHING)
    for offsets in (chosen.top, chosen.left):
        counts = np.bincount(offsets)
        assert len(counts) == SIDE - SIZE + 1
        # 6000 draws for 9 places: 667 each, standard deviation sqrt(6000 / 9 * 8 / 9) = 24.
        np.testing.assert_allclose(counts, 6000 / 9, atol=4 * 24)
    assert abs(np.corrcoef(chosen.top, chosen.left)[0, 1]) < 0.05


@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation', 'angle'])
def test_factors_fill_their_range_and_do_not_leave_it(draws, name):
    augmentation = AugmentationConfig(brightness=0.1, contrast=0.2, saturation=0.3, rotation=18.0)
    middle, reach = {
        'brightness': (0, 0.1),
        'contrast': (1, 0.2),
        'saturation': (1, 0.3),
        'angle': (0, math.radians(18)),
    }[name]
    scaled = (getattr(augment.choose(draws, SIDE, INPUT, augmentation), name).numpy() - middle) / reach
    assert scaled.min() >= -1 - 1e-5
    assert scaled.max() <= 1 + 1e-5
    # Quantiles of a uniform distribution.
    np.testing.assert_allclose(np.quantile(scaled, [0, 0.25, 0.5, 0.75, 1]), [-1, -0.5, 0, 0.5, 1], atol=0.05)


def test_half_of_the_images_are_mirrored_or_none(draws):
    assert 0.47 < augment.choose(draws, SIDE, INPUT, EVERYTHING).mirrored.numpy().mean() < 0.53
    assert not augment.choose(draws, SIDE, INPUT, NOTHING).mirrored.numpy().any()


def test_holes_are_centred_anywhere(draws):
    centres = augment.choose(draws, SIDE, INPUT, EVERYTHING).hole.numpy()
    assert centres.min() == 0
    assert centres.max() == SIZE - 1
    np.testing.assert_allclose(centres.mean(axis=0), (SIZE - 1) / 2, atol=0.5)


def test_crop_takes_its_place_and_mirrors(levels):
    chosen = changes(6, top=3)._replace(left=tf.range(6), mirrored=tf.range(6) % 2 == 1)
    cropped = augment.crop(tf.constant(levels), SIZE, chosen).numpy()
    for index in range(6):
        expected = levels[index, 3 : 3 + SIZE, index : index + SIZE]
        np.testing.assert_array_equal(cropped[index], expected[:, ::-1] if index % 2 else expected)


def test_turning_by_nothing_is_the_crop(levels):
    chosen = changes(6, top=5)._replace(left=tf.range(6), mirrored=tf.range(6) % 2 == 1)
    turned = augment.turn(tf.constant(levels), SIZE, chosen).numpy()
    np.testing.assert_allclose(turned, augment.crop(tf.constant(levels), SIZE, chosen).numpy(), atol=0.02)


@pytest.mark.parametrize('mirrored', [False, True])
@pytest.mark.parametrize('quarters', [1, 2, 3])
def test_quarter_turns_are_counterclockwise_about_the_middle_of_the_crop(levels, quarters, mirrored):
    chosen = changes(6, top=2, left=7, angle=quarters * math.pi / 2, mirrored=mirrored)
    cropped = augment.crop(tf.constant(levels), SIZE, chosen).numpy()
    turned = augment.turn(tf.constant(levels), SIZE, chosen).numpy()
    np.testing.assert_allclose(turned, np.rot90(cropped, quarters, axes=(1, 2)), atol=0.02)


def test_turning_reads_beyond_the_crop_and_repeats_the_edge_of_the_image(levels):
    angle, top, left = math.radians(25), 1, 8
    turned = augment.turn(tf.constant(levels), SIZE, changes(6, top=top, left=left, angle=angle)).numpy()
    # Seen from the middle, row r and column c of the result show what stood there before a turn by `angle`; rows count
    # downwards, so counterclockwise is from the columns' axis towards smaller rows.
    row, column = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    source_row = top + (SIZE - 1) / 2 + math.cos(angle) * row + math.sin(angle) * column
    source_column = left + (SIZE - 1) / 2 - math.sin(angle) * row + math.cos(angle) * column
    assert source_column.max() > SIDE  # some of it lies outside
    for image, result in zip(levels, turned, strict=True):
        for channel in range(3):
            expected = map_coordinates(
                image[..., channel].astype(float), [source_row, source_column], order=1, mode='nearest'
            )
            np.testing.assert_allclose(result[..., channel], expected, atol=0.02)


def test_colours_follow_a_stepwise_reference(levels):
    rng = np.random.default_rng(1)
    brightness, contrast, saturation = (
        rng.uniform(low, high, 6).astype('float32') for low, high in ((-0.4, 0.4), (0.3, 1.7), (0.2, 1.8))
    )
    chosen = changes(6)._replace(brightness=brightness, contrast=contrast, saturation=saturation)
    result = augment.recolour(tf.constant(levels, tf.float32), chosen).numpy()
    for image, b, c, s, changed in zip(levels, brightness, contrast, saturation, result, strict=True):
        expected = image / 255.0 + b
        mean = expected.mean(axis=(0, 1))
        expected = (expected - mean) * c + mean
        grey = expected @ [[0.2989], [0.5870], [0.1140]]
        expected = grey + s * (expected - grey)
        np.testing.assert_allclose(changed, np.clip(expected, 0, 1), atol=1e-5)
    assert (result == 0).any()
    assert (result == 1).any()  # so it was clipped


def test_brightness_adds_contrast_keeps_the_mean_and_saturation_keeps_grey():
    levels = tf.constant(np.random.default_rng(2).uniform(110, 150, (1, SIZE, SIZE, 3)), tf.float32)
    brighter = augment.recolour(levels, changes(1, brightness=0.2))
    np.testing.assert_allclose(brighter, levels / 255 + 0.2, atol=1e-5)
    flatter = augment.recolour(levels, changes(1, contrast=0.5))
    np.testing.assert_allclose(tf.reduce_mean(flatter, [1, 2]), tf.reduce_mean(levels, [1, 2]) / 255, atol=1e-5)
    np.testing.assert_allclose(np.std(flatter), np.std(levels / 255) / 2, rtol=1e-3)
    faded = augment.recolour(levels, changes(1, saturation=0.0)).numpy()
    np.testing.assert_allclose(faded, tf.image.rgb_to_grayscale(levels / 255).numpy().repeat(3, 3), atol=1e-4)


def test_a_hole_is_a_grey_square_within_the_image():
    images = tf.constant(np.random.default_rng(3).uniform(0, 0.4, (4, SIZE, SIZE, 3)), tf.float32)
    centres = [(0, 0), (31, 31), (16, 3), (10, 20)]
    result = augment.blank(images, 8, tf.constant(centres)).numpy()
    for image, changed, (row, column) in zip(images.numpy(), result, centres, strict=True):
        expected = image.copy()
        expected[max(row - 4, 0) : row + 4, max(column - 4, 0) : column + 4] = 0.5
        np.testing.assert_array_equal(changed, expected)


def test_images_shrink_up_to_the_factor_and_lie_anywhere(draws):
    chosen = augment.choose(draws, SIDE, INPUT, AugmentationConfig(expansion=3.0))
    np.testing.assert_allclose(np.quantile(chosen.factor, [0, 0.25, 0.5, 0.75, 1]), [1, 1.5, 2, 2.5, 3], atol=0.05)
    where = chosen.place / (chosen.factor[:, tf.newaxis] - 1)
    for axis in (0, 1):
        np.testing.assert_allclose(np.quantile(where[:, axis], [0, 0.25, 0.5, 0.75, 1]), np.arange(5) / 4, atol=0.05)
    assert np.abs(np.corrcoef(np.stack([chosen.factor, *where.numpy().T])) - np.eye(3)).max() < 0.05


def test_a_shrunk_image_lies_on_grey():
    chosen = changes(1, factor=2.0, place=(0.5, 0.25))
    levels = tf.fill([1, SIDE, SIDE, 3], tf.constant(255, tf.uint8))
    result = augment.surround(augment.turn(levels, SIZE, chosen) / 255, chosen).numpy()
    expected = np.full([1, SIZE, SIZE, 3], 0.5, np.float32)
    expected[:, 4:20, 8:24] = 1  # its side is 16 pixels, its place half of that to the right and a quarter down
    np.testing.assert_array_equal(result, expected)


def test_shrinking_takes_the_means_of_pixels(levels):
    # At half the size, each pixel's middle is the corner of four.
    shrunk = augment.turn(tf.constant(levels), SIZE, changes(6, top=3, left=4, factor=2.0, place=(1.0, 0.5))).numpy()
    crop = levels[:, 3 : 3 + SIZE, 4 : 4 + SIZE].astype(float)
    np.testing.assert_allclose(shrunk[:, 8:24, 16:], crop.reshape(6, 16, 2, 16, 2, 3).mean((2, 4)), atol=0.02)


def test_boxes_follow_the_faces(draws):
    """Each face is a disc that its box holds exactly."""
    side, margin = 160, 0.4
    config = InputConfig(image_size=128, crop=0.2)
    augmentation = AugmentationConfig(
        flip=True, brightness=0.0, contrast=0.0, saturation=0.0, rotation=30.0, cutout=0.0, expansion=2.5
    )
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    disc = np.hypot(rows, columns) < side / (1 + 2 * margin) / 2
    levels = np.repeat(255 * disc[np.newaxis, ..., np.newaxis].astype(np.uint8), 12, axis=0).repeat(3, axis=3)
    boxes = augment.face_boxes(draws[:12], side, config, augmentation, margin).numpy()
    images = augment.augment(tf.constant(levels), draws[:12], config, augmentation).numpy()[..., 0] > 0.5
    places = (np.arange(128) + 0.5) / 128
    for image, (x, y, length) in zip(images, boxes, strict=True):
        count = image.sum()
        assert x == pytest.approx(image.sum(0) @ places / count, abs=0.004)
        assert y == pytest.approx(image.sum(1) @ places / count, abs=0.004)
        assert length == pytest.approx(math.sqrt(4 * count / math.pi) / 128, rel=0.02)
    assert np.ptp(boxes, axis=0).min() > 0.2


def test_nothing_is_changed_where_nothing_is_asked(levels, draws):
    whole = InputConfig(image_size=SIDE, crop=0.0)
    result = augment.augment(tf.constant(levels), draws[:6], whole, NOTHING)
    np.testing.assert_allclose(result, levels / 255.0, rtol=1e-6)


@pytest.mark.parametrize('name', ['flip', 'brightness', 'contrast', 'saturation', 'rotation', 'cutout'])
def test_each_setting_does_something_by_itself(levels, draws, name):
    settings = {'flip': True, 'brightness': 0.3, 'contrast': 0.3, 'saturation': 0.3, 'rotation': 20.0, 'cutout': 0.3}
    whole = InputConfig(image_size=SIDE, crop=0.0)
    off = {key: type(value)() for key, value in settings.items()}
    result = augment.augment(tf.constant(levels), draws[:6], whole, AugmentationConfig(**off | {name: settings[name]}))
    assert np.abs(result - levels / 255.0).mean() > 0.01


def test_images_stay_in_range_and_shape(levels, draws):
    result = tf.function(augment.augment)(tf.constant(levels), draws[:6], INPUT, EVERYTHING)
    assert result.shape == [6, SIZE, SIZE, 3]
    assert result.dtype == tf.float32
    assert float(tf.reduce_min(result)) == 0
    assert float(tf.reduce_max(result)) == 1


def test_how_images_are_cut_into_batches_changes_nothing(draws):
    # Many images: what depends on a batch's length is the last bit of some numbers of a few.
    levels = np.random.default_rng(4).integers(0, 256, (600, 10, 10, 3), dtype=np.uint8)
    run = tf.function(
        lambda *batch: augment.augment(*batch, InputConfig(image_size=8, crop=0.2), EVERYTHING), reduce_retracing=True
    )
    cuts = [0, 1, 3, *range(10, 600, 59), 600]
    parts = [run(levels[start:stop], draws[start:stop]) for start, stop in itertools.pairwise(cuts)]
    np.testing.assert_array_equal(run(levels, draws[:600]), np.concatenate(parts))
