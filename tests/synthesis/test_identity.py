"""People: idiosyncrasy, independence of each other, and shapes that hold together."""

import dataclasses
import itertools

import numpy as np
import pytest

from cafer_tf.synthesis.expression import named
from cafer_tf.synthesis.head import Part, load_head
from cafer_tf.synthesis.identity import LARGEST, express, make_person, sliders

PEOPLE = range(6)


@pytest.fixture(scope='module')
def people():
    return [make_person(0, index) for index in PEOPLE]


def test_without_idiosyncrasy_all_people_move_alike_but_differ_in_shape(people):
    units = named('happy').units
    shown = [express(units, person.style, 0) for person in people]
    assert all(weights == shown[0] for weights in shown)
    heights = {round(person.face_height, 4) for person in people}
    assert len(heights) == len(people)


def test_people_differ_more_with_more_idiosyncrasy(people):
    units = named('happy').units
    names = sorted({name for person in people for name in express(units, person.style, 1)})

    def spread(idiosyncrasy):
        shown = [express(units, person.style, idiosyncrasy) for person in people]
        return np.std([[weights.get(name, 0) for name in names] for weights in shown], axis=0).mean()

    spreads = [spread(value) for value in (0, 0.25, 0.5, 0.75, 1)]
    assert spreads[0] == pytest.approx(0, abs=1e-12)
    assert all(low < high for low, high in itertools.pairwise(spreads))


def test_expression_follows_its_equation(people):
    style = dataclasses.replace(
        people[0].style, gain=0.1, region_gains=dict.fromkeys(people[0].style.region_gains, 0.2), asymmetry=0.25,
        resting={'mouthSmile': 0.3},
    )  # fmt: skip
    weights = express({'mouthSmile': 0.4, 'jawOpen': 0.5}, style, 0.5)
    smile = 0.4 * np.exp(0.5 * 0.3) + 0.5 * 0.3
    assert weights == pytest.approx(
        {
            'unit/mouthSmileLeft': smile * 1.125,
            'unit/mouthSmileRight': smile * 0.875,
            'unit/jawOpen': 0.5 * np.exp(0.5 * 0.3),
        }
    )


def test_weights_are_bounded(people):
    for person in people:
        weights = express({'browDown': 50.0, 'eyeBlink': 50.0}, person.style, 1)
        assert max(weights.values()) == LARGEST
        assert weights['unit/eyeBlinkLeft'] == 1


def test_a_person_is_the_same_every_time_and_differs_between_seeds():
    one, again, other = make_person(3, 5), make_person(3, 5), make_person(4, 5)
    np.testing.assert_array_equal(one.positions, again.positions)
    np.testing.assert_array_equal(one.appearance.skin, again.appearance.skin)
    assert one.style == again.style != other.style
    assert one.face_height != other.face_height


def test_both_sides_of_the_face_share_their_sliders():
    ends = sliders()['eye-scale']
    assert [sorted(names) for names in ends] == [
        ['shape/l-eye-scale-decr', 'shape/r-eye-scale-decr'],
        ['shape/l-eye-scale-incr', 'shape/r-eye-scale-incr'],
    ]


def test_teeth_are_behind_the_lips_of_everybody(people):
    head = load_head()
    teeth, lips = head.vertex_parts == Part.TEETH, (head.lips > 0.9) & (np.abs(head.positions[:, 0]) < 0.1)
    for person in people:
        assert person.positions[: len(teeth)][teeth, 2].max() < person.positions[: len(lips)][lips, 2].max()
