"""The figures are the poster's, typed again here by its columns."""

import pytest

from cafer_tf.comparison_table import DEFAULT_ROWS, PUBLISHED, ROWS, Row
from cafer_tf.config import Config


def column(figure, place):
    pairs = [getattr(line, figure) for line in PUBLISHED.values()]
    return [None if pair is None else pair[place] for pair in pairs]


def test_every_column_is_that_of_the_poster():
    lines = list(PUBLISHED.values())
    networks = ['AlexNet', 'SSD w/ VGG16', 'VGG16', 'AlexNet', 'ResNet18', 'ResNeXt50', 'ResNet18', 'AlexNet (tuned)']
    assert [line.backbone for line in lines] == networks
    assert [line.parameters for line in lines] == [61, None, None, None, None, 3.1, 11, 3.6]
    assert column('rmse', 0) == [0.37, 0.44, 0.37, None, 0.35, 0.2668, 0.2186, 0.2216]
    assert column('rmse', 1) == [0.41, 0.39, 0.39, None, 0.32, 0.2482, 0.1873, 0.1916]
    assert column('pcc', 0) == [0.66, 0.58, 0.66, None, 0.71, 0.78, 0.86, 0.81]
    assert column('pcc', 1) == [0.54, 0.50, 0.55, None, 0.63, 0.86, 0.85, 0.86]
    assert column('ccc', 0) == [0.60, 0.57, 0.62, 0.67, 0.71, 0.74, 0.83, 0.80]
    assert column('ccc', 1) == [0.34, 0.47, 0.54, 0.38, 0.63, 0.85, 0.84, 0.85]


def test_the_rows_of_the_poster_are_trained_unless_others_are_asked_for():
    assert list(DEFAULT_ROWS) == [*list(PUBLISHED)[:6], 'resnet18', 'alexnet', 'avce2022', 'elim2022']
    assert [ROWS[name].published for name in DEFAULT_ROWS] == [*PUBLISHED, None, None]


def test_every_row_is_a_configuration_of_its_network():
    encoders = {name: Config.from_preset(*row.presets).network.encoder for name, row in ROWS.items()}
    own = {name: name for name in ('resnet18', 'alexnet', 'compact')}
    assert encoders == {
        'mollahosseini2017': 'alexnet',
        'jang2019': 'face_ssd',
        'kollias2018': 'vgg16',
        'barros2019': 'face_channel',
        'kossaifi2020': 'cp_resnet18',
        'hasani2020': 'breg_next50',
        'avce2022': 'resnet18',
        'elim2022': 'resnet18',
        **own,
    }
    critics = {name for name, row in ROWS.items() if Config.from_preset(*row.presets).adversarial.weight}
    assert critics == set(own)


def test_a_row_stands_beside_a_line_that_is_there():
    with pytest.raises(ValueError, match="no line 'nobody1999'"):
        Row('new', 'Nobody 1999', 'none', ('paper',), 'nobody1999')
