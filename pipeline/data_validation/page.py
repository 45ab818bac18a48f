"""The statistics of a data set on one page, which loads nothing and needs no script."""

from __future__ import annotations

import html
import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from pipeline.data_validation import charts, contents
from pipeline.data_validation.contents import Feature, Statistics

SHOWN_VALUES = 6
"""How many of the most frequent values of each split are drawn."""
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem; background: #fff; color: #1a1a1a;
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e2e2e2; white-space: nowrap; }
th { font-weight: 600; }
th.name, th.left, td.left, td.text { text-align: left; }
th.name { position: sticky; left: 0; background: #fff; vertical-align: top; }
td.text { white-space: normal; overflow-wrap: anywhere; min-width: 18rem; }
tr.first > * { border-top: 2px solid #888; }
.problem { border-left: 4px solid #b3261e; background: #fdf1f0; }
.warning { border-left: 4px solid #b26a00; background: #fff7e6; }
.good { border-left: 4px solid #2e7d32; background: #f1f8f1; }
.problem, .warning, .good { padding: .5rem .9rem; margin: .5rem 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.2rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; break-inside: avoid; }
svg { width: 100%; height: auto; display: block; }
svg text { font-size: 12px; fill: #1a1a1a; }
svg text.share { font-size: 10.5px; fill: #444; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .5rem 0 1rem; padding: 0; list-style: none; }
.key svg { display: inline-block; width: 2.2rem; height: .8rem; margin-right: .4rem; vertical-align: middle; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } .scroll { overflow: visible; }
  .charts { grid-template-columns: 1fr 1fr; } tr { break-inside: avoid; } h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def statistics_page(
    statistics: Mapping[str, Statistics],
    schema: schema_pb2.Schema,
    anomalies: Sequence[str],
    warnings: Sequence[str],
    title: str,
) -> str:
    """Writes the page.

    Args:
        statistics: of each split, in the order to show.
        schema: that says which features examples must have.
        anomalies: what does not satisfy the schema, in words.
        warnings: what else a reader should know, such as drift.
        title: of the page.

    Returns:
        HTML; whatever comes from data is escaped.
    """
    named = {split: contents.by_name(found) for split, found in statistics.items()}
    names = sorted({name for found in named.values() for name in found})
    rows = {name: {split: found[name] for split, found in named.items() if name in found} for name in names}
    numeric = {name: row for name, row in rows.items() if all(each.HasField('num_stats') for each in row.values())}
    categorical = {name: row for name, row in rows.items() if name not in numeric}
    required = {feature.name for feature in schema.feature if feature.HasField('presence')}
    sections = [
        f'<h1>{html.escape(title)}</h1>',
        _splits(statistics),
        '<h2>Checks</h2>',
        _notes('problem', 'Anomalies', anomalies) if anomalies else '<div class="good">No anomalies.</div>',
        _notes('warning', 'Warnings', warnings) if warnings else '<div class="good">No warnings.</div>',
        '<h2>Numbers</h2>',
        _numeric_table(numeric, required),
        '<h2>Texts and bytes</h2>',
        _categorical_table(categorical, required),
        '<h2>Distributions</h2>',
        '<p>A histogram shows each split by the shares of its own examples, so that small splits stay visible. Bars '
        'are the most frequent values; where a split has no bar, it has few or none of the value.</p>',
        _key(statistics),
        f'<div class="charts">{"".join(_figures(numeric, categorical, list(statistics)))}</div>',
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body><main>\n'
        + '\n'.join(sections)
        + '\n</main></body></html>\n'
    )


def _splits(statistics: Mapping[str, Statistics]) -> str:
    rows = [[split, f'{contents.examples(found)}', f'{contents.people(found)}'] for split, found in statistics.items()]
    body = ''.join(f'<tr>{_name(split)}{_cells([examples, people])}</tr>' for split, examples, people in rows)
    return _table(['split'], ['examples', 'people'], [], body)


def _notes(kind: str, heading: str, lines: Sequence[str]) -> str:
    items = ''.join(f'<li>{html.escape(line)}</li>' for line in lines)
    return f'<div class="{kind}"><strong>{heading}</strong><ul>{items}</ul></div>'


def _numeric_table(rows: Mapping[str, Mapping[str, Feature]], required: set[str]) -> str:
    body = []
    for name, splits in rows.items():
        for index, (split, feature) in enumerate(splits.items()):
            stats = feature.num_stats
            values = [stats.mean, stats.std_dev, stats.min, stats.median, stats.max]
            cells = [*_counts(feature), *(charts.number(value) for value in values), f'{stats.num_zeros}']
            body.append(_row(name, splits, split, index, required, _cells(cells)))
    head = ['examples with it', 'missing', 'mean', 'std. deviation', 'min', 'median', 'max', 'zeros']
    return _table(['feature', 'split'], head, [], ''.join(body))


def _categorical_table(rows: Mapping[str, Mapping[str, Feature]], required: set[str]) -> str:
    body = []
    for name, splits in rows.items():
        for index, (split, feature) in enumerate(splits.items()):
            counted = feature.HasField('string_stats')
            unique = f'{feature.string_stats.unique}' if counted else '–'
            top = ', '.join(f'{value} ({count:.0f})' for value, count in _top(feature)[:3]) if counted else '–'
            cells = _cells([*_counts(feature), unique]) + f'<td class="text">{html.escape(top or "all different")}</td>'
            body.append(_row(name, splits, split, index, required, cells))
    head = ['examples with it', 'missing', 'different values']
    return _table(['feature', 'split'], head, ['most frequent'], ''.join(body))


def _counts(feature: Feature) -> list[str]:
    return [f'{contents.common(feature).num_non_missing}', f'{1 - contents.presence(feature):.1%}']


def _row(name: str, splits: Collection[str], split: str, index: int, required: set[str], cells: str) -> str:
    """One split of a feature; the name stands in the first and reaches over all of them."""
    label = _name(name if name in required else f'{name} (optional)', len(splits)) if index == 0 else ''
    first = ' class="first"' if index == 0 else ''
    return f'<tr{first}>{label}<td class="left">{html.escape(split)}</td>{cells}</tr>'


def _name(text: str, rows: int = 1) -> str:
    return f'<th scope="rowgroup" rowspan="{rows}" class="name">{html.escape(text)}</th>'


def _cells(texts: Iterable[str]) -> str:
    return ''.join(f'<td>{html.escape(text)}</td>' for text in texts)


def _table(left: Sequence[str], right: Sequence[str], last: Sequence[str], body: str) -> str:
    """A table whose columns are texts, then numbers, then texts."""
    head = ''.join(f'<th scope="col" class="left">{text}</th>' for text in left)
    head += ''.join(f'<th scope="col">{text}</th>' for text in right)
    head += ''.join(f'<th scope="col" class="left">{text}</th>' for text in last)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _key(splits: Iterable[str]) -> str:
    items = []
    for index, split in enumerate(splits):
        colour, dash = charts.COLOURS[index % len(charts.COLOURS)], charts.DASHES[index % len(charts.DASHES)]
        line = f'<line x1="0" y1="6" x2="36" y2="6" stroke="{colour}" stroke-width="4" stroke-dasharray="{dash}"/>'
        items.append(f'<li><svg viewBox="0 0 36 12" aria-hidden="true">{line}</svg>{html.escape(split)}</li>')
    return f'<ul class="key">{"".join(items)}</ul>'


def _figures(
    numeric: Mapping[str, Mapping[str, Feature]], categorical: Mapping[str, Mapping[str, Feature]], splits: list[str]
) -> Iterable[str]:
    for name, row in numeric.items():
        # Coordinates of many points in one histogram say nothing.
        if all(contents.common(feature).max_num_values <= 1 for feature in row.values()):
            yield _figure(name, charts.histogram(name, {split: _bins(row.get(split)) for split in splits}))
    for name, row in categorical.items():
        yield _figure(name, charts.bars(name, {split: _shares(row.get(split)) for split in splits}, SHOWN_VALUES))


def _figure(name: str, chart: str) -> str:
    return f'<figure><figcaption><h3>{html.escape(name)}</h3></figcaption>{chart}</figure>' if chart else ''


def _bins(feature: Feature | None) -> list[charts.Bin]:
    for histogram in feature.num_stats.histograms if feature else ():
        if histogram.type == statistics_pb2.Histogram.STANDARD:
            bins = [
                charts.Bin(bucket.low_value, bucket.high_value, bucket.sample_count) for bucket in histogram.buckets
            ]
            return [bin_ for bin_ in bins if math.isfinite(bin_.low) and math.isfinite(bin_.high)]
    return []


def _shares(feature: Feature | None) -> dict[str, float]:
    if feature is None:
        return {}
    total = contents.common(feature).num_non_missing
    return {value: count / total for value, count in _top(feature)} if total else {}


def _top(feature: Feature) -> list[tuple[str, float]]:
    """The most frequent values; none where all values are different, as paths are."""
    found = [(top.value, top.frequency) for top in feature.string_stats.top_values]
    return found if any(count > 1 for _, count in found) else []
