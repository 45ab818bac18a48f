"""The page in a real browser: pictures, and how it looks."""

import re

import pytest
from browser_page import NARROW, NUMBER, cells, choose, fits, is_empty, needs_browser, opened
from playwright.sync_api import expect

from cafer_tf import app

pytestmark = needs_browser


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
