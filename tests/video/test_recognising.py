import numpy as np
import pytest
from clips import SIDE, face, moving

from cafer_tf import faces, recognition
from cafer_tf.video import Frame, Unsmoothed, WindowMean, recognise


def film(pictures):
    return [Frame(number, number / 25, picture) for number, picture in enumerate(pictures)]


def test_faces_are_followed_cropped_and_predicted_in_every_frame(predictor):
    pictures = moving(12)
    pictures[5] = np.full_like(pictures[5], 110)  # a search that finds none
    answers = list(recognise(predictor, film(pictures), Unsmoothed, every=5))
    assert [frame.number for frame, _ in answers] == list(range(12))
    assert [[item.number for item in found] for _, found in answers] == [[1, 2]] * 12
    assert [found[0].detected for _, found in answers] == [place in (0, 10, 11) for place in range(12)]
    for place, (_, found) in enumerate(answers):
        middles = [item.box[0] + item.box[2] / 2 for item in found]
        expected = [8 + 4 * place + SIDE / 2, 200 - SIDE / 2 - 8 - 4 * place]
        order = np.argsort([item.box[1] for item in found])
        assert np.abs(np.array(middles)[order] - expected).max() < 6
    (frame, found), config = answers[7], recognition.parameters(predictor.config)
    for item in found:
        place = faces.Face(item.box, item.left_eye, item.right_eye)
        expected = recognition.predicted(predictor, [faces.crop(frame.pixels, place, config)])[0]
        assert (item.valence, item.arousal) == item.raw == pytest.approx(tuple(expected), abs=1e-5)


def test_what_is_held_does_not_depend_on_the_length(predictor):
    read, held = 0, []

    def source():
        nonlocal read
        for frame in film(moving(2) * 20):
            read += 1
            yield frame

    for given, _ in enumerate(recognise(predictor, source(), every=4), start=1):
        held.append(read - given)
    assert given == 40
    assert max(held) <= 2 * 4


def test_frames_that_are_faces_are_not_searched(predictor):
    pictures = [face(0), face(1), np.full((40, 60, 3), 90, np.uint8)]
    answers = [found for _, found in recognise(predictor, film(pictures), lambda: WindowMean(10), whole=True)]
    raw = recognition.predicted(predictor, pictures)
    assert [[item.number for item in found] for found in answers] == [[1]] * 3
    assert answers[2][0].box == (0, 0, 60, 40)
    np.testing.assert_allclose([found[0].raw for found in answers], raw, atol=1e-6)
    last = answers[2][0]
    assert (last.valence, last.arousal) == pytest.approx(tuple(raw.mean(axis=0)), abs=1e-6)
    assert last.intensity == pytest.approx(np.hypot(*raw.mean(axis=0)), abs=1e-6)


def test_without_frames_or_faces_there_is_nothing(predictor):
    assert list(recognise(predictor, [])) == []
    empty = film([np.full((60, 80, 3), 90, np.uint8)] * 3)
    assert [found for _, found in recognise(predictor, empty)] == [[], [], []]
    with pytest.raises(ValueError, match='every must be at least 1; it is 0'):
        list(recognise(predictor, empty, every=0))
