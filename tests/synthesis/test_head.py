"""The asset: its size, licence and contents."""

import numpy as np
import pytest

from cafer_tf.synthesis.head import ASSET, Part, deform, load_head


def test_the_asset_is_small_and_says_where_it_is_from():
    assert ASSET.stat().st_size < 1_000_000
    notice = (ASSET.parent / 'NOTICE').read_text(encoding='utf-8')
    assert 'MPFB2 data' in notice
    assert 'Face Units asset pack by Mika Suominen: CC0 1.0' in notice
    assert notice.count('CC0 1.0 Universal') >= 3


def test_the_mesh_is_consistent():
    head = load_head()
    assert head.triangles.min() == 0
    assert head.triangles.max() == len(head.positions) - 1 == head.indices.max()
    assert set(np.unique(head.parts)) == set(Part) - {Part.HAIR}
    assert head.pointers[-1] == len(head.indices) == len(head.offsets)
    assert len(head.names) == len(head.pointers) - 1


def test_deform_adds_weighted_offsets():
    head = load_head()
    row = head.names['unit/jawOpen']
    entries = slice(head.pointers[row], head.pointers[row + 1])
    moved = deform(head.positions, {'unit/jawOpen': 0.5}, head)
    expected = head.positions.copy()
    expected[head.indices[entries]] += 0.5 * head.offsets[entries]
    np.testing.assert_allclose(moved, expected, atol=1e-6)
    assert not np.array_equal(moved, head.positions)


def test_an_unknown_target_is_an_error():
    with pytest.raises(KeyError, match='jawOpn'):
        deform(load_head().positions, {'unit/jawOpn': 1.0}, load_head())
