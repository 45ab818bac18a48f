import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.grouping import legacy_groups
from cafer_tf.pairing import pair_groups

STRONG, WEAK = [0.9, 0.0], [0.1, 0.0]


def pairing_of(groups):
    """The pairing of a batch written as a string of S and W, as NumPy arrays."""
    labels = tf.constant([STRONG if group == 'S' else WEAK for group in groups])
    return type(pairing := pair_groups(labels, 0.5))(*(part.numpy() for part in pairing))


def test_a_balanced_batch_uses_every_example():
    pairing = pairing_of('SWWSWSSW')
    assert pairing.strong.tolist() == [0, 3, 5, 6]
    assert pairing.weak.tolist() == [1, 2, 4, 7]
    assert pairing.partner.tolist() == [3, 2, 1, 0]
    assert pairing.pair_weight.tolist() == [1, 1, 1, 1]
    assert pairing.weak_weight.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert pairing.strong_fraction == 0.5
    assert pairing.threshold == 0.5


@pytest.mark.parametrize(
    ('groups', 'pairs'),
    [
        ('SSSSSWWW', 2),  # M = 2 ⌊3 / 2⌋
        ('WSWWWWWW', 1),  # a single strong example forms one pair, with itself and with one weak example
        ('WWWWWWWW', 0),
        ('SSSSSSSS', 0),
    ],
)
def test_an_unbalanced_batch_leaves_slots_without_weight(groups, pairs):
    pairing = pairing_of(groups)
    assert pairing.pair_weight.tolist() == [1] * pairs + [0] * (4 - pairs)
    assert pairing.weak_weight.tolist() == [group == 'W' for group in groups]
    assert pairing.partner[:pairs].tolist() == list(range(pairs))[::-1]
    assert all(groups[row] == 'S' for row in pairing.strong[:pairs])
    assert all(groups[row] == 'W' for row in pairing.weak[:pairs])
    assert all(0 <= row < len(groups) for row in (*pairing.strong, *pairing.weak))


def test_shapes_are_static_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec([8, 2])])
    def shapes(labels):
        pairing = pair_groups(labels, 0.5)
        assert [part.shape.as_list() for part in pairing] == [[4], [4], [4], [4], [8], [], []]
        return pairing.partner

    np.testing.assert_array_equal(shapes(tf.constant([STRONG, WEAK] * 4)), [3, 2, 1, 0])


@pytest.mark.parametrize('seed', range(6))
def test_legacy_pairs_are_those_of_the_published_groups(seed):
    labels = np.random.default_rng(seed).uniform(-1, 1, (13, 2)).astype('float32')
    strong, weak = legacy_groups(labels)
    pairs = 1 if strong.size == 1 else 2 * (strong.size // 2)
    pairing = pair_groups(tf.constant(labels), 0.5, 'legacy')
    assert int(pairing.pair_weight.numpy().sum()) == pairs
    np.testing.assert_array_equal(pairing.strong[:pairs], strong[:pairs])
    np.testing.assert_array_equal(pairing.weak[:pairs], weak[:pairs])
    np.testing.assert_array_equal(np.flatnonzero(pairing.weak_weight), weak)


def test_a_legacy_batch_without_strong_emotion_is_compared_with_itself():
    labels = tf.constant([[0.1, 0.2], [0.0, 0.1], [0.2, 0.1], [0.3, 0.3]])
    pairing = pair_groups(labels, 0.5, 'legacy')
    assert pairing.strong.numpy().tolist() == pairing.weak.numpy().tolist() == [0, 1, 2, 3]
    assert pairing.pair_weight.numpy().tolist() == [1, 1, 1, 1]
