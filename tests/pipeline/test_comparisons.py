import dataclasses
import json

import pytest

from cafer_tf import features
from cafer_tf.comparison_table import PUBLISHED
from cafer_tf.ledger import Ledger
from cafer_tf.report.page import comparison
from cafer_tf.study import plan
from pipeline import comparisons
from pipeline.errors import RunError

# 40 faces whose predictions p = y / 2 have half the spread: with σ_y² = 1 and σ_p² = ¼,
# CCC = 2 · ½ / (1 + ¼) = .8, and with p = y it is 1.
HALF = [40.0, 0.0, 0.0, 40.0, 10.0, 20.0, 10.0, 40.0]
PERFECT = [40.0, 0.0, 0.0, 40.0, 40.0, 40.0, 0.0, 40.0]


def _result(job, statistic):
    people = {'person-0001': dict.fromkeys(features.OUTPUTS, statistic)}
    return {
        'job': job.key(),
        'validation': [0.5, 0.7],
        'unseen': people,
        'seen': {'person-0002-new': dict.fromkeys(features.OUTPUTS, PERFECT)},
        'probe': {'accuracy': 0.25, 'chance': 0.05},
    }


@pytest.fixture
def study(tmp_path):
    for job in plan.jobs(['supervised', 'paper'], [0.5], rounds=2):
        statistic = HALF if job.variant == 'supervised' else PERFECT
        Ledger(tmp_path / plan.RESULTS).append(_result(job, statistic))
    return tmp_path


def test_the_page_shows_the_study_as_table_and_picture(study):
    shown = comparisons.of_study(study)
    assert list(shown.groups) == ['Idiosyncrasy 0.5']
    rows = shown.groups['Idiosyncrasy 0.5']
    assert list(rows) == ['supervised', 'paper']
    assert rows['supervised'][:8] == ['10', '0.700', '0.800', '1.000', '0.200', '0.800', '0.800', '0.250']
    assert rows['paper'][2] == '1.000' and rows['paper'][8] == '+0.200 [+0.200, +0.200]'
    html = comparison.section(shown).body
    assert html.count('<tr>') == 4  # heads, the group, two variants
    assert 'CCC on people never seen 0.800, probe 0.250' in html  # what the picture says, for whoever cannot see it
    assert '<td>–</td>' in html  # no difference of supervised to itself


def test_a_folder_without_results_says_how_they_are_made(tmp_path):
    with pytest.raises(RunError, match='make study'):
        comparisons.of_study(tmp_path)


def test_the_page_shows_the_table_of_systems(tmp_path):
    (tmp_path / 'table.json').write_text(json.dumps(_summary()))
    shown = comparisons.of_table(tmp_path)
    html = comparison.section(shown).body
    assert 'Mollahosseini et al. 2017' in html and '0.500 [.400,\u00a0.600]' in html
    assert 'Measured, on faces' in html and '<li>a note</li>' in html
    assert 'compact: CCC valence 0.500, CCC arousal 0.500' in html  # what the picture says


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'is not there; `cafer benchmark table` makes it'),
        ('{"rows": [', 'is no table'),
        ('[]', 'is no table'),
        ('{"rows": []}', 'is no table .* it has no rows'),
        (json.dumps({'rows': [{'name': 'compact', 'judged': []}]}), 'is no table'),
        ('{"rows": [3], "published": {}}', 'is no table'),
    ],
)
def test_what_is_no_table_of_systems_is_said(tmp_path, content, message):
    if content is not None:
        (tmp_path / 'table.json').write_text(content)
    with pytest.raises(RunError, match=message):
        comparisons.of_table(tmp_path)


def _summary():
    interval = {'value': 0.5, 'low': 0.4, 'high': 0.6}
    pooled = {output: dict.fromkeys(('rmse', 'pcc', 'ccc', 'sagr'), interval) for output in features.OUTPUTS}
    row = {
        'name': 'compact',
        'method': 'CAFER-TF',
        'backbone': 'compact',
        'parameters': 700_000,
        'multiply_adds': 10_000_000,
        'images_per_second': None,
        'seeds': [0],
        'judged': [{'filter': 'test split', 'examples': 4, 'subjects': 2, 'pooled': pooled}],
    }
    published = {name: dataclasses.asdict(line) for name, line in PUBLISHED.items()}
    return {'data': 'faces', 'comparable': False, 'published': published, 'rows': [row], 'notes': ['a note']}
