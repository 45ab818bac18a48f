"""The page in a real browser, with a film, or nothing, in place of a camera."""

import re

import pytest
from browser_page import NUMBER, browsing, cells, choose, is_empty, needs_browser, opened
from playwright.sync_api import expect

pytestmark = needs_browser


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
