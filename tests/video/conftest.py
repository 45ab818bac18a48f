"""A model of cropped faces, untrained: its answers differ from face to face, which is enough here."""

import pytest
import tensorflow as tf

from cafer_tf import Cafer, Config
from cafer_tf.serving import Predictor, export


@pytest.fixture(scope='package')
def model(tmp_path_factory):
    tf.keras.utils.set_random_seed(0)
    model = Cafer(Config.from_dict({'input': {'image_size': 32}}), threshold=0.6)
    kernel, bias = model.head.layers[-1].get_weights()
    model.head.layers[-1].set_weights([0.05 * kernel, bias])  # an untrained network would only answer at the bounds
    return export(model, tmp_path_factory.mktemp('serving') / '1')


@pytest.fixture(scope='package')
def predictor(model):
    return Predictor(model)
