"""The report of a run: one HTML file that loads nothing, for the screen and for paper.

The page takes plain values and arrays (`Material`); whoever has a run gathers them.
"""

from __future__ import annotations

from cafer_tf.report.page import comparison, markup, model_card, origin, people, predictions, tables, videos
from cafer_tf.report.page.material import RENDERED, Comparison, Data, Judged, Material, Picture, Split, Videos
from cafer_tf.report.page.predictions import shown_faces

__all__ = [
    'RENDERED',
    'Comparison',
    'Data',
    'Judged',
    'Material',
    'Picture',
    'Split',
    'Videos',
    'report_page',
    'shown_faces',
]


def report_page(material: Material) -> str:
    """Writes the page; the same material gives the same text.

    Args:
        material: everything on it.

    Returns:
        HTML; whatever comes from data is escaped.
    """
    sections = [
        tables.pooled(material),
        tables.slices(material),
        people.scores(material),
        predictions.agreement(material),
        predictions.faces(material),
        people.identity(material),
        *([videos.section(material, material.videos)] if material.videos else []),
        *map(comparison.section, material.comparisons),
        origin.data(material),
        origin.training(material),
        origin.configuration(material),
        model_card.model_card(material),
    ]
    return markup.document('Report of a CAFER-TF run', _introduction(material), sections)


def _introduction(material: Material) -> str:
    evaluation = material.evaluation
    unseen, gap, probe = evaluation['unseen'], evaluation.get('gap'), evaluation['identity']['unseen']
    name, judged = next(tables.named_sets(evaluation))
    headline = [
        _headline(f'Mean CCC: {name[0].lower()}{name[1:]}', unseen['pooled']['mean']['ccc'], tables.of_what(judged))
    ]
    if gap is not None:
        headline.append(_headline('Gap to people seen in training', gap['mean']['ccc'], 'mean CCC, seen minus unseen'))
    if probe is not None:
        chance = f'chance {markup.number(probe["chance"])}; {probe["subjects"]:,} people'
        headline.append(_headline('Identity probe: accuracy', probe['accuracy'], chance))
    made = f', made {material.made}' if material.made else ''
    return (
        markup.paragraph(f'Model {material.model}{made}, CAFER-TF {material.version}.', quiet=True)
        + markup.headline(headline)
        + markup.paragraph(
            'Valence says how pleasant and arousal how activated a face looks, each in [-1, 1]. A model that reads '
            'emotion from faces reads expressions, not feelings. It must not decide about people.'
        )
    )


def _headline(name: str, estimate: dict[str, float | None], words: str) -> tuple[str, str, str]:
    cell = tables.interval(estimate)
    return name, cell.text, '; '.join(filter(None, (cell.small, words)))
