"""The rows of the table over their seeds, and what must be said beside them."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cafer_tf.comparison_table import affectnet
from cafer_tf.comparison_table.benchmark import Run
from cafer_tf.comparison_table.published import PUBLISHED, SOURCE
from cafer_tf.comparison_table.rows import ROWS
from cafer_tf.metrics.bootstrap import CONFIDENCE
from cafer_tf.metrics.student import student_interval

SUMMARY = 'table.json'
"""The table as a file, beside the results that it is of."""
PICTURE = 'table.png'
"""The same as a picture."""
_SHOWN = 12
"""Characters of a changed value: of a digest of weights, enough to tell it from others."""


def summarise(run: Run, data: str) -> dict[str, Any]:
    """The whole table as plain values that JSON can hold.

    Args:
        run: of `Benchmark.run`.
        data: the data set in words.

    Returns:
        `data`, `splits`, `comparable` (whether the published figures are of the same data set), `published` (the
        poster's lines by name), `rows` (see below) and `notes`. Of each row: `name`, `method`, `backbone`, `published`
        (its line there, or None), `seeds`, `budget`, `best_epochs`, `changed` (what differs from its presets),
        `parameters` (of all its networks), `multiply_adds` and `images_per_second` (None where unknown) and `judged`,
        one entry a filter with `examples`, `subjects` (None where unknown) and `pooled`. The figures of one seed have
        the interval over people, the means of several that over seeds.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for result in run.results:
        found.setdefault(result['row'], []).append(result)
    rows = [_row(name, found[name]) for name in ROWS if name in found]
    comparable = run.examples.identity['dataset'] in affectnet.LAYOUTS
    return {
        'data': data,
        'splits': run.examples.splits,
        'comparable': comparable,
        'published': {name: dataclasses.asdict(line) for name, line in PUBLISHED.items()},
        'rows': rows,
        'notes': list(_notes(run, rows, comparable)),
    }


def _row(name: str, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row, config = ROWS[name], found[0]['config']
    results = [each['result'] for each in found]
    speeds = [result['images_per_second'] for result in results if result['images_per_second'] is not None]
    filters = zip(*(result['judged'] for result in results), strict=True)
    return {
        'name': name,
        'method': row.method,
        'backbone': row.backbone,
        'published': row.published,
        'seeds': [each['seed'] for each in found],
        'budget': {
            'image_size': config['input']['image_size'],
            **{key: config['training'][key] for key in ('batch_size', 'epochs')},
        },
        'best_epochs': [result['epoch'] for result in results],
        'changed': list(_changed(config, row.config(found[0]['data']['dataset']).to_dict())),
        'parameters': sum(results[0]['parameters'].values()),
        'multiply_adds': next(filter(None, (result.get('multiply_adds') for result in results)), None),
        'images_per_second': statistics.median(speeds) if speeds else None,
        'judged': [
            {
                **{key: judged[0][key] for key in ('filter', 'examples', 'subjects')},
                'pooled': _over_seeds([each['pooled'] for each in judged]),
            }
            for judged in filters
        ],
    }


def _over_seeds(pooled: Sequence[Mapping[str, Mapping[str, Any]]]) -> Mapping[str, Any]:
    """Figures of one seed as they are, or the means of several."""
    if len(pooled) == 1:
        return pooled[0]
    return {
        output: {name: student_interval([each[output][name]['value'] for each in pooled]).to_dict() for name in figures}
        for output, figures in pooled[0].items()
    }


def _notes(run: Run, rows: Sequence[Mapping[str, Any]], comparable: bool) -> Iterator[str]:
    """The protocol, a sentence each."""
    examples = run.examples
    sizes = ', '.join(f'{split} {count:,}' for split, count in examples.splits.items())
    yield f'faces: {sizes}; trained on train, the epoch chosen on eval, judged on test alone'
    cut = examples.identity['faces']
    yield f'each image: faces.source={cut["source"]}, faces.size={cut["size"]} (docs/data.md)'
    yield from examples.notes
    yield from run.notes
    yield from (f'broke down: {sentence}' for sentence in run.broken)
    yield from _budgets(rows)
    if examples.left_out:
        reasons = ', '.join(f'{count:,} × {reason}' for reason, count in examples.left_out.items())
        yield f'left out of all splits: {reasons}'
    if examples.counts is not None and examples.counts['listed']:
        counts = examples.counts
        yield (
            f'AffectNet, validation set: {counts["listed"]:,} listed, of them {counts["kept"]:,} judged (no expression '
            f'9 or 10, labels of -2, or rows without a face), of them {counts["without_none"]:,} with another '
            'expression than none (code 8); say which of the two a figure is of'
        )
    yield 'RMSE, PCC and CCC are pooled over all faces of the filter, with ddof 0; each pair is valence, arousal'
    yield from _about_intervals(run, rows)
    yield 'parameters: trainable, of all networks; mult-adds: of one image, in convolutions and dense layers'
    devices = dict.fromkeys(result['result']['device'] for result in run.results)
    yield f'images a second: of training, without validation, on {" and, elsewhere, on ".join(devices)}'
    yield f'published: {SOURCE}. Claims of their authors, copied, not reproduced here'
    if comparable:
        yield (
            "published: the filter and the row count are not given; the authors' evaluation averages the RMSE of "
            'batches and mixes ddof, and the published valence figures do not agree with pooled metrics on the '
            'standard validation set'
        )
    else:
        yield 'published: of AffectNet, so not comparable across data sets: neither better nor worse than the rows here'


def _budgets(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of each row, how long it is trained, which epochs were the best, and what differs from its presets."""
    everywhere = set.intersection(*(set(row['changed']) for row in rows)) if len(rows) > 1 else set()
    for row in rows:
        budget, best = row['budget'], ', '.join(map(str, row['best_epochs']))
        own = [change for change in row['changed'] if change not in everywhere]
        changed = f'; *: {", ".join(own)}' if own else ''
        seeds = f'{len(row["seeds"])} seeds' if len(row['seeds']) > 1 else f'seed {row["seeds"][0]}'
        yield (
            f'{row["name"]}: {seeds}; presets {", ".join(ROWS[row["name"]].presets)}; {budget["image_size"]} px, '
            f'batches of {budget["batch_size"]}, at most {budget["epochs"]} epochs (best: {best}){changed}'
        )
    if everywhere:
        yield f'*: all rows have {", ".join(change for change in rows[0]["changed"] if change in everywhere)}'


def _changed(config: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    for part, values in config.items():
        for key, value in values.items():
            if (part, key) != ('training', 'seed') and value != _as_json(own[part][key]):
                yield f'{part}.{key}={str(value)[:_SHOWN] if key.endswith("_weights") else value}'


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _about_intervals(run: Run, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows of one seed and of several have different intervals; while a table is trained, it may have both."""
    several, one = (any((len(row['seeds']) > 1) == many for row in rows) for many in (True, False))
    if several:
        yield f'±: mean over the seeds of a row, and half of its {CONFIDENCE:.0%} interval by the t distribution'
    if one:
        draws = run.results[0]['result']['draws']
        over = 'people' if run.examples.subjects_known else 'images, for who is shown is unknown'
        yield (
            f'[low, high]: {draws["confidence"]:.0%} intervals of {draws["resamples"]:,} draws of {over} (seed '
            f'{draws["seed"]}), for one training'
        )
