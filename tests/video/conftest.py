"""A model of cropped faces, untrained: its answers differ from face to face, which is enough here."""

import pytest

from cafer_tf.serving import Predictor


@pytest.fixture(scope='package')
def model(untrained):
    return untrained


@pytest.fixture(scope='package')
def predictor(model):
    return Predictor(model)
