"""What the figures of the report are drawn from."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from cafer_tf.callbacks import Scalars
from cafer_tf.grouping import IntensityHistogram
from cafer_tf.report import curves, densities, embedding, faces, intensities, subjects
from cafer_tf.report.names import as_drawn
from cafer_tf.report.page import people, pictures


def test_cells_of_the_circumplex_with_few_faces_are_left_out_of_the_displacement():
    # Five faces in one cell of 0.25 x 0.25, all predicted 0.1 to the right; four in another.
    labels = np.array([[0.3, 0.3]] * 5 + [[-0.3, -0.3]] * 4)
    moved = densities.displacement(labels, labels + np.array([0.1, 0.0]))
    np.testing.assert_allclose(moved.truth, [[0.3, 0.3]])
    np.testing.assert_allclose(moved.predicted, [[0.4, 0.3]])
    assert moved.counts.tolist() == [5]


def test_labels_at_the_very_edge_have_a_cell():
    labels = np.array([[1.0, -1.0]] * 5)
    assert densities.displacement(labels, labels).counts.tolist() == [5]


def test_no_cell_with_enough_faces_is_drawn_as_none():
    moved = densities.displacement(np.zeros([1, 2]), np.zeros([1, 2]))
    assert moved.truth.shape == (0, 2)
    assert not densities.draw_displacement(moved).axes[0].collections


def test_the_density_counts_every_face():
    truth = np.array([0.5, 0.5, -1.0, 1.0])
    mesh = densities.draw_agreement(truth, truth, 'valence').axes[0].collections[0]
    assert mesh.get_array().sum() == 4


def test_no_person_is_best_or_worst_twice():
    labels = np.zeros([6, 2])
    predictions = np.array([[0.1, 0], [0.2, 0], [0.3, 0], [0.9, 0], [0.8, 0], [0.7, 0]])
    # By error: a .1, a .2, b .3, c .7, c .8, c .9.
    found = faces.extremes(labels, predictions, ['a', 'a', 'b', 'c', 'c', 'c'], 8)
    assert found.best == [0, 2, 5]
    assert found.worst == [3, 2, 1]
    assert faces.extremes(labels, predictions, ['a', 'a', 'b', 'c', 'c', 'c'], 1) == ([0], [3])


def test_thumbnails_are_small_jpegs():
    stream = io.BytesIO()
    Image.new('RGBA', (900, 450)).save(stream, 'png')
    image = Image.open(io.BytesIO(faces.thumbnail(stream.getvalue())))
    assert (image.format, image.size) == ('JPEG', (160, 80))


def test_principal_components_hold_the_variance_of_their_axes():
    # Two orthogonal directions with variances 9 and 1, nothing else.
    rng = np.random.default_rng(0)
    along = rng.normal(size=400)
    across = rng.normal(size=400)
    along, across = (values - values.mean() for values in (along, across))
    across -= along * (across @ along) / (along @ along)
    along, across = 3 * along / along.std(), across / across.std()
    embeddings = np.zeros([400, 5])
    embeddings[:, 3], embeddings[:, 1] = along, across
    found = embedding.project(embeddings + 7, seed=0)
    np.testing.assert_allclose(found.shares, [0.9, 0.1], atol=1e-9)
    np.testing.assert_allclose(np.abs(found.points[:, 0]), np.abs(along), atol=1e-6)
    np.testing.assert_allclose(np.abs(found.points[:, 1]), np.abs(across), atol=1e-6)
    assert (found.points[np.abs(found.points).argmax(axis=0), [0, 1]] > 0).all()


def test_a_map_of_many_faces_shows_as_many_as_it_can_hold():
    found = embedding.project(np.random.default_rng(0).normal(size=[embedding.MOST + 5, 3]), seed=1)
    assert len(found.points) == len(set(found.places.tolist())) == embedding.MOST
    with pytest.raises(ValueError, match='two embeddings or more; there are 1'):
        embedding.project(np.zeros([1, 3]), seed=0)


def test_embeddings_that_are_all_the_same_have_a_map():
    found = embedding.project(np.ones([4, 3]), seed=0)
    assert found.shares == (0.0, 0.0)
    np.testing.assert_array_equal(found.points, 0)


def test_a_label_that_never_varies_is_not_explained():
    points = np.random.default_rng(0).normal(size=[7, 2])
    assert people._explained(points, np.full(7, 0.1)) == 0
    assert people._explained(points, points @ [0.5, -2.0] + 1) == pytest.approx(1)


def test_the_people_with_most_faces_are_marked():
    names = ['zed', 'zed', 'amy', 'amy', *(f'p{number}' for number in range(10))]
    # Eight colours: the two with two faces, then the first six of the others by name.
    assert embedding.most_shown(names) == ['amy', 'p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'zed']


def test_a_person_without_one_of_the_scores_is_drawn_too():
    figure = subjects.draw_scores({'valence': {'ann': 0.5}, 'arousal': {'bob': 0.1}}, {'ann': 12, 'bob': 30}, 'person')
    above, below = figure.axes
    assert [label.get_text() for label in below.get_xticklabels()] == ['bob', 'ann']
    assert [bar.get_height() for bar in below.patches] == [30, 12]
    assert above.collections[0].get_offsets().tolist() == [[1, 0.5]]  # ann comes second


def test_names_of_many_people_are_left_out_of_the_axis():
    scores = {f'p{number}': number / 100 for number in range(61)}
    figure = subjects.draw_scores({'valence': scores, 'arousal': scores}, dict.fromkeys(scores, 10), 'person')
    assert not figure.axes[1].get_xticklabels()


def test_the_histogram_names_both_groups_and_the_threshold():
    histogram = IntensityHistogram.empty().add([0.1, 0.2, 0.9])
    axes = intensities.draw_intensities(histogram, 0.5).axes[0]
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(texts) == ['Otsu threshold 0.500', 'strong: 1', 'weak: 2']


def test_scalars_are_read_as_they_were_written_and_a_continued_training_overrides(tmp_path):
    assert curves.read_scalars(tmp_path) == {}
    for run in ({0: 0.25, 1: 0.5}, {1: 0.75, 2: 0.125}):
        callback = Scalars(tmp_path)
        callback.on_train_begin()
        for epoch, value in run.items():
            callback.on_epoch_end(epoch, {'loss': 2 * value, 'val_ccc': value})
        callback.on_train_end()
    scalars = curves.read_scalars(tmp_path)
    # Epochs count from 1; the second was trained again.
    assert scalars == {
        'train': {'loss': {1: 0.5, 2: 1.5, 3: 0.25}},
        'validation': {'ccc': {1: 0.25, 2: 0.75, 3: 0.125}},
    }
    assert curves.chosen_epoch(scalars) == 2


def test_a_file_that_a_killed_training_broke_off_gives_what_it_has(tmp_path):
    callback = Scalars(tmp_path)
    callback.on_train_begin()
    for epoch, value in enumerate((0.25, 0.5)):
        callback.on_epoch_end(epoch, {'loss': value})
    callback.on_train_end()
    (path,) = (tmp_path / 'train').iterdir()
    path.write_bytes(path.read_bytes()[:-7])
    assert curves.read_scalars(tmp_path) == {'train': {'loss': {1: 0.25}}}


def test_an_epoch_without_a_finite_score_is_never_chosen():
    assert curves.chosen_epoch({'validation': {'ccc': {1: float('nan'), 2: -0.5}}}) == 2
    assert curves.chosen_epoch({'train': {'ccc': {1: 0.9}}}) is None


def test_curves_of_a_training_without_validation_are_drawn():
    figure = curves.draw_curves({'train': {'loss': {1: 1.0, 2: 0.5}}})
    assert figure.axes[0].lines[0].get_ydata().tolist() == [1.0, 0.5]


@pytest.mark.parametrize('embed', [pictures.drawing, pictures.pixels])
def test_pictures_hold_their_words_and_no_date(embed):
    def draw():
        figure = Figure(figsize=(2, 1))
        figure.add_subplot().plot([0, 1], [1, 0])
        return embed(figure, 'falls from "1" to 0')

    assert draw() == draw()
    assert 'alt="falls from &quot;1&quot; to 0"' in draw()
    assert 'width="192"' in draw()  # 2 inches of 96 pixels


NAMES = ['$_$', 'a $5 b $6', '_anna', r'back\$lash', '张伟', 'bob']


def drawn(text):
    """What is drawn of a text, and whether it is read as mathematics."""
    shown, mathematics = text._preprocess_math(text.get_text())
    return shown.lstrip('\u200b'), mathematics


@pytest.mark.filterwarnings('error')
def test_names_of_people_are_drawn_as_they_stand():
    expected = sorted((name.replace('张伟', '□□'), False) for name in NAMES)
    scores = {name: place / 10 for place, name in enumerate(NAMES)}
    figure = subjects.draw_scores({'valence': scores, 'arousal': scores}, dict.fromkeys(NAMES, 10), 'person')
    pictures.drawing(figure, 'scores')
    assert sorted(map(drawn, figure.axes[1].get_xticklabels())) == expected
    projection = embedding.project(np.random.default_rng(0).normal(size=[12, 3]), seed=0)
    figure = embedding.draw_people(projection, np.array(2 * NAMES))
    pictures.pixels(figure, 'map')
    assert sorted(map(drawn, figure.axes[0].get_legend().get_texts())) == expected


def test_lines_of_a_name_stay_lines():
    assert as_drawn('one\ntwo') == 'one\ntwo'


def test_training_and_validation_are_compared_by_the_terms_that_both_have():
    losses = {'loss': {1: 2.0, 2: 1.75}, 'rmse_loss': {1: 1.0, 2: 0.75}}
    alone = {'matching_loss': {1: 0.5, 2: 0.5}, 'separation_loss': {1: 0.5, 2: 0.5}}
    # As older versions wrote it, with a zero for what was not computed; later ones have no such name.
    validation = {'loss': {1: 1.25, 2: 1.0}, 'rmse_loss': {1: 1.25, 2: 1.0}, 'matching_loss': {1: 0.0, 2: 0.0}}
    scalars = {'train': {**losses, **alone, 'critic_loss': {1: 9.0, 2: 9.0}}, 'validation': validation}
    assert curves.trained_alone(scalars) == ['matching_loss', 'separation_loss']
    assert curves.common_loss(scalars) == {'train': {1: 1.0, 2: 0.75}, 'validation': validation['loss']}
    lines = [line.get_ydata().tolist() for line in curves.draw_curves(scalars).axes[0].lines]
    assert lines == [[1.0, 0.75], [1.25, 1.0]]


def test_a_loss_whose_terms_both_have_is_drawn_as_it_is():
    train = {'loss': {1: 0.7}, 'rmse_loss': {1: 0.1}, 'adversarial_loss': {1: -0.2}}
    scalars = {'train': train, 'validation': {'loss': {1: 0.9}, 'rmse_loss': {1: 0.2}, 'adversarial_loss': {1: -0.1}}}
    assert curves.trained_alone(scalars) == []
    assert curves.common_loss(scalars) == {'train': {1: 0.7}, 'validation': {1: 0.9}}
