"""Real servers on free ports, with an untrained model, and a browser with a film in place of a camera."""

import contextlib
import threading
import time

import numpy as np
import pytest
import skimage
from browser_page import PATIENCE, browsing
from faces_photographs import encoded
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from cafer_tf import app
from cafer_tf.serving import Predictor


@pytest.fixture(scope='package')
def predictor(untrained):
    loaded = Predictor(untrained)
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


@pytest.fixture(scope='package')
def address(port):
    return f'http://127.0.0.1:{port}/'


@pytest.fixture(scope='package')
def pictures(tmp_path_factory, astronaut):
    folder = tmp_path_factory.mktemp('pictures')
    photograph = Image.fromarray(skimage.data.astronaut())
    (folder / 'astronaut.png').write_bytes(astronaut)
    (folder / 'large.webp').write_bytes(encoded(photograph.resize((1800, 1800)), 'WEBP', quality=80))
    lying = Image.Exif()
    lying[0x0112] = 6  # to be turned clockwise
    turned = photograph.transpose(Image.Transpose.ROTATE_90).resize((1500, 1500))
    (folder / 'lying.jpg').write_bytes(encoded(turned, 'JPEG', exif=lying))
    (folder / 'wall.png').write_bytes(encoded(np.full((120, 200, 3), 128, np.uint8)))
    (folder / 'square.png').write_bytes(encoded(np.full((90, 90, 3), 128, np.uint8)))
    (folder / 'misnamed.jpg').write_bytes(encoded(photograph, 'WEBP', quality=90))
    (folder / 'notes.txt').write_text('no picture')
    return folder


@pytest.fixture(scope='package')
def film(tmp_path_factory):
    """A face that goes to and fro, for the browser to take for a camera."""
    path = tmp_path_factory.mktemp('film') / 'camera.mjpeg'
    photograph = Image.fromarray(skimage.data.astronaut()).crop((60, 0, 400, 255))
    frames = []
    for place in [*range(0, 60, 4), *range(60, 0, -4)]:
        part = photograph.crop((place // 2, 0, 280 + place // 2, 210 + place // 4)).resize((640, 480))
        frames.append(encoded(part, 'JPEG', quality=90))
    path.write_bytes(b''.join(frames))
    return path


@pytest.fixture(scope='package')
def playwright():
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        yield driver
    expect.set_options(timeout=None)


@pytest.fixture(scope='package')
def browser(playwright, film):
    with browsing(
        playwright,
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        f'--use-file-for-fake-video-capture={film}',
    ) as browser:
        yield browser
