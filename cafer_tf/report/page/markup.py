"""Pieces of HTML. Whatever comes from data is escaped here, so that sections are written in plain text."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterable, Sequence

from cafer_tf.report.page.style import STYLE

_MANY = 9
"""Columns that a sheet of paper has room for in letters of the usual size."""
UNKNOWN = '–'
"""Where there is no number."""
NO_BREAK = '\u00a0'
"""A space at which no line ends."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: what it says.
        small: what stands below, in small letters.
        prose: whether it is a text, which is set flush left and may wrap, and no number.
    """

    text: str
    small: str = ''
    prose: bool = False


@dataclasses.dataclass(frozen=True)
class Section:
    """A chapter of the page.

    Attributes:
        identifier: by which it is linked to.
        heading: plain text.
        body: HTML.
    """

    identifier: str
    heading: str
    body: str


def number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    """A number in a fixed form, or a dash where there is none.

    Example:
        >>> number(-0.0004), number(0.25, 2, sign=True), number(None)
        ('0.000', '+0.25', '–')
    """
    if value is None or value != value:
        return UNKNOWN
    # Adding 0 turns the -0.0 that rounding leaves into 0.0.
    return f'{round(value, digits) + 0:{"+" if sign else ""}.{digits}f}'


def count(value: int | None) -> str:
    """A whole number with separators, or a dash where it is unknown."""
    return UNKNOWN if value is None else f'{value:,}'


def paragraph(text: str, quiet: bool = False) -> str:
    """A paragraph of plain text."""
    return f'<p{" class=quiet" if quiet else ""}>{html.escape(text)}</p>'


def note(text: str) -> str:
    """A paragraph that must not be missed."""
    return f'<p class="note">{html.escape(text)}</p>'


def bullets(items: Iterable[str]) -> str:
    """A list of plain texts."""
    return f'<ul>{"".join(f"<li>{html.escape(item)}</li>" for item in items)}</ul>'


def subheading(text: str) -> str:
    """A heading within a section."""
    return f'<h3>{html.escape(text)}</h3>'


def details(summary: str, body: str) -> str:
    """HTML that is folded away on the screen, and printed on paper."""
    return f'<details><summary>{html.escape(summary)}</summary>{body}</details>'


def figure(picture: str, caption: str) -> str:
    """A picture, as `cafer_tf.report.page.pictures` embeds it, with its caption."""
    return f'<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>'


def wide_figure(picture: str, caption: str) -> str:
    """The same for a picture that scrolls in its own box where the screen is too narrow to read it."""
    return figure(f'<div class="wide" tabindex="0" role="region" aria-label="Figure">{picture}</div>', caption)


def side_by_side(figures: Iterable[str]) -> str:
    """Figures in a row, or below each other where the screen is narrow."""
    figures = list(figures)
    return f'<div class="figures{" three" if len(figures) == 3 else ""}">{"".join(figures)}</div>'


def headline(figures: Iterable[tuple[str, str, str]]) -> str:
    """A few figures in large letters, each with its name before and a note after it."""
    return (
        '<dl class="headline">'
        + ''.join(
            f'<div><dt>{html.escape(name)}</dt><dd class="value">{html.escape(value)}</dd>'
            f'<dd class="remark">{html.escape(words)}</dd></div>'
            for name, value, words in figures
        )
        + '</dl>'
    )


def face(picture: str, name: str, lines: Iterable[str]) -> str:
    """A face of a gallery, with what is known of it."""
    return f'<li>{picture}<b>{html.escape(name)}</b>{"<br>".join(map(html.escape, lines))}</li>'


def gallery(faces: Iterable[str]) -> str:
    """Faces as `face` makes them."""
    return f'<ul class="faces">{"".join(faces)}</ul>'


def row(head: str, cells: Iterable[Cell | str], small: str = '') -> str:
    """A row of a table.

    Args:
        head: what the row is about.
        cells: the others; a text is a number ready to show.
        small: what stands below the head, in small letters.
    """
    first = f'<th scope="row" class="row">{html.escape(head)}{_small(small)}</th>'
    return f'<tr>{first}{"".join(map(_cell, cells))}</tr>'


def group(text: str, columns: int, small: str = '') -> str:
    """A row that says what the rows below it have in common.

    Args:
        text: what it says.
        columns: of the table, that of the heads included.
        small: what stands below, in small letters.
    """
    return f'<tr><th scope="colgroup" colspan="{columns}" class="group">{_in_sight(text, small)}</th></tr>'


def table(
    caption: str,
    columns: Sequence[Cell | str],
    rows: Iterable[str],
    small: str = '',
    spans: Sequence[tuple[str, int]] = (),
) -> str:
    """A table that scrolls in its own box where it is wider than the screen.

    Args:
        caption: what it shows.
        columns: their heads, that of the column of heads first.
        rows: as `row` and `group` make them.
        small: what else to know, below the caption.
        spans: a line above the heads: texts and over how many columns each reaches, after the column of heads.
    """
    above = ''.join(
        f'<th scope="colgroup" colspan="{width}" class="span">{html.escape(text)}</th>' for text, width in spans
    )
    above = f'<tr><td></td>{above}</tr>' if spans else ''
    first, *others = (Cell(column) if isinstance(column, str) else column for column in columns)
    heads = f'<th scope="col" class="row">{html.escape(first.text)}</th>' + ''.join(
        f'<th scope="col"{" class=text" if column.prose else ""}>{html.escape(column.text)}</th>' for column in others
    )
    many = ' class="many"' if len(columns) > _MANY else ''
    # A box that scrolls must be reachable by keyboard.
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(caption)}"><table{many}>'
        f'<caption>{_in_sight(caption, small)}</caption>'
        f'<thead>{above}<tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def document(title: str, introduction: str, sections: Sequence[Section]) -> str:
    """The whole page, with a table of contents.

    Args:
        title: plain text.
        introduction: HTML that stands before the contents.
        sections: in their order.
    """
    contents = ''.join(f'<li><a href="#{part.identifier}">{html.escape(part.heading)}</a></li>' for part in sections)
    bodies = ''.join(
        f'<section aria-labelledby="{part.identifier}"><h2 id="{part.identifier}">{html.escape(part.heading)}</h2>'
        f'\n{part.body}</section>\n'
        for part in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>\n'
        f'<header><h1>{html.escape(title)}</h1>{introduction}</header>\n'
        f'<nav class="contents" aria-label="Contents"><ol>{contents}</ol></nav>\n'
        f'<main>\n{bodies}</main></body></html>\n'
    )


def _cell(cell: Cell | str) -> str:
    if isinstance(cell, str):
        cell = Cell(cell)
    return f'<td{" class=text" if cell.prose else ""}>{html.escape(cell.text)}{_small(cell.small)}</td>'


def _in_sight(text: str, small: str) -> str:
    """A text that stays where it is while the table is scrolled below it."""
    return f'<span>{html.escape(text)}{_small(small)}</span>'


def _small(text: str) -> str:
    return f'<small>{html.escape(text)}</small>' if text else ''
