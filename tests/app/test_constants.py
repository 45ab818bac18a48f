"""What the page repeats of the library is the same there."""

import pathlib
import re

import pytest

from cafer_tf import app
from cafer_tf.report.colours import PEOPLE_COLOURS
from cafer_tf.video import smoothing, tracking

ASSETS = pathlib.Path(app.__file__).parent / 'assets'


@pytest.mark.parametrize(
    ('module', 'names'),
    [(tracking, ('MEMORY', 'LOST', 'REACH')), (smoothing, ('MIN_CUTOFF', 'BETA', 'SPEED_CUTOFF'))],
)
def test_the_page_has_the_constants_of_videos(module, names):
    script = (ASSETS / 'tracks.js').read_text(encoding='utf-8')
    for name in names:
        (value,) = re.findall(rf'^const {name} = ([\d.]+);$', script, re.MULTILINE)
        assert float(value) == getattr(module, name)


def test_faces_have_the_colours_of_reports():
    script = (ASSETS / 'colours.js').read_text(encoding='utf-8')
    (values,) = re.findall(r'^const COLOURS = \[(.*)\];$', script, re.MULTILINE)
    assert tuple(re.findall(r'#[0-9a-f]{6}', values)) == PEOPLE_COLOURS
