"""Labels in the circumplex, in letters and as a picture."""

import numpy as np
import pytest
from PIL import Image

from cafer_tf.report.labels import label_map, plot_labels


def test_the_map_has_arousal_upwards_and_valence_to_the_right():
    histogram = np.zeros((21, 21), int)
    histogram[20, 20] = 1000  # pleasant and activated
    histogram[0, 10] = 3  # unpleasant, in between
    lines = label_map(histogram).splitlines()
    assert lines[0].split('│')[1] == ' ' * 40 + '██'
    assert lines[0].startswith('arousal +1')
    assert lines[10].split('│')[0].strip() == '0'
    middle = lines[10].split('│')[1]
    assert middle[:2] not in ('  ', '██')
    assert middle[2:].strip() == ''
    assert all(not line.split('│')[1].strip() for line in (*lines[1:10], *lines[11:21]))
    assert len(lines) == 23


def test_a_map_of_nothing_is_empty():
    assert set(''.join(line.split('│')[1] for line in label_map(np.zeros((5, 5), int)).splitlines()[:5])) == {' '}


def test_the_plot_is_a_picture(tmp_path):
    histogram = np.random.default_rng(0).integers(0, 50, (21, 21))
    path = plot_labels(histogram, 'csv: 7 faces', tmp_path / 'labels.png')
    assert path == tmp_path / 'labels.png'
    assert min(Image.open(path).size) > 500
    with pytest.raises(ValueError, match='not supported'):
        plot_labels(histogram, 'csv', tmp_path / 'labels.docx')
