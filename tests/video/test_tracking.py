import itertools

import pytest

from cafer_tf.faces import Face
from cafer_tf.video import Tracker

STEP = 0.2
"""Seconds between two searches."""


def box(x, y=50.0, side=40.0):
    return Face((x - side / 2, y - side / 2, side, side), (x - 8, y - 5), (x + 8, y - 5), 0.99)


def followed(rounds):
    """The numbers of the faces of each round, in the order in which they were given."""
    tracker, numbers = Tracker(), []
    for index, found in enumerate(rounds):
        tracker.update(index, index * STEP, found)
        latest = {track.seen[-1].face: track.number for track in tracker.tracks if track.seen[-1].place == index}
        numbers.append([latest[face] for face in found])
    return numbers


def test_numbers_stay_in_whatever_order_faces_are_found():
    before, after = [box(50), box(150), box(250)], [box(60), box(160), box(240)]
    for order in itertools.permutations(range(3)):
        assert followed([before, [after[place] for place in order]])[1] == [place + 1 for place in order]


def test_a_face_that_is_missed_for_less_than_a_second_keeps_its_number():
    assert followed([[box(50)], [], [], [], [box(55)]])[-1] == [1]
    assert followed([[box(50)], [], [], [], [], [], [], [box(50)]])[-1] == [2]


def test_searches_that_are_far_apart_lose_no_face():
    tracker = Tracker()
    for place, found in ((0, [box(50)]), (100, []), (200, [box(52)])):
        tracker.update(place, place / 25, found)  # four seconds apart
    assert [track.number for track in tracker.tracks] == [1]


def test_faces_that_cross_go_on_as_they_went():
    # 30 pixels a round towards each other, at nearly the same height.
    rounds = [[box(40 + 30 * i, 50), box(280 - 30 * i, 58)] for i in range(9)]
    assert followed(rounds) == [[1, 2]] * 9
    del rounds[4][1]  # hidden behind the other one
    assert followed(rounds)[4:] == [[1], *[[1, 2]] * 4]


def test_another_face_elsewhere_or_of_another_size_is_a_new_one():
    assert followed([[box(50)], [box(150)]]) == [[1], [2]]
    assert followed([[box(50)], [box(50, side=120)]]) == [[1], [2]]


def test_between_two_detections_a_face_is_on_its_way():
    tracker = Tracker()
    for place, found in ((0, [box(50)]), (5, []), (10, [box(70, 60, 50)])):
        tracker.update(place, place / 25, found)
    (track,) = tracker.tracks
    face, detected = track.at(4, bridged=10)
    assert not detected
    assert face.box == pytest.approx((30 + 0.4 * 15, 30 + 0.4 * 5, 44, 44))
    assert face.left_eye == pytest.approx((42 + 0.4 * 20, 45 + 0.4 * 10))
    assert track.at(10, bridged=10) == (box(70, 60, 50), True)
    assert track.at(4, bridged=9) is None  # too far apart to know
    assert track.at(11, bridged=10) is None
