"""The builder of the asset, on files of a few lines."""

import gzip
import importlib.util
import pathlib

import numpy as np
import pytest
from PIL import Image

from cafer_tf.synthesis.head import OFFSET_SCALE, Part

SCRIPT = pathlib.Path(__file__).parents[2] / 'scripts' / 'build_head.py'
OBJ = """
v 0 7 1
v 1 7 1
v 0 8 1
v 1 8 1
v 0 1 1
vt 0 0
vt 1 1
g body
f 1/1 2/2 4/2 3/1
f 1/1 2/2 5/1
g helper-tongue
f 1/1 2/1 3/1
g helper-skirt
f 1/1 2/1 3/1
"""


@pytest.fixture(scope='module')
def build_head():
    spec = importlib.util.spec_from_file_location('build_head', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_build_keeps_head_and_used_targets(build_head, tmp_path):
    (tmp_path / 'mpfb2' / '3dobjs').mkdir(parents=True)
    (tmp_path / 'mpfb2' / '3dobjs' / 'base.obj').write_text(OBJ, encoding='utf-8')
    textures, nose = tmp_path / 'mpfb2' / 'textures', tmp_path / 'mpfb2' / 'targets' / 'nose'
    textures.mkdir()
    nose.mkdir(parents=True)
    for name in build_head.MASKS:
        Image.new('L', (4, 4), 255).save(textures / f'mpfb_{name}.jpg')
    target = '# a comment\n0 0.5 0 0\n1 0 0.0001 0\n4 1 1 1\n'
    (nose / 'nose-hump-incr.target.gz').write_bytes(gzip.compress(target.encode()))
    (nose / 'nose-trans-up.target.gz').write_bytes(gzip.compress(target.encode()))
    units = tmp_path / 'faceunits01' / 'targets' / 'faceunits'
    units.mkdir(parents=True)
    (units / 'jawOpen.target').write_text('2 0 -0.25 0\n', encoding='utf-8')
    people = tmp_path / 'mpfb2' / 'targets' / 'macrodetails'
    people.mkdir()
    for name in [path.name for name, path in build_head._targets(tmp_path) if name.startswith(('people', 'weight'))]:
        (people / name).write_bytes(gzip.compress(b''))

    arrays = build_head.build(tmp_path)

    # The square becomes two triangles; the one that reaches down to the feet and the skirt are left out.
    assert arrays['triangles'].tolist() == [[0, 1, 3], [0, 3, 2], [0, 1, 2]]
    assert arrays['parts'].tolist() == [Part.SKIN, Part.SKIN, Part.TONGUE]
    assert (arrays['positions'] * OFFSET_SCALE).tolist() == [[0, 7, 1], [1, 7, 1], [0, 8, 1], [1, 8, 1]]
    # Sliders that are not used, offsets that round to nothing and vertices that were left out are gone.
    assert arrays['names'].tolist() == ['shape/nose-hump-incr', 'unit/jawOpen']
    assert arrays['pointers'].tolist() == [0, 1, 2]
    assert arrays['indices'].tolist() == [0, 2]
    np.testing.assert_allclose(arrays['offsets'] * OFFSET_SCALE, [[0.5, 0, 0], [0, -0.25, 0]])
