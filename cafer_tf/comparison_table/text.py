"""The table as text, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cafer_tf import features
from cafer_tf.comparison_table.published import FIGURES

_METHOD, _BACKBONE, _COST, _CELL, _SPEED = 31, 17, 12, 14, 10
_PUBLISHED = 'published'


def table(summary: Mapping[str, Any]) -> str:
    """The poster's lines, the rows that were trained, and the notes.

    Args:
        summary: of `summarise`.
    """
    figures = [f'{figure.upper()} {output}' for figure in FIGURES for output in features.OUTPUTS]
    different = '' if summary['comparable'] else ', not comparable across data sets'
    lines = [
        _line('', 'network', ('parameters', 'mult-adds'), figures, 'images/s'),
        f'published, of AffectNet{different}',
        *_published(summary),
        f'measured here, on {summary["data"]}',
    ]
    for row in summary['rows']:
        lines += _measured(row)
    return '\n'.join([*lines, '', *(f'- {note}' for note in summary['notes'])])


HEADS = (
    'system',
    'network',
    'parameters',
    'multiply-adds',
    *(f'{figure.upper()} {output}' for figure in FIGURES for output in features.OUTPUTS),
    'images a second',
)
"""Of the columns of `groups`."""


def groups(summary: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """The cells of the table for a page, by the title of each group and the name of each row; empty where unknown.

    Args:
        summary: of `summarise`.
    """
    different = '' if summary['comparable'] else '; not comparable across data sets'
    published = {}
    for name, line in summary['published'].items():
        parameters, figures = _claims(line, '')
        published[name] = [line['backbone'], parameters, '', *figures, '']
    measured = {}
    for row in summary['rows']:
        costs = [_millions(row['parameters']), _millions(row['multiply_adds'])]
        for judged in row['judged']:
            found = [judged['pooled'][output][figure] for figure in FIGURES for output in features.OUTPUTS]
            several = len(row['seeds']) > 1
            figures = [_mean(interval) if several else _with_bounds(interval) for interval in found]
            measured[name_of(row, judged)] = [row['backbone'], *costs, *figures, _speed(row)]
    return {f'Published, of AffectNet{different}': published, f'Measured, on {summary["data"]}': measured}


def name_of(row: Mapping[str, Any], judged: Mapping[str, Any]) -> str:
    """Of a line of `groups`: the row, and its filter where there are several.

    Args:
        row: one of `rows` of the summary.
        judged: one of `judged` of the row.
    """
    return row['name'] if len(row['judged']) == 1 else f'{row["name"]}, {judged["filter"]}'


def _published(summary: Mapping[str, Any]) -> Iterator[str]:
    for line in summary['published'].values():
        parameters, figures = _claims(line, '-')
        yield _line(f'  {line["method"]}', line['backbone'], (parameters, ''), figures, '', _PUBLISHED)


def _claims(line: Mapping[str, Any], unknown: str) -> tuple[str, list[str]]:
    """Parameters and figures of a published line."""
    pairs = [line[figure] or (None, None) for figure in FIGURES]
    figures = [unknown if value is None else _decimals(value) for pair in pairs for value in pair]
    return unknown if line['parameters'] is None else f'{line["parameters"]:g}M', figures


def _measured(row: Mapping[str, Any]) -> Iterator[str]:
    """A line for each filter, with another below it where there are bounds of its own."""
    for place, judged in enumerate(row['judged']):
        found = [judged['pooled'][output][figure] for figure in FIGURES for output in features.OUTPUTS]
        faces = f'{judged["examples"]:,} faces'
        faces += '' if judged['subjects'] is None else f' of {judged["subjects"]:,} people'
        several, note = len(row['seeds']) > 1, f'{judged["filter"]}, {faces}'
        cells = [_mean(interval) if several else f'{interval["value"]:.3f}' for interval in found]
        if place:
            yield _line('', '', ('', ''), cells, '', note)
        else:
            yield _line(
                f'  {row["method"]}{" *" if row["changed"] else ""}',
                row['backbone'],
                (_millions(row['parameters']), _millions(row['multiply_adds'])),
                cells,
                _speed(row),
                note,
            )
        if not several and found[0]['low'] is not None:
            yield _line('', '', ('', ''), [_bounds(interval) for interval in found], '')


def _millions(count: int | None) -> str:
    return '-' if count is None else f'{count / 1e6:,.2f}M'


def _speed(row: Mapping[str, Any]) -> str:
    speed = row['images_per_second']
    return '-' if speed is None else f'{speed:.0f}'


def _mean(interval: Mapping[str, float]) -> str:
    return f'{interval["value"]:.3f} ±{interval["high"] - interval["value"]:.3f}'


def _with_bounds(interval: Mapping[str, Any]) -> str:
    bounds = '' if interval['low'] is None else f' {_bounds(interval)}'
    return f'{interval["value"]:.3f}{bounds}'


def _bounds(interval: Mapping[str, float]) -> str:
    low, high = (re.sub(r'^(-?)0\.', r'\1.', f'{interval[bound]:.3f}') for bound in ('low', 'high'))
    return f'[{low}, {high}]'


def _decimals(value: float) -> str:
    """As many decimals as the poster has: two, or four."""
    return f'{value:.2f}' if round(value, 2) == value else f'{value:.4f}'


def _line(method: str, backbone: str, costs: tuple[str, str], cells: Sequence[str], speed: str, note: str = '') -> str:
    heads = f'{method:<{_METHOD}}{backbone:<{_BACKBONE}}' + ''.join(f'{cost:>{_COST}}' for cost in costs)
    return (heads + ''.join(f'{cell:>{_CELL}}' for cell in cells) + f'{speed:>{_SPEED}}   {note}').rstrip()
