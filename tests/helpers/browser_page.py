"""The page in a real browser.

While `cafer app` runs, this file takes the picture of the docs:
`python tests/helpers/browser_page.py http://127.0.0.1:8000/ docs/images/app.png`
"""

import contextlib
import os
import pathlib
import re
import shutil
import sys

import pytest
import skimage
from faces_photographs import encoded
from PIL import Image
from playwright.sync_api import expect, sync_playwright

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

needs_browser = pytest.mark.skipif(not CHROMIUM, reason='there is no chromium, google-chrome or CAFER_CHROMIUM')


@contextlib.contextmanager
def browsing(playwright, *flags):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    yield browser
    browser.close()


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
