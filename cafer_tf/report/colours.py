"""Colours of the two outputs, told apart by people who see few colours too; marks and dashes for paper without any."""

from __future__ import annotations

from cafer_tf import features

OUTPUT_COLOURS = {features.VALENCE: '#0072b2', features.AROUSAL: '#d55e00'}
OUTPUT_MARKERS = {features.VALENCE: 'o', features.AROUSAL: '^'}
SPLIT_STYLES = {'train': '--', 'validation': '-'}
COUNTED, MOVED = '#7f8fa6', '#c23616'
GROUP_COLOURS = (COUNTED, MOVED)
"""Of weak and of strong emotion."""
UNAROUSED, NEUTRAL, AROUSED = '#0072b2', '#a0a0a0', '#d55e00'
PEOPLE_COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a4f7d', '#000000')
PEOPLE_MARKERS = ('o', '^', 's', 'D', 'v', 'P', 'X', '*')
