"""Charts of statistics as inline SVG: text stays text, and each says in words what it shows."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Mapping, Sequence

COLOURS = ('#0072b2', '#d55e00', '#009e73', '#8a4f7d')
"""Told apart by people who see few colours too."""
DASHES = ('none', '7 3', '2 3', '9 3 2 3')
"""For paper without colours."""
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 420, 200, 12, 12, 10, 26
_ROW, _BAR, _LABEL, _SHARE = 14, 11, 130, 48
_LABEL_LENGTH = 17


@dataclasses.dataclass(frozen=True)
class Bin:
    """A bar of a histogram: `count` values from `low` to `high`."""

    low: float
    high: float
    count: float


def number(value: float) -> str:
    """A number as short as it stays useful."""
    return f'{value:.4g}'


def histogram(name: str, splits: Mapping[str, Sequence[Bin]]) -> str:
    """The histograms of all splits over each other, each as a density, so that sizes do not matter.

    Args:
        name: of the feature.
        splits: the bins of each split, from low to high.
    """
    bins = {split: _with_width(found) for split, found in splits.items() if sum(bin_.count for bin_ in found)}
    if not bins:
        return ''
    low = min(found[0].low for found in bins.values())
    high = max(found[-1].high for found in bins.values())
    densities = {
        split: [bin_.count / sum(each.count for each in found) / (bin_.high - bin_.low) for bin_ in found]
        for split, found in bins.items()
    }
    top = max(max(values) for values in densities.values())

    def across(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def up(density: float) -> float:
        return _HEIGHT - _BOTTOM - density / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = []
    for index, split in enumerate(splits):
        if split not in bins:
            continue
        points = [(across(bins[split][0].low), up(0))]
        for bin_, density in zip(bins[split], densities[split], strict=True):
            points += [(across(bin_.low), up(density)), (across(bin_.high), up(density))]
        points.append((across(bins[split][-1].high), up(0)))
        colour = COLOURS[index % len(COLOURS)]
        outline = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
        parts.append(
            f'<polygon points="{outline}" fill="{colour}" fill-opacity="0.12" '
            f'stroke="{colour}" stroke-width="1.6" stroke-dasharray="{DASHES[index % len(DASHES)]}"/>'
        )
    base = up(0)
    parts.append(f'<line x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}" stroke="#333"/>')
    ticks = [(low, 'start'), ((low + high) / 2, 'middle'), (high, 'end')]
    parts += [
        f'<text x="{across(value):.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{number(value)}</text>'
        for value, anchor in ticks
    ]
    label = f'Histogram of {name} from {number(low)} to {number(high)}, splits {", ".join(bins)}'
    return _svg(label, _HEIGHT, parts)


def bars(name: str, splits: Mapping[str, Mapping[str, float]], shown: int) -> str:
    """The shares of the values that are most frequent in some split, in each split that is known to have them.

    Args:
        name: of the feature.
        splits: the share of the values of each split, in [0, 1], the largest first.
        shown: how many values of a split to draw.
    """
    values = list(dict.fromkeys(value for shares in splits.values() for value in list(shares)[:shown]))
    if not values:
        return ''
    scale = _WIDTH - _LABEL - _SHARE
    parts, y = [], 4.0
    for value in values:
        # Names of people and clips tend to differ at the end.
        short = value if len(value) <= _LABEL_LENGTH else f'…{value[1 - _LABEL_LENGTH :]}'
        middle = y + _ROW * sum(value in shares for shares in splits.values()) / 2 + 3
        parts.append(
            f'<text x="{_LABEL - 8}" y="{middle:.1f}" text-anchor="end">'
            f'<title>{html.escape(value)}</title>{html.escape(short)}</text>'
        )
        for index, shares in enumerate(splits.values()):
            if value not in shares:
                continue
            share = shares[value]
            parts.append(
                f'<rect x="{_LABEL}" y="{y:.1f}" width="{share * scale:.1f}" height="{_BAR}" '
                f'fill="{COLOURS[index % len(COLOURS)]}"/>'
                f'<text x="{_LABEL + share * scale + 5:.1f}" y="{y + 10:.1f}" class="share">{share:.1%}</text>'
            )
            y += _ROW
        y += 8
    return _svg(f'Shares of the most frequent values of {name}, splits {", ".join(splits)}', int(y), parts)


def _with_width(bins: Sequence[Bin]) -> list[Bin]:
    """A feature with one value has one bin without width, which could not be seen."""
    if bins[-1].high > bins[0].low:
        return [bin_ for bin_ in bins if bin_.high > bin_.low]
    middle = bins[0].low
    return [Bin(middle - 0.5, middle + 0.5, sum(bin_.count for bin_ in bins))]


def _svg(label: str, height: int, parts: Sequence[str]) -> str:
    escaped = html.escape(label)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escaped}"><title>{escaped}</title>'
        + ''.join(parts)
        + '</svg>'
    )
