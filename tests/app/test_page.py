"""The page in a real browser, with a file in place of a camera.

While `cafer app` runs, this file takes the picture of the docs:
`PYTHONPATH=tests/helpers python tests/app/test_page.py http://127.0.0.1:8000/ docs/images/app.png`
"""

import contextlib
import os
import pathlib
import re
import shutil
import sys

import numpy as np
import pytest
import skimage
from faces_photographs import encoded
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from cafer_tf import app

CHROMIUM = os.environ.get('CAFER_CHROMIUM') or shutil.which('chromium') or shutil.which('google-chrome')
FLAGS = ('--no-sandbox', '--disable-background-networking', '--disable-gpu')
WIDE, NARROW = {'width': 1200, 'height': 860}, {'width': 360, 'height': 740}
PATIENCE = 60_000
"""Milliseconds; on a busy machine the first face takes seconds."""
OVERHEAR = """
const ask = window.fetch;
window.answers = [];
window.fetch = async (...request) => {
  const response = await ask(...request);
  window.answers.push(await response.clone().json());
  return response;
};
"""
"""Keeps what the server answers; the browser's own record of it may be gone when it is asked for."""
NUMBER = re.compile(r'^(0\.00|[+−][01]\.\d\d)$')

if not CHROMIUM:
    pytest.skip('there is no chromium, google-chrome or CAFER_CHROMIUM', allow_module_level=True)


@pytest.fixture(scope='module')
def address(port):
    return f'http://127.0.0.1:{port}/'


@pytest.fixture(scope='module')
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


@pytest.fixture(scope='module')
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


@contextlib.contextmanager
def browsing(playwright, *flags):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    yield browser
    browser.close()


@pytest.fixture(scope='module')
def playwright():
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        yield driver
    expect.set_options(timeout=None)


@pytest.fixture(scope='module')
def browser(playwright, film):
    with browsing(
        playwright,
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        f'--use-file-for-fake-video-capture={film}',
    ) as browser:
        yield browser


@contextlib.contextmanager
def opened(browser, address, **options):
    """A page that must not complain in the console, nor ask any other server."""
    context = browser.new_context(viewport=options.pop('viewport', WIDE), **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints, strangers = [], []
    page.on(
        'console', lambda message: complaints.append(message.text) if message.type in ('error', 'warning') else None
    )
    page.on('pageerror', lambda error: complaints.append(str(error)))
    page.on('request', lambda request: strangers.append(request.url) if is_strange(request.url, address) else None)
    page.add_init_script(OVERHEAR)
    page.goto(address)
    expect(page.locator('#model')).to_contain_text('Model ')
    yield page
    context.close()
    assert (complaints, strangers) == ([], [])


def is_strange(url, address):
    return not url.startswith((address, 'blob:', 'data:'))


def choose(page, path):
    page.locator('#file').set_input_files(path)


def cells(page):
    return page.locator('#faces tr').first.locator('th, td').all_inner_texts()


def is_empty(page):
    """Whether nothing is left of the picture before."""
    shown = page.locator('#invitation').is_visible() and not page.locator('#picture').is_visible()
    label = page.locator('#picture').get_attribute('aria-label')
    return shown and label == 'No picture yet' and cells(page) == ['none'] and page.locator('#dots g').count() == 0


def fits(page):
    """Whether nothing makes the page scroll sideways."""
    return page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')


def test_a_picture_is_answered_with_a_box_a_dot_and_numbers(browser, address, pictures):
    with opened(browser, address) as page:
        choose(page, pictures / 'astronaut.png')
        expect(page.locator('#status')).to_contain_text('One face: valence')
        (face,) = page.evaluate('answers.at(-1)')['faces']
        number, valence, arousal, intensity = cells(page)
        assert number == '1' and NUMBER.match(valence) and NUMBER.match(arousal)
        assert float(valence.replace('−', '-')) == pytest.approx(face['valence'], abs=0.006)
        assert float(intensity) == pytest.approx(face['intensity'], abs=0.006)
        place = page.locator('#dots g').evaluate('dot => dot.style.transform')
        assert [float(text) for text in re.findall(r'-?[\d.]+(?=px)', place)] == pytest.approx(
            [100 * face['valence'], -100 * face['arousal']], abs=0.01
        )
        # The left side of the box, half way down, has the colour of the first face.
        left, top, _, height = face['box']
        at = [round(left * 960 / 512), round((top + height / 2) * 960 / 512)]
        pixel = page.evaluate(
            "at => [...document.getElementById('picture').getContext('2d').getImageData(...at, 1, 1).data]", at
        )
        assert pixel == pytest.approx([0, 0x72, 0xB2, 255], abs=60)


def test_large_pictures_are_shrunk_and_turned_upright_in_the_page(browser, address, pictures):
    with opened(browser, address) as page:
        for name in ('large.webp', 'lying.jpg'):
            choose(page, pictures / name)
            expect(page.locator('#picture')).to_have_attribute('aria-label', re.compile(f'{name}. One face'))
            answer = page.evaluate('answers.at(-1)')
            assert (answer['width'], answer['height'], len(answer['faces'])) == (1280, 1280, 1)
            (left_x, left_y), (right_x, right_y) = answer['faces'][0]['left_eye'], answer['faces'][0]['right_eye']
            assert [left_x, left_y, right_x, right_y] == pytest.approx(
                [204 * 2.5, 100 * 2.5, 246 * 2.5, 103 * 2.5], abs=14
            )


def test_what_holds_no_face_or_is_no_picture_is_told(browser, address, pictures):
    with opened(browser, address) as page:
        choose(page, pictures / 'wall.png')
        expect(page.locator('#status')).to_contain_text('No face was found')
        assert cells(page) == ['none'] and page.locator('#dots g').count() == 0
        choose(page, pictures / 'notes.txt')
        expect(page.locator('#status')).to_contain_text('notes.txt is not a picture that this browser can read')
        assert is_empty(page)


def test_a_picture_that_is_taken_whole_is_told(browser, address, pictures):
    with opened(browser, address) as page:
        choose(page, pictures / 'square.png')
        expect(page.locator('#status')).to_contain_text('No face was found, and the picture was taken as one')
        assert NUMBER.match(cells(page)[1])


def test_a_file_is_what_it_holds_and_not_what_it_is_called(browser, address, pictures):
    with opened(browser, address) as page:
        choose(page, pictures / 'misnamed.jpg')
        expect(page.locator('#status')).to_contain_text('One face: valence')


def test_what_is_transparent_becomes_white(browser, address):
    sent = """
    async () => {
      const { encode } = await import('/picture.js');
      const blob = await encode(new OffscreenCanvas(8, 8), 8, 8, 8, 0.9);
      const context = new OffscreenCanvas(8, 8).getContext('2d');
      context.drawImage(await createImageBitmap(blob), 0, 0);
      return [...context.getImageData(4, 4, 1, 1).data];
    }
    """
    with opened(browser, address) as page:
        assert page.evaluate(sent) == pytest.approx([255, 255, 255, 255], abs=2)


def test_a_face_is_followed_over_frames_that_are_far_apart(browser, address):
    follow = """
    async (frames) => {
      const { Tracks } = await import('/tracks.js');
      const tracks = new Tracks();
      return frames.map(([time, valences]) => {
        const faces = valences.map((valence) => ({ box: [0, 0, 50, 50], valence, arousal: 0 }));
        return tracks.update(time, faces).map((face) => [face.number, face.valence, face.trail.length]);
      });
    }
    """
    with opened(browser, address) as page:
        frames = page.evaluate(follow, [[0, [0]], [4, [1]], [6, []], [8, [1]], [10, []], [12, []], [14, [0]]])
    ((first,), (second,), _, (third,), _, _, (other,)) = frames
    assert (first, other) == ([1, 0, 1], [1, 0, 1])  # missed twice, so that nothing is left of the face before
    assert second == [1, pytest.approx(1, abs=0.05), 2] and 0.9 < second[1] < third[1] < 1
    assert third[0::2] == [1, 2]


def test_pictures_can_be_dropped_and_pasted(browser, address):
    bring = """
    async ({ type, field }) => {
      const canvas = new OffscreenCanvas(60, 40);
      canvas.getContext('2d').fillRect(0, 0, 60, 40);
      const transfer = new DataTransfer();
      transfer.items.add(new File([await canvas.convertToBlob()], type + '.png', { type: 'image/png' }));
      const event = new Event(type, { bubbles: true, cancelable: true });
      Object.defineProperty(event, field, { value: transfer });
      document.body.dispatchEvent(event);
    }
    """
    with opened(browser, address) as page:
        for kind, field in (('drop', 'dataTransfer'), ('paste', 'clipboardData')):
            page.evaluate(bring, {'type': kind, 'field': field})
            expect(page.locator('#picture')).to_have_attribute('aria-label', re.compile(rf'{kind}\.png\. No face'))


def test_the_camera_moves_the_numbers_until_it_is_stopped(browser, address):
    with opened(browser, address) as page:
        page.get_by_role('button', name='Use the camera').click()
        expect(page.locator('#status')).to_have_text('The camera is on: one face.')
        seen = set()
        for _ in range(200):
            seen.add(page.locator('#dots g').evaluate('dot => dot.style.transform'))
            if len(seen) > 3 and page.locator('#trails line').count() > 1:
                break
            page.wait_for_timeout(100)
        assert len(seen) > 3 and page.locator('#trails line').count() > 1
        assert all(NUMBER.match(text) for text in cells(page)[1:3])
        page.get_by_role('button', name='Stop the camera').click()
        expect(page.locator('#invitation')).to_be_visible()
        assert cells(page) == ['none'] and page.locator('#trails line').count() == 0
        page.wait_for_timeout(300)
        asked = []
        page.on('request', lambda request: asked.append(request.url))
        page.wait_for_timeout(700)
        assert asked == []


def test_no_camera_and_a_camera_that_is_not_allowed_are_told(playwright, address, pictures):
    # No flag of the browser brings the last two about.
    fail = 'name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", name)); }'
    none = '--use-fake-device-for-media-stream=device-count=0', '--use-fake-ui-for-media-stream'
    with browsing(playwright, *none) as plain, opened(plain, address) as page:
        choose(page, pictures / 'wall.png')
        expect(page.locator('#picture')).to_have_attribute('aria-label', re.compile('No face'))
        for error, sentence in (
            (None, 'No camera was found'),
            ('NotAllowedError', 'This page may not use the camera'),
            ('NotReadableError', 'The camera is in use by another program'),
        ):
            if error:
                page.evaluate(fail, error)
            page.get_by_role('button', name='Use the camera').click()
            expect(page.locator('#status')).to_contain_text(sentence)
            expect(page.get_by_role('button', name='Use the camera')).to_be_focused()
            assert is_empty(page)


def test_a_server_that_is_gone_is_told(browser, predictor, start, pictures):
    page = browser.new_page()
    with start(app.create_app(predictor)) as port:
        page.goto(f'http://127.0.0.1:{port}/')
        expect(page.locator('#model')).to_contain_text('Model ')
    choose(page, pictures / 'wall.png')
    expect(page.locator('#status')).to_contain_text('The server does not answer.')
    page.close()


def test_a_narrow_screen_needs_no_scrolling_sideways(browser, address, pictures):
    with opened(browser, address, viewport=NARROW) as page:
        assert fits(page)
        choose(page, pictures / 'astronaut.png')
        expect(page.locator('#status')).to_contain_text('One face')
        assert fits(page)
        for name in ('#picture', '#circumplex', 'table'):
            box = page.locator(name).bounding_box()
            assert box['x'] >= 0 and box['x'] + box['width'] <= NARROW['width']


def test_the_keyboard_reaches_everything(browser, address, pictures):
    with opened(browser, address) as page:
        # From here on, so that the browser has been told when the key is pressed, and not only soon after.
        page.on('filechooser', lambda chooser: None)
        reached = []
        for _ in range(2):
            page.keyboard.press('Tab')
            reached.append(page.evaluate('document.activeElement.id'))
            assert page.evaluate('getComputedStyle(document.activeElement).outlineStyle') == 'solid'
        assert reached == ['choose', 'camera']
        page.keyboard.press('Enter')
        expect(page.get_by_role('button', name='Stop the camera')).to_be_focused()
        page.keyboard.press('Space')
        expect(page.locator('#invitation')).to_be_visible()
        page.keyboard.press('Shift+Tab')
        with page.expect_file_chooser() as chooser:
            page.keyboard.press('Enter')
        chooser.value.set_files(pictures / 'wall.png')
        expect(page.locator('#status')).to_contain_text('No face was found')


def test_everything_has_a_name_and_colours_are_told_apart(browser, address):
    contrast = """
    () => [...document.querySelectorAll('h1, p, button, th, td, strong, #circumplex text')].map((element) => {
      const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
      const linear = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
      const style = getComputedStyle(element);
      const ink = light(parse(element instanceof SVGElement ? style.fill : style.color));
      let ground = element;
      while (ground && (parse(getComputedStyle(ground).backgroundColor)[3] === 0)) ground = ground.parentElement;
      const paper = light(ground ? parse(getComputedStyle(ground).backgroundColor) : [255, 255, 255]);
      return [element.textContent.trim().slice(0, 30), (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
    })
    """
    for scheme in ('light', 'dark'):
        with opened(browser, address, color_scheme=scheme) as page:
            assert [pair for pair in page.evaluate(contrast) if pair[1] < 4.5] == []
            nameless = page.evaluate(
                "() => [...document.querySelectorAll('button, input, [role=img]')].filter((element) => "
                "!(element.getAttribute('aria-label') || element.textContent.trim())).length"
            )
            assert nameless == 0
            assert page.evaluate('document.documentElement.lang') == 'en'
            assert page.locator('h1').count() == page.locator('main').count() == 1


def test_who_wants_less_motion_gets_less(browser, address):
    with opened(browser, address, reduced_motion='reduce') as page:
        assert page.locator('#trails').evaluate('element => getComputedStyle(element).display') == 'none'


def take_picture(address: str, path: pathlib.Path) -> None:
    """Writes a screenshot of the page with a face."""
    with sync_playwright() as driver, browsing(driver) as browser:
        page = browser.new_page(viewport={'width': 1060, 'height': 760})
        page.goto(address)
        photograph = encoded(skimage.data.astronaut())
        page.locator('#file').set_input_files({'name': 'astronaut.png', 'mimeType': 'image/png', 'buffer': photograph})
        expect(page.locator('#status')).to_contain_text('One face', timeout=PATIENCE)
        page.wait_for_timeout(500)
        page.screenshot(path=path, full_page=True)
    Image.open(path).convert('RGB').quantize(256).save(path, optimize=True)


if __name__ == '__main__':
    take_picture(sys.argv[1], pathlib.Path(sys.argv[2]))
