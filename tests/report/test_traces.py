"""Traces of a video: which videos and frames are shown, and what is drawn of them."""

import io
import itertools

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.offsetbox import AnnotationBbox
from PIL import Image

from cafer_tf.report import traces
from cafer_tf.report.traces import plot_path, plot_traces
from cafer_tf.report.video import FACES, Trace, choose_videos, rows_of_video, sample_frames


def trace(frames, rate=None, name='clip'):
    frames = np.array(frames)
    labels = np.stack([np.sin(frames / 9), np.cos(frames / 7)], axis=1)
    return Trace(name, frames, labels, labels * 0.8 + 0.1, rate)


def jpeg(width=40, height=40):
    stream = io.BytesIO()
    Image.new('RGB', (width, height), (200, 120, 90)).save(stream, 'JPEG')
    return stream.getvalue()


def lines(axes):
    """The curves of truth and prediction: the lines of more than two points."""
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def words(figure):
    return ' '.join(text.get_text() for text in (figure._suptitle, *(t for leg in figure.legends for t in leg.texts)))


def test_best_median_and_worst_follow_the_mean_of_the_scores():
    valence = {'a': 0.1, 'b': 0.9, 'c': 0.5, 'd': 0.4}
    arousal = {'a': 0.2, 'b': 0.7, 'c': 0.5, 'd': 0.9}  # means .15, .8, .5, .65; of the middle two, c is worse than d
    assert choose_videos(valence, arousal) == {'best': 'b', 'median': 'c', 'worst': 'a'}


def test_ties_go_by_name_whatever_the_order_of_the_videos():
    assert choose_videos({'c': 0.5, 'b': 0.5, 'a': 0.5}) == {'best': 'a', 'median': 'b', 'worst': 'c'}


def test_no_video_is_chosen_twice_and_none_without_a_score():
    assert choose_videos({'a': 0.5, 'b': 0.1}) == {'best': 'a', 'worst': 'b'}
    assert choose_videos({'a': 0.5, 'b': 0.1}, {'a': 0.3}) == {'median': 'a'}
    assert choose_videos({'a': float('nan')}) == {}


def test_rows_of_a_video_are_in_the_order_of_its_frames():
    videos, frames = np.array(['x', 'y', 'x', 'x']), np.array([30, 1, 4, 5])
    assert rows_of_video(videos, frames, 'x').tolist() == [2, 3, 0]
    assert rows_of_video(videos, frames, 'z').tolist() == []


def test_sampled_frames_are_the_middles_of_equal_spans():
    # Frames 1 to 90 in 9 spans of 10: the middle of the first lies between 5 and 6, of which the earlier is taken.
    assert sample_frames(np.arange(1, 91), 9) == [4, 14, 24, 34, 44, 54, 64, 74, 84]
    assert sample_frames(np.array([7]), 9) == [0]
    assert sample_frames(np.array([1, 2]), 9) == [0, 1]


def test_a_span_without_frames_has_no_sample():
    frames = np.array([*range(1, 11), *range(81, 91)])
    assert [frames[place] for place in sample_frames(frames, 9)] == [5, 85]


def test_frames_are_missing_where_the_step_is_longer_than_usual():
    assert trace([1, 2, 3, 7, 8, 20, 30, 31]).gaps.tolist() == [2, 4, 5]
    assert trace([1, 2, 3, 7, 8, 20, 30, 31]).alone.tolist() == [5]
    assert trace([5, 10, 15, 20]).gaps.tolist() == []  # every fifth frame was kept
    assert trace([4]).gaps.tolist() == []
    assert trace([4]).alone.tolist() == [0]


@pytest.mark.parametrize(
    ('frames', 'rows', 'message'),
    [
        ([], 0, r'video v: there are no frames'),
        ([1, 2], 3, r'video v: labels and predictions need the shape \(2, 2\).*\(3, 2\)'),
        ([3, 4, 4], 3, r'video v: frame numbers must increase, and 4 follows 4'),
        ([-1, -1], 2, r'-1 follows -1'),
        ([2, 1], 2, r'1 follows 2; sort the rows by frame'),
    ],
)
def test_rows_that_are_no_trace_are_refused(frames, rows, message):
    with pytest.raises(ValueError, match=message):
        Trace('v', np.array(frames, int), np.zeros((rows, 2)), np.zeros((rows, 2)))


def test_both_outputs_are_drawn_over_seconds_from_the_first_frame():
    shown = trace(range(11, 61), rate=25.0)
    valence, arousal = plot_traces(shown, {}).axes
    for column, (axes, name) in enumerate([(valence, 'valence'), (arousal, 'arousal')]):
        truth, prediction = lines(axes)
        np.testing.assert_allclose(truth.get_xdata(), np.arange(50) / 25)
        np.testing.assert_array_equal(truth.get_ydata(), shown.labels[:, column])
        np.testing.assert_array_equal(prediction.get_ydata(), shown.predictions[:, column])
        assert axes.get_ylabel() == name
    assert arousal.get_xlabel() == 'time in seconds'
    assert plot_traces(trace([1, 2, 3]), {}).axes[-1].get_xlabel() == 'frame'


def test_missing_frames_break_the_lines_and_are_named():
    figure = plot_traces(trace([1, 2, 3, 7, 8, 9]), {})
    for axes in figure.axes:
        for line in lines(axes):
            assert np.flatnonzero(np.isnan(line.get_ydata())).tolist() == [3]
            assert line.get_xdata()[[2, 4]].tolist() == [3, 7]
    assert 'no frames' in words(figure)
    assert 'no frames' not in words(plot_traces(trace(range(6)), {}))


def test_a_frame_between_two_gaps_is_a_dot():
    figure = plot_traces(trace([1, 2, 3, 10, 17, 18, 19]), {})
    dots = [line for line in figure.axes[0].lines if line.get_marker() == '.']
    assert [line.get_xdata().tolist() for line in dots] == [[10.0], [10.0]]


def test_the_title_has_the_concordance_of_the_video():
    # In valence both variances and the covariance are 1/6 and the means are 1/2 apart, so that the CCC is
    # 2 (1/6) / (1/6 + 1/6 + 1/4) = 4/7. In arousal they agree.
    labels = np.array([[-0.5, -0.2], [0.0, 0.1], [0.5, 0.3]])
    shown = Trace('105', np.arange(3), labels, labels + np.array([0.5, 0.0]))
    assert words(plot_traces(shown, {})).startswith('105    CCC of valence 0.57    CCC of arousal 1.00')
    assert '0.57' in words(plot_path(shown))
    assert shown.described() == (
        'Video 105: 3 frames. Valence goes from -0.50 to +0.50, predicted +0.00 to +1.00, with a CCC of 0.57. '
        'Arousal goes from -0.20 to +0.30, predicted -0.20 to +0.30, with a CCC of 1.00.'
    )


def test_a_name_with_dollars_is_no_mathematics_in_either_title():
    shown = trace([1, 2, 3], name='a $5 b $_$')
    for figure in (plot_traces(shown, {}), plot_path(shown)):
        figure.canvas.draw()
        assert figure._suptitle._preprocess_math(figure._suptitle.get_text()) == (shown.title, False)


def faces_in(figure):
    """Where the faces of the strip point to, and their boxes in pixels."""
    figure.canvas.draw()
    boxes = [artist for artist in figure.axes[0].artists if isinstance(artist, AnnotationBbox)]
    return [box.xy[0] for box in boxes], [box.get_window_extent() for box in boxes]


def test_faces_spread_over_the_video_stand_above_their_times():
    shown = trace(range(1, 101), rate=25.0)
    numbers = [int(shown.frames[place]) for place in sample_frames(shown.frames)]
    places, _ = faces_in(plot_traces(shown, dict.fromkeys(numbers, jpeg())))
    assert len(places) == FACES
    assert places == pytest.approx([(number - 1) / 25 for number in numbers], abs=0.02)


@pytest.mark.parametrize('first', [1, 50, 92])
def test_faces_of_a_moment_neither_overlap_nor_leave_the_figure(first):
    figure = plot_traces(trace(range(1, 101)), {number: jpeg() for number in range(first, first + FACES)})
    _, extents = faces_in(figure)
    width = figure.get_size_inches()[0] * figure.dpi
    assert all(extent.x0 >= 0 and extent.x1 <= width for extent in extents)
    assert all(left.x1 <= right.x0 for left, right in itertools.pairwise(extents))


def test_faces_that_are_near_in_time_move_apart_in_their_order():
    places = traces._apart(np.array([0.0, 0.1, 0.2, 9.9]), 1.0, 0.0, 10.0)
    assert places.tolist() == [0.5, 1.5, 2.5, 9.5]
    assert traces._apart(np.array([9.7, 9.8, 9.9]), 1.0, 0.0, 10.0).tolist() == [7.5, 8.5, 9.5]


def test_images_that_have_no_place_are_refused():
    with pytest.raises(ValueError, match='video clip: there is an image of frame 9, which has no labels'):
        plot_traces(trace([1, 2, 3]), {9: jpeg()})
    with pytest.raises(ValueError, match=f'there are {FACES + 1} images, and room for {FACES}'):
        plot_traces(trace(range(20)), {number: jpeg() for number in range(FACES + 1)})


def test_the_path_is_drawn_for_truth_and_prediction_and_broken_where_frames_are_missing():
    shown = trace([1, 2, 3, 7, 8])
    truth, prediction = plot_path(shown).axes[:2]
    assert (truth.get_title(), prediction.get_title()) == ('truth', 'prediction')
    for axes, points in ((truth, shown.labels), (prediction, shown.predictions)):
        (path,) = [drawn for drawn in axes.collections if isinstance(drawn, LineCollection)]
        expected = [[points[0], points[1]], [points[1], points[2]], [points[3], points[4]]]
        np.testing.assert_array_equal(np.array(path.get_segments()), expected)
        ends = {line.get_marker(): line.get_xydata()[0].tolist() for line in axes.lines if len(line.get_xdata()) == 1}
        assert ends == {'o': points[0].tolist(), 's': points[-1].tolist()}


def test_both_figures_are_pictures_a_thousand_pixels_wide(tmp_path):
    tall, single = trace([1, 2, 3, 9], rate=25.0, name='tall'), trace([4], name='single')
    for shown, image in ((tall, jpeg(30, 60)), (single, jpeg())):
        for kind, figure in (
            ('traces', plot_traces(shown, {int(shown.frames[0]): image})),
            ('path', plot_path(shown)),
        ):
            path = tmp_path / f'{shown.name}-{kind}.png'
            figure.savefig(path, dpi=100)
            with Image.open(path) as picture:
                assert picture.width == 1000
                assert np.asarray(picture.convert('L')).std() > 5
