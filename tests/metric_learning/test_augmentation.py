import numpy as np
import tensorflow as tf

from cafer_tf.metric_learning.augmentation import centred, cropped, turned


def test_drawings_are_turned_scaled_and_shifted_by_little():
    rows, columns = np.mgrid[:40, :40] - 19.5
    disc = (rows**2 + columns**2 < 64).astype(np.float32)
    images = tf.constant(np.repeat(disc[np.newaxis, ..., np.newaxis], 50, axis=0))
    changed = turned(images, tf.constant([1, 2])).numpy()[..., 0]
    mass = changed.sum(axis=(1, 2))
    centres = np.stack([(changed * rows).sum(axis=(1, 2)), (changed * columns).sum(axis=(1, 2))]) / mass
    # The disc's middle is the image's: 8 % of 40 pixels are 3.2, seen at a scale of at least .9.
    assert np.abs(centres).max() < 3.2 / 0.9 + 0.1 and np.abs(centres).max() > 1.5
    assert (mass / disc.sum()).min() > 1 / 1.1**2 - 0.05 and (mass / disc.sum()).max() < 1 / 0.9**2 + 0.05
    assert len(np.unique(mass.round(3))) > 40
    np.testing.assert_array_equal(turned(images, tf.constant([1, 2]))[..., 0], changed)


def test_a_part_of_a_photograph_lies_within_it_and_every_other_is_mirrored():
    from_left = np.broadcast_to(np.linspace(0, 1, 32, dtype=np.float32)[:, np.newaxis], (200, 32, 32, 1))
    across = cropped(tf.constant(from_left), 16, tf.constant([3, 4])).numpy()[..., 0]
    assert across.shape == (200, 16, 16)
    assert np.ptp(across, axis=1).max() < 1e-5  # from outside would come rows of zeros
    mirrored = (across[:, 0, 0] > across[:, 0, -1]).mean()
    assert 0.35 < mirrored < 0.65  # four standard deviations of 200 draws
    shares = np.abs(across[:, 0, -1] - across[:, 0, 0])
    assert shares.min() > 0.38 and shares.max() <= 1  # the least width is √(.2 · 3/4) = .39


def test_the_middle_is_in_the_middle():
    images = tf.reshape(tf.range(25.0), [1, 5, 5, 1])
    assert centred(images, 3)[0, :, :, 0].numpy().tolist() == [[6, 7, 8], [11, 12, 13], [16, 17, 18]]
