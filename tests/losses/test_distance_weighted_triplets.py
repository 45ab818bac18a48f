import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import distance_weighted_triplets

ANCHORS = 150


def batch(distances):
    """Anchors of class 0, all at one point of the unit sphere of 4 dimensions, and negatives that far from it."""
    angles = 2 * np.arcsin(np.array([0.0] * ANCHORS + list(distances)) / 2)
    embeddings = np.stack([np.cos(angles), np.sin(angles), 0 * angles, 0 * angles], axis=1)
    return embeddings.astype(np.float32), np.array([0] * ANCHORS + list(range(1, len(distances) + 1)))


def shares(distances, **options):
    """How often each negative is drawn: 22,350 pairs of anchors, so that 1.5 % are four standard deviations or more."""
    embeddings, labels = batch(distances)
    triplets = distance_weighted_triplets(embeddings, labels, seed=[1, 2], **options).numpy()
    assert len(triplets) == ANCHORS * (ANCHORS - 1)
    return np.bincount(triplets[:, 2] - ANCHORS, minlength=len(distances)) / len(triplets)


def test_a_negative_is_drawn_by_the_inverse_of_the_density_of_its_distance():
    # In 4 dimensions q(d) ∝ d² √(1 - d²/4). What is nearer than .5 counts as .5; what is beyond 1.4 is not drawn.
    counted = np.array([0.5, 0.6, 0.9, 1.2, 1.39])
    weights = 1 / (counted**2 * np.sqrt(1 - counted**2 / 4))
    expected = [*weights / weights.sum(), 0]
    np.testing.assert_allclose(shares([0.3, 0.6, 0.9, 1.2, 1.39, 1.5]), expected, atol=0.015)


def test_the_cut_offs_can_be_moved():
    # With both ends at 1, all that are within reach count alike.
    np.testing.assert_allclose(shares([0.3, 0.6, 0.9, 1.2], nearest=1.0, farthest=1.0), [1 / 3] * 3 + [0], atol=0.015)
    each = np.full(ANCHORS + 2, 1.0)
    each[0] = 0.4
    embeddings, labels = batch([0.3, 0.9])
    triplets = distance_weighted_triplets(embeddings, labels, [0, 0], farthest=each).numpy()
    negatives = triplets[triplets[:, 0] == 0, 2]
    assert (negatives == ANCHORS).all() and len(negatives) == ANCHORS - 1
    assert (triplets[triplets[:, 0] == 1, 2] == ANCHORS + 1).any()


def test_where_no_negative_is_near_all_are_drawn_alike():
    np.testing.assert_allclose(shares([1.6, 1.9, 2.0]), [1 / 3] * 3, atol=0.015)


def test_every_pair_of_a_class_gets_a_negative_of_another():
    generator = np.random.default_rng(0)
    embeddings = generator.normal(size=(12, 64))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    labels = np.repeat([3, 1, 2], 4)
    anchors, positives, negatives = distance_weighted_triplets(embeddings, labels, [0, 1]).numpy().T
    assert len(set(zip(anchors, positives, strict=True))) == len(anchors) == 12 * 3
    assert (labels[anchors] == labels[positives]).all() and (anchors != positives).all()
    assert (labels[anchors] != labels[negatives]).all()


def test_one_class_has_no_triplets():
    assert distance_weighted_triplets(tf.eye(4), [5, 5, 5, 5], [0, 0]).shape == (0, 3)


@pytest.mark.parametrize('other', [[1, 2], [1, 3]])
def test_the_seed_is_the_draw_in_a_graph_too(other):
    embeddings, labels = batch([0.6, 0.7, 0.8])
    eager = distance_weighted_triplets(embeddings, labels, [1, 2]).numpy()
    in_graph = tf.function(distance_weighted_triplets)(tf.constant(embeddings), tf.constant(labels), tf.constant(other))
    assert np.array_equal(eager, in_graph.numpy()) == (other == [1, 2])
