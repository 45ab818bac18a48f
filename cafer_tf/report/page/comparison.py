"""What is compared beside the run: variants of the method, or systems."""

from __future__ import annotations

import re

from cafer_tf.report.page import markup, pictures
from cafer_tf.report.page.markup import Section
from cafer_tf.report.page.material import Comparison


def section(comparison: Comparison) -> Section:
    """Its table, its picture and its notes."""
    rows = []
    for title, lines in comparison.groups.items():
        rows.append(markup.group(title, len(comparison.heads)))
        rows += [
            markup.row(
                name, [_breakable(cell) if cell else markup.UNKNOWN for cell in cells], comparison.descriptions[name]
            )
            for name, cells in lines.items()
        ]
    picture = comparison.picture
    body = (
        markup.paragraph(comparison.words)
        + markup.table(comparison.caption, comparison.heads, rows)
        + markup.wide_figure(pictures.drawing(picture.figure, picture.alternative), picture.caption)
        + (markup.bullets(comparison.notes) if comparison.notes else '')
    )
    return Section(comparison.key, comparison.title, body)


def _breakable(cell: str) -> str:
    """A cell that may break before its interval, and not within."""
    return re.sub(r'\[.*?\]', lambda interval: interval[0].replace(' ', markup.NO_BREAK), cell)
