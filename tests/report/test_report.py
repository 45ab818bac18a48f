import numpy as np
import pytest
from PIL import Image
from records import encode, image_of

from cafer_tf.report.circumplex import FacePoint, plot_circumplex
from cafer_tf.report.tables import score_table

IMAGE = encode(image_of(0.5, 0.5))


@pytest.mark.parametrize('count', [1, 3, 9])
def test_draws_every_face_and_its_place(tmp_path, count):
    faces = [FacePoint(f'face {i}', IMAGE, (i / 10, -i / 10), (0.9, 0.9) if i % 2 else None) for i in range(count)]
    path = plot_circumplex(faces, tmp_path / 'plot.png')
    pixels = np.asarray(Image.open(path).convert('RGB')).astype(int)
    colour = image_of(0.5, 0.5, noise=0).reshape(-1, 3)[0]
    face_pixels = (np.abs(pixels - colour).sum(-1) < 30).sum()
    assert face_pixels > count * 5000


@pytest.mark.filterwarnings('error')
def test_names_are_drawn_as_they_stand(tmp_path):
    plot_circumplex([FacePoint(name, IMAGE, (0.1, 0.2)) for name in ('$_$.jpg', '张伟.jpg')], tmp_path / 'plot.png')


def test_refuses_nothing_and_unknown_formats(tmp_path):
    with pytest.raises(ValueError, match='no face'):
        plot_circumplex([], tmp_path / 'plot.png')
    with pytest.raises(ValueError, match='xyz'):
        plot_circumplex([FacePoint('face', IMAGE, (0.0, 0.0))], tmp_path / 'plot.xyz')


def test_a_figure_that_rounds_to_nothing_has_no_sign():
    scores = dict.fromkeys(('rmse', 'pcc', 'ccc', 'sagr'), -1e-6)
    assert '-' not in score_table({'one': {'valence': scores, 'arousal': scores}}).splitlines()[-1]


def test_table_rows_line_up():
    scores = {'rmse': 0.25, 'pcc': -0.5, 'ccc': 0.125, 'sagr': 1.0}
    lines = score_table(
        {
            'one': {'valence': scores, 'arousal': scores},
            'another one': {'valence': scores, 'arousal': {**scores, 'ccc': 0.375}},
        }
    ).splitlines()
    assert len(lines) == 4
    assert lines[2].endswith('0.125')
    assert lines[3].endswith('0.250')  # the mean of the two CCC
    assert lines[2].index('0.250') == lines[3].index('0.250')
    assert lines[1].index('RMSE') + 4 == lines[2].index('0.250') + 5
