import json

import numpy as np
import pytest
from scipy import stats

from cafer_tf.comparison_table import HEADS, PUBLISHED, ROWS, Run, groups, summarise, table, table_figure, text
from cafer_tf.comparison_table.data import Examples
from cafer_tf.comparison_table.training import judge
from cafer_tf.config import Config


def examples(layout='csv', known=True, counts=None):
    return Examples(
        {},
        {'dataset': layout, 'faces': {'source': 'as_is', 'size': 0}},
        ('a note.',),
        known,
        {'train': 9, 'eval': 2, 'test': 4},
        {'odd': 3},
        counts,
    )


def figures(value, spread=0.1):
    interval = {'value': value, 'low': value - spread, 'high': value + spread}
    outputs = {output: dict.fromkeys(('rmse', 'pcc', 'ccc', 'sagr'), interval) for output in ('valence', 'arousal')}
    return {**outputs, 'mean': {'ccc': interval}}


def result(row, seed, *values, epochs=25, speed=50.0, people=2):
    config = Config.from_preset('paper', *([] if row == 'compact' else [row])).with_changes(
        [('training.seed', seed), ('training.epochs', epochs)]
    )
    tree = json.loads(json.dumps(config.to_dict()))  # as a ledger keeps it
    judged = [
        {'filter': name, 'examples': 4 - place, 'subjects': people, 'pooled': figures(value)}
        for place, (name, value) in enumerate(zip(('test split', 'a part of it'), values, strict=False))
    ]
    return {
        'row': row,
        'seed': seed,
        'data': {'dataset': 'csv'},
        'config': tree,
        'result': {
            'epoch': 7 + seed,
            'parameters': {'encoder': 2_000_000, 'head': 500_000},
            'multiply_adds': 1_234_560_000,
            'images_per_second': speed,
            'device': '2 processor cores',
            'judged': judged,
            'draws': {'resamples': 1000, 'confidence': 0.95, 'seed': 0},
        },
    }


def test_one_seed_has_the_interval_over_people():
    found = summarise(Run([result('alexnet', 0, 0.5)], examples()), 'csv faces')
    assert found['rows'][0]['judged'][0]['pooled'] == figures(0.5)
    lines = table(found).splitlines()
    place = next(i for i, line in enumerate(lines) if 'measured here, on csv faces' in line)
    assert lines[place + 1].split()[:8] == ['Kim', 'and', 'Song', '2021', 'AlexNet', '(tuned)', '2.50M', '1,234.56M']
    assert lines[place + 1].split()[8:15] == ['0.500'] * 6 + ['50']
    assert lines[place + 1].endswith('test split, 4 faces of 2 people')
    assert lines[place + 2].count('[.400, .600]') == 6
    assert any('1,000 draws of people' in note for note in found['notes'])


def test_several_seeds_have_the_interval_over_them():
    values = [0.61, 0.64, 0.6]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    run = Run([result('alexnet', seed, value, speed=seed or None) for seed, value in enumerate(values)], examples())
    found = summarise(run, 'csv faces')
    (row,) = found['rows']
    assert row['judged'][0]['pooled']['mean']['ccc'] == pytest.approx(
        {'value': np.mean(values), 'low': low, 'high': high}
    )
    assert (row['seeds'], row['best_epochs'], row['images_per_second']) == ([0, 1, 2], [7, 8, 9], 1.5)
    # s = .0208; t with two degrees of freedom 4.303; 4.303 * .0208 / sqrt(3) = .052
    assert table(found).count('0.617 ±0.052') == 6
    assert any(note.startswith('±: mean over the seeds') for note in found['notes'])
    assert not any('draws of' in note for note in found['notes'])
    assert any(note.startswith('alexnet: 3 seeds; ') for note in found['notes'])


def test_a_table_that_is_not_finished_says_which_row_has_which_interval_and_where_speeds_are_of():
    lines = [result('alexnet', 0, 0.5), result('alexnet', 1, 0.6), result('compact', 1, 0.7)]
    lines[1]['result']['device'] = '1 × GPU'
    found = summarise(Run(lines, examples(), (), ('resnet18, seed 0: it stopped',)), 'csv faces')
    notes = '\n'.join(found['notes'])
    for said in (
        '±: mean over the seeds of a row',
        '[low, high]: 95% intervals of 1,000 draws of people (seed 0), for one training',
        'alexnet: 2 seeds; presets',
        'compact: seed 1; presets',
        'on 2 processor cores and, elsewhere, on 1 × GPU',
        'broke down: resnet18, seed 0: it stopped',
    ):
        assert said in notes


def test_the_cells_of_a_page_say_what_the_table_says():
    one = summarise(Run([result('alexnet', 0, 0.5, 0.6)], examples()), 'csv faces')
    published, measured = groups(one).values()
    assert published['barros2019'] == ['AlexNet', '', '', '', '', '', '', '0.67', '0.38', '']
    costs = ['AlexNet (tuned)', '2.50M', '1,234.56M']
    assert measured['alexnet, test split'] == [*costs, *['0.500 [.400, .600]'] * 6, '50']
    assert measured['alexnet, a part of it'] == [*costs, *['0.600 [.500, .700]'] * 6, '50']
    several = summarise(Run([result('alexnet', seed, 0.5) for seed in (0, 1)], examples()), 'csv faces')
    assert groups(several).popitem()[1]['alexnet'][3:9] == ['0.500 ±0.000'] * 6
    assert all(len(cells) == len(HEADS) - 1 for group in groups(one).values() for cells in group.values())


def test_the_picture_has_a_mark_a_row_and_output_and_no_interval_where_none_is_known():
    found = summarise(Run([result('alexnet', 0, 0.5), result('compact', 0, 0.7)], examples()), 'csv faces')
    found['rows'][0]['judged'][0]['pooled']['valence']['ccc'] = {'value': 0.4, 'low': None, 'high': None}
    ccc = table_figure(found).axes[-1]
    marks = [line for line in ccc.lines if line.get_marker() in 'o^']
    assert sorted(round(float(np.ravel(mark.get_xdata())[0]), 2) for mark in marks) == [0.4, 0.5, 0.7, 0.7]
    assert len(ccc.lines) - len(marks) == 3
    names = table_figure(found).axes[0].get_yticklabels()
    assert [label.get_text() for label in names] == ['alexnet', 'compact']


def test_no_name_runs_into_the_next_column():
    methods = [line.method for line in PUBLISHED.values()] + [row.method for row in ROWS.values()]
    backbones = [line.backbone for line in PUBLISHED.values()] + [row.backbone for row in ROWS.values()]
    assert max(len(f'  {method} *') for method in methods) < text._METHOD
    assert max(map(len, backbones)) < text._BACKBONE


def test_the_published_lines_have_the_posters_decimals_and_dashes():
    lines = table(summarise(Run([result('alexnet', 0, 0.5)], examples()), 'csv faces')).splitlines()
    (hasani,) = (line for line in lines if 'Hasani' in line)
    assert hasani.split()[4:] == ['ResNeXt50', '3.1M', '0.2668', '0.2482', '0.78', '0.86', '0.74', '0.85', 'published']
    (barros,) = (line for line in lines if 'Barros' in line)
    assert barros.split()[4:] == ['AlexNet', '-', '-', '-', '-', '-', '0.67', '0.38', 'published']
    (first,) = (line for line in lines if 'Mollahosseini' in line)
    assert first.split()[4:] == ['AlexNet', '61M', '0.37', '0.41', '0.66', '0.54', '0.60', '0.34', 'published']


def test_what_differs_from_a_rows_presets_is_marked_and_said():
    found = summarise(Run([result('alexnet', 0, 0.5), result('compact', 0, 0.5, epochs=3)], examples()), 'csv faces')
    assert [row['changed'] for row in found['rows']] == [[], ['training.epochs=3']]
    assert not any('all rows' in note for note in found['notes'])
    assert 'CAFER-TF *' in table(found) and 'Kim and Song 2021 *' not in table(found)
    assert (
        'compact: seed 0; presets paper; 64 px, batches of 64, at most 3 epochs (best: 7); *: training.epochs=3'
        in found['notes']
    )


def test_what_differs_in_all_rows_is_said_once():
    found = summarise(Run([result(row, 0, 0.5, epochs=3) for row in ('alexnet', 'compact')], examples()), 'csv faces')
    assert [row['changed'] for row in found['rows']] == [['training.epochs=3']] * 2
    assert sum('training.epochs=3' in note for note in found['notes']) == 1
    assert '*: all rows have training.epochs=3' in found['notes']


def test_figures_are_comparable_on_affectnet_alone_and_its_filters_are_counted():
    counts = {'listed': 5500, 'kept': 4500, 'without_none': 4000}
    run = Run([result('alexnet', 0, 0.5, 0.6, people=None)], examples('affectnet_csv', False, counts))
    found = summarise(run, 'affectnet_csv AffectNet')
    shown = table(found)
    assert found['comparable'] and 'not comparable' not in shown
    assert '5,500 listed, of them 4,500 judged' in shown and '4,000 with another expression than none' in shown
    assert 'test split, 4 faces\n' in shown and 'a part of it, 3 faces\n' in shown
    assert 'draws of images, for who is shown is unknown' in shown
    other = table(summarise(Run([result('alexnet', 0, 0.5)], examples()), 'csv faces'))
    assert 'published, of AffectNet, not comparable across data sets' in other
    assert 'left out of all splits: 3 × odd' in other and '- a note.' in other


def test_no_interval_is_shown_where_there_is_one_person():
    labels = np.random.default_rng(0).uniform(-1, 1, (8, 2))
    one = result('alexnet', 0, 0.5)
    one['result']['judged'] = [judge(labels, labels / 2, np.array(['ann'] * 8), 'test split')]
    assert '[.' not in table(summarise(Run([one], examples()), 'csv faces'))
