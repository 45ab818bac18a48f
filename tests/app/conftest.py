"""Real servers on free ports, with an untrained model, whose answers differ from face to face."""

import contextlib
import threading
import time

import pytest
import skimage
from exported import export_untrained
from faces_photographs import encoded

from cafer_tf import app
from cafer_tf.serving import Predictor


@pytest.fixture(scope='package')
def model(tmp_path_factory):
    return export_untrained(tmp_path_factory.mktemp('serving') / 'cafer' / '1')


@pytest.fixture(scope='package')
def predictor(model):
    loaded = Predictor(model)
    app.warm_up(loaded)
    return loaded


@contextlib.contextmanager
def running(application, **options):
    """Runs a server in a thread; yields its port."""
    listener = app.listen('127.0.0.1', 0)
    server = app.make_server(application, **options)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@pytest.fixture(scope='package')
def start():
    return running


@pytest.fixture(scope='package')
def port(predictor):
    with running(app.create_app(predictor)) as number:
        yield number


@pytest.fixture(scope='package')
def astronaut():
    """A photograph of a person, in the public domain, as PNG; larger than a model's crop, with one face."""
    return encoded(skimage.data.astronaut())
