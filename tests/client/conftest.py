import numpy as np
import pytest
from model_servers import Model, grpc_server, rest_server
from records import encode, image_of

from cafer_tf.serving import Predictor


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Proxies of the environment lead away from loopback."""
    for name in ('no_proxy', 'NO_PROXY', 'no_grpc_proxy'):
        monkeypatch.setenv(name, '127.0.0.1')


@pytest.fixture(scope='session')
def loaded(untrained):
    return Model(untrained)


@pytest.fixture
def served(loaded):
    """The model, of which no request has been counted yet."""
    loaded.requests.clear()
    return loaded


@pytest.fixture(scope='session')
def images():
    """Good ones, and one of each kind that is bad."""
    good = [encode(image_of(*point)) for point in ((0.9, 0.9), (-0.9, 0.1), (0.0, -0.9))]
    return [good[0], b'', b'no image', good[1], b'GIF89a', good[1][: len(good[1]) // 2], good[2]]


@pytest.fixture(scope='session')
def expected(untrained, images):
    answers = np.array(Predictor(untrained).predict(images))
    assert answers[:, 3].tolist() == [0, 1, 2, 0, 3, 4, 0]
    assert np.ptp(answers[answers[:, 3] == 0][:, :2], axis=0).min() > 1e-3  # an answer for another image would show
    return answers


@pytest.fixture(params=['grpc', 'rest'])
def serve(request):
    return {'grpc': grpc_server, 'rest': rest_server}[request.param]
