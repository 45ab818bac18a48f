"""A model of cropped faces, untrained: its answers differ from face to face, which is enough here."""

import pytest
from exported import export_untrained

from cafer_tf.serving import Predictor


@pytest.fixture(scope='package')
def model(tmp_path_factory):
    return export_untrained(tmp_path_factory.mktemp('serving') / '1')


@pytest.fixture(scope='package')
def predictor(model):
    return Predictor(model)
