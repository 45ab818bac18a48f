"""Expressions: the map from the valence-arousal plane to the face."""

import numpy as np
import pytest

from cafer_tf.synthesis.expression import EXPRESSIONS, NEIGHBOURS, blend_at, named, sample_blend
from cafer_tf.synthesis.head import load_head

POINTS = [(0.5, 0.5), (-0.2, 0.5), (-0.5, 0.4), (-0.5, -0.1), (-0.3, -0.6), (0.3, -0.5), (0.6, 0.0)]


def test_every_unit_is_a_target_of_the_asset():
    names = load_head().names
    for expression in EXPRESSIONS.values():
        for unit in expression.units:
            assert f'unit/{unit}' in names or {f'unit/{unit}Left', f'unit/{unit}Right'} <= set(names), unit


def test_every_prototype_has_two_neighbours_or_more():
    for name in EXPRESSIONS:
        assert sum(name in pair for pair in NEIGHBOURS) >= 2, name


@pytest.mark.parametrize(('valence', 'arousal'), POINTS)
def test_blend_lies_at_the_point(valence, arousal):
    blend = blend_at(valence, arousal)
    assert (blend.valence, blend.arousal) == pytest.approx((valence, arousal), abs=1e-9)
    assert all(0 <= weight <= 1 for weight in blend.weights.values())


def test_blend_at_a_prototype_is_the_prototype():
    for name, expression in EXPRESSIONS.items():
        assert blend_at(expression.valence, expression.arousal).weights[name] == pytest.approx(1)


def test_a_point_beyond_the_prototypes_is_as_strong_as_they_get():
    assert sum(blend_at(1.0, 1.0).weights.values()) == pytest.approx(1)


def test_the_origin_is_the_neutral_face():
    assert blend_at(0, 0).units == {} == named('neutral').units
    assert blend_at(0, 0).name == 'neutral'


@pytest.mark.parametrize(('valence', 'arousal'), POINTS)
def test_the_face_moves_little_when_the_point_does(valence, arousal):
    here, there = blend_at(valence, arousal).units, blend_at(valence + 1e-3, arousal - 1e-3).units
    assert 0 < max(abs(here.get(unit, 0) - there.get(unit, 0)) for unit in here | there) < 0.02


def test_half_the_strength_is_half_the_units_and_half_the_label():
    full, half = named('angry'), named('angry', 0.5)
    assert half.units == pytest.approx({unit: value / 2 for unit, value in full.units.items()})
    assert (half.valence, half.arousal) == pytest.approx((full.valence / 2, full.arousal / 2))


def test_samples_cover_the_plane():
    rng = np.random.default_rng(0)
    blends = [sample_blend(rng) for _ in range(2000)]
    points = np.array([(blend.valence, blend.arousal) for blend in blends])
    assert np.abs(points).max() <= 1
    assert {blend.name for blend in blends} == {'neutral', *EXPRESSIONS}
    for quadrant in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        assert ((points * quadrant) > 0.1).all(1).mean() > 0.08, quadrant
    assert (points.std(0) > 0.3).all()
