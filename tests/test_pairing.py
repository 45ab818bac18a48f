import numpy as np
import pytest
import tensorflow as tf

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
    assert pairing.pair_weight.tolist() == pairing.weak_weight.tolist() == [1, 1, 1, 1]
    assert pairing.strong_fraction == 0.5


@pytest.mark.parametrize(
    ('groups', 'pairs', 'weak'),
    [
        ('SSSSSWWW', 2, 3),  # M = 2 ⌊3 / 2⌋
        ('WSWWWWWW', 1, 4),  # a single strong example forms one pair, with itself and with one weak example
        ('WWWWWWWW', 0, 4),
        ('SSSSSSSS', 0, 0),
    ],
)
def test_an_unbalanced_batch_leaves_slots_without_weight(groups, pairs, weak):
    pairing = pairing_of(groups)
    assert pairing.pair_weight.tolist() == [1] * pairs + [0] * (4 - pairs)
    assert pairing.weak_weight.tolist() == [1] * weak + [0] * (4 - weak)
    assert pairing.partner[:pairs].tolist() == list(range(pairs))[::-1]
    assert all(groups[row] == 'S' for row in pairing.strong[:pairs])
    assert all(groups[row] == 'W' for row in pairing.weak[:weak])
    assert all(0 <= row < len(groups) for row in (*pairing.strong, *pairing.weak))


def test_shapes_are_static_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec([8, 2])])
    def shapes(labels):
        pairing = pair_groups(labels, 0.5)
        assert all(part.shape == [4] for part in pairing[:-1])
        return pairing.partner

    np.testing.assert_array_equal(shapes(tf.constant([STRONG, WEAK] * 4)), [3, 2, 1, 0])
