import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.grouping import legacy_groups
from cafer_tf.pairing import pair_groups, pair_people

STRONG, WEAK = [0.9, 0.0], [0.1, 0.0]


def pairing_of(groups):
    """The pairing of a batch written as a string of S and W, as NumPy arrays."""
    labels = tf.constant([STRONG if group == 'S' else WEAK for group in groups])
    return type(pairing := pair_groups(labels, 0.5))(*(part.numpy() for part in pairing))


def test_a_balanced_batch_uses_every_example():
    pairing = pairing_of('SWWSWSSW')
    assert pairing.anchor.tolist() == [0, 3, 5, 6]
    assert pairing.positive.tolist() == [6, 5, 3, 0]
    assert pairing.negative.tolist() == [7, 4, 2, 1]
    assert pairing.pair_weight.tolist() == [1, 1, 1, 1]
    assert pairing.moved.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
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
    assert pairing.moved.tolist() == [group == 'W' for group in groups]
    assert pairing.positive[:pairs].tolist() == pairing.anchor[:pairs].tolist()[::-1]
    assert all(groups[row] == 'S' for row in pairing.anchor[:pairs])
    assert all(groups[row] == 'W' for row in pairing.negative[:pairs])
    assert all(0 <= row < len(groups) for rows in pairing[:3] for row in rows)


def test_shapes_are_static_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec([8, 2])])
    def shapes(labels):
        pairing = pair_groups(labels, 0.5)
        assert [part.shape.as_list() for part in pairing] == [[4], [4], [4], [4], [8], [], []]
        return pairing.positive

    np.testing.assert_array_equal(shapes(tf.constant([STRONG, WEAK] * 4)), [6, 4, 2, 0])


@pytest.mark.parametrize('seed', range(6))
def test_legacy_pairs_are_those_of_the_published_groups(seed):
    labels = np.random.default_rng(seed).uniform(-1, 1, (13, 2)).astype('float32')
    strong, weak = legacy_groups(labels)
    pairs = 1 if strong.size == 1 else 2 * (strong.size // 2)
    pairing = pair_groups(tf.constant(labels), 0.5, 'legacy')
    assert int(pairing.pair_weight.numpy().sum()) == pairs
    np.testing.assert_array_equal(pairing.anchor[:pairs], strong[:pairs])
    np.testing.assert_array_equal(pairing.positive[:pairs], strong[:pairs][::-1])
    np.testing.assert_array_equal(pairing.negative[:pairs], weak[:pairs][::-1])
    np.testing.assert_array_equal(np.flatnonzero(pairing.moved), weak)


def test_a_legacy_batch_without_strong_emotion_is_compared_with_itself():
    labels = tf.constant([[0.1, 0.2], [0.0, 0.1], [0.2, 0.1], [0.3, 0.3]])
    pairing = pair_groups(labels, 0.5, 'legacy')
    assert pairing.anchor.numpy().tolist() == [0, 1, 2, 3]
    assert pairing.positive.numpy().tolist() == pairing.negative.numpy().tolist() == [3, 2, 1, 0]
    assert pairing.pair_weight.numpy().tolist() == [1, 1, 1, 1]


def people_of(names):
    """The pairing by person of a batch written as a string with a letter for each row's person, as NumPy arrays."""
    people = tf.constant([ord(name) for name in names], tf.int64)
    labels = tf.constant([STRONG, WEAK] * len(names))[: len(names)]
    return type(pairing := pair_people(labels, people, 0.5))(*(part.numpy() for part in pairing))


def test_a_face_is_paired_with_the_next_of_its_person_and_the_next_of_another():
    pairing = people_of('ABAACB')
    assert pairing.anchor.tolist() == [0, 1, 2, 3, 4, 5]
    assert pairing.positive.tolist() == [2, 5, 3, 0, 4, 1]
    assert pairing.negative.tolist() == [1, 2, 4, 4, 5, 0]
    assert pairing.pair_weight.tolist() == [1, 1, 1, 1, 0, 1]  # C is there once
    assert pairing.moved.tolist() == [1] * 6
    assert pairing.strong_fraction == 0.5 and pairing.threshold == 0.5


@pytest.mark.parametrize('names', ['AAAA', 'ABCD'])
def test_a_batch_of_one_person_or_of_strangers_holds_no_pair(names):
    assert people_of(names).pair_weight.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize('seed', range(5))
def test_pairs_by_person_are_what_a_search_finds(seed):
    names = [chr(65 + number) for number in np.random.default_rng(seed).integers(5, size=16)]
    pairing = people_of(names)
    for row, name in enumerate(names):
        others = [(row + step) % 16 for step in range(1, 16)]
        mate = next((other for other in others if names[other] == name), None)
        stranger = next((other for other in others if names[other] != name), None)
        assert pairing.pair_weight[row] == (mate is not None and stranger is not None)
        if pairing.pair_weight[row]:
            assert (pairing.positive[row], pairing.negative[row]) == (mate, stranger)
