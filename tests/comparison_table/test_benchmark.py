import json
import pathlib
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from cafer_tf import Cafer, Config, cli
from cafer_tf.comparison_table import ROWS, Benchmark
from cafer_tf.comparison_table.benchmark import Job
from cafer_tf.comparison_table.training import judge, parameters_of, train_row
from cafer_tf.config import ConfigError
from cafer_tf.exclusive import FolderInUseError, exclusive
from cafer_tf.metrics import agreement_scores
from cafer_tf.synthesis import FaceSet, write_face_set

CHANGES = {'training.epochs': 1, 'training.batch_size': 4, 'input.image_size': 32}


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, ['benchmark', 'table', *map(str, arguments)])


def make(faces, out, **changes):
    return Benchmark(
        **{'layout': 'csv', 'root': faces, 'out': out, 'rows': ('compact',), 'changes': CHANGES, **changes}
    )


@pytest.fixture(scope='module')
def finished(faces, tmp_path_factory):
    """A benchmark that was killed after its training, before the result was kept, and started again."""
    benchmark = make(faces, tmp_path_factory.mktemp('table') / 'out')
    job, examples = benchmark.jobs()[0], benchmark.examples()
    before = train_row(benchmark.config_of(job), examples, benchmark.state(job, examples))
    assert not benchmark.ledger.path.exists()
    return benchmark, before, benchmark.run()


def test_a_training_goes_on_where_it_was_and_is_kept_once(finished):
    benchmark, before, run = finished
    (line,) = benchmark.ledger.results()
    assert run.results == [line] and (line['row'], line['seed']) == ('compact', 0)
    after = line['result']
    # The training was over, so that nothing was left to train; the figures are those of the weights that were kept.
    assert before['images_per_second'] > 0 and after['images_per_second'] is None
    assert after['judged'] == before['judged'] and after['epoch'] == before['epoch'] == 1
    assert (after['judged'][0]['examples'], after['judged'][0]['subjects']) == (4, 2)
    assert sorted(path.name for path in benchmark.out.iterdir()) == ['.lock', 'examples', 'results.jsonl']
    assert benchmark.run().results == run.results and len(benchmark.ledger.results()) == 1


def test_other_settings_or_data_are_another_result(finished, faces, tmp_path):
    benchmark, _, _ = finished
    job, examples = benchmark.jobs()[0], benchmark.examples()
    own = benchmark.identity(job, examples)
    others = [
        make(faces, benchmark.out, changes={**CHANGES, 'training.learning_rate': 0.1}),
        make(faces, benchmark.out, presets=('supervised',)),
        make(faces, benchmark.out, changes={**CHANGES, 'faces.size': 24}),
    ]
    identities = [
        own,
        *(other.identity(job, examples) for other in others),
        benchmark.identity(Job(job.row, 1), examples),
    ]
    assert len({json.dumps(identity, sort_keys=True) for identity in identities}) == 5
    (tmp_path / 'weights.h5').write_bytes(b'one')
    weighted = make(faces, benchmark.out, weights={'compact': tmp_path / 'weights.h5'})
    one = weighted.identity(job, examples)
    (tmp_path / 'weights.h5').write_bytes(b'other')
    assert one != weighted.identity(job, examples)


def test_the_command_prints_what_is_finished(finished, faces):
    benchmark, _, run = finished
    options = [part for change in CHANGES.items() for part in ('--set', '='.join(map(str, change)))]
    arguments = ('--dataset', 'csv', '--root', faces, '--out', benchmark.out, '--rows', 'compact', *options)
    shown = call(*arguments)
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.count('   published') == 8 and 'not comparable across data sets' in shown.stdout
    (line,) = (line for line in shown.stdout.splitlines() if 'CAFER-TF *' in line)
    figures = run.results[0]['result']['judged'][0]['pooled']
    assert f'{figures["valence"]["rmse"]["value"]:.3f}' in line and 'test split, 4 faces of 2 people' in line
    as_json = json.loads(call(*arguments, '--json').stdout)
    assert as_json['rows'][0]['judged'][0]['pooled'] == figures
    assert as_json['comparable'] is False and len(as_json['published']) == 8
    assert len(benchmark.ledger.results()) == 1


def test_what_is_finished_is_shown_without_training_and_kept_as_a_table(finished, faces, tmp_path):
    benchmark, _, _ = finished
    options = [part for change in CHANGES.items() for part in ('--set', '='.join(map(str, change)))]
    arguments = ('--dataset', 'csv', '--root', faces, '--rows', 'compact,barros2019', *options, '--finished')
    shown = call(*arguments, '--out', benchmark.out)
    assert shown.exit_code == 0 and 'CAFER-TF *' in shown.stdout and 'Barros et al. 2019 *' not in shown.stdout
    assert len(benchmark.ledger.results()) == 1
    kept = json.loads((benchmark.out / 'table.json').read_text())
    assert [row['name'] for row in kept['rows']] == ['compact'] and kept['rows'][0]['multiply_adds'] > 1e6
    assert (benchmark.out / 'table.png').read_bytes().startswith(b'\x89PNG')
    nothing = call(*arguments, '--out', tmp_path / 'new')
    assert nothing.exit_code == 1 and 'holds no result of these settings' in nothing.stderr


def test_rendered_faces_are_never_replaced(tmp_path):
    """Results of hours belong to them: another number of people needs another folder."""
    arguments = ['--rows', 'compact', '--out', tmp_path / 'table']
    write_face_set(tmp_path / 'table' / 'faces', FaceSet(3, 1), workers=1, progress=False)
    before = sorted(tmp_path.rglob('*'))
    finished = call(*arguments, '--finished')
    assert finished.exit_code == 1 and 'holds no result of these settings' in finished.stderr
    other = call(*arguments, '--people', 4, '--images-per-person', 1)
    assert other.exit_code == 1 and 'people is 3, not 4' in other.stderr
    assert sorted(tmp_path.rglob('*')) == before


def test_two_processes_do_not_share_a_folder(faces, tmp_path):
    benchmark = make(faces, tmp_path / 'out')
    with exclusive(benchmark.out), pytest.raises(FolderInUseError, match='another run is using'):
        benchmark.run()
    assert not (benchmark.out / 'examples').exists()


def test_a_training_that_breaks_down_does_not_keep_the_others_from_theirs(faces, tmp_path):
    changes = {**CHANGES, 'training.learning_rate': 1e30}  # at which any network is lost
    options = [part for change in changes.items() for part in ('--set', '='.join(map(str, change)))]
    arguments = ('--dataset', 'csv', '--root', faces, '--rows', 'compact', '--seeds', 2, *options)
    shown = call(*arguments, '--out', tmp_path)
    assert shown.exit_code == 1
    for seed in (0, 1):
        assert f'compact, seed {seed}: training stopped at step ' in shown.stderr
    assert 'Traceback' not in shown.stderr


def test_a_result_of_fewer_settings_still_counts(finished):
    benchmark, _, run = finished
    older = json.loads(json.dumps(run.results[0]))
    del older['config']['training']['loss'], older['config']['matching']
    other = make(benchmark.root, benchmark.out.parent / 'older')
    foreign = {'row': 'compact', 'seed': 0, 'settings': {}}  # of another benchmark
    for line in (foreign, older):
        other.ledger.append(line)
    shutil.copytree(benchmark.out / 'examples', other.out / 'examples')
    found = other.finished()
    assert found is not None and found.results == [older]


def test_a_row_that_compares_people_needs_enough_of_them(faces, tmp_path):
    asked = make(faces, tmp_path, rows=('elim2022', 'compact'))  # two faces a person, batches of 4
    with pytest.raises(ConfigError, match=r'row elim2022: matching\.weight above 0 compares faces of one person'):
        asked.run()
    unasked = make(faces, tmp_path, rows=(), changes={**CHANGES, 'input.image_size': 64})
    jobs, (note,) = unasked._comparable(unasked.examples())
    assert {job.row.name for job in jobs} == {*unasked.names} - {'elim2022'}
    assert note.startswith('left out, elim2022: ')


def test_the_figures_are_pooled_and_their_intervals_over_people():
    random = np.random.default_rng(0)
    labels = random.uniform(-1, 1, (60, 2))
    predictions = labels + random.normal(0, 0.2, (60, 2))
    people = np.repeat([f'person {i}' for i in range(6)], 10)
    found = judge(labels, predictions, people, 'all')
    scores = agreement_scores(labels, predictions)
    for output in ('valence', 'arousal'):
        for name, interval in found['pooled'][output].items():
            assert interval['value'] == pytest.approx(scores[output][name], abs=1e-5)
            assert interval['low'] < interval['high']
    assert found['pooled']['mean']['ccc']['value'] == pytest.approx(
        (found['pooled']['valence']['ccc']['value'] + found['pooled']['arousal']['ccc']['value']) / 2
    )
    assert (found['examples'], found['subjects']) == (60, 6)


def test_the_parameters_of_the_method_are_those_of_the_poster():
    config = Config.from_preset('paper', 'alexnet')
    # Encoder, head and critic of the paper's AlexNet; the poster rounds their sum to 3.6M.
    expected = {'encoder': 2_469_696, 'head': 590_426, 'critic': 592_496}
    assert parameters_of(Cafer(config, 0.5)) == expected
    without = parameters_of(Cafer(config.with_changes([('adversarial.weight', 0.0)]), 0.5))
    assert without == {name: expected[name] for name in ('encoder', 'head')}


@pytest.mark.parametrize(
    ('changed', 'message'),
    [
        ({'rows': ('vgg',)}, "unknown row 'vgg'; known: mollahosseini2017, jang2019"),
        ({'weights': {'alexnet': pathlib.Path('x')}}, 'weights are given for alexnet'),
        ({'weights': {'compact': pathlib.Path('/nowhere.pth')}}, '/nowhere.pth cannot be read'),
        ({'changes': {'training.seed': 3}}, 'training.seed is set by the number of seeds'),
        ({'own': {'compact': {'training.seed': 3}}}, 'training.seed is set by the number of seeds'),
        ({'own': {'alexnet': {'training.epochs': 3}}}, 'settings are given for alexnet, which is none of the rows'),
        ({'own': {'compact': {'faces.size': 24}}}, 'compact:faces.size: all rows see the same faces'),
        ({'changes': {'training.epoch': 3}}, 'unknown key training.epoch'),
        ({'changes': {'network.encoder': 'alexnet', 'input.image_size': 64}}, 'choose the network by the row'),
        ({'presets': ('alexnet',), 'changes': {}}, 'choose the network by the row'),
    ],
)
def test_what_is_wrong_is_said_before_images_are_read(tmp_path, changed, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make(tmp_path / 'nowhere', tmp_path / 'out', **changed).run()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--dataset', 'csv'], '--dataset csv needs --root'),
        (['--root', 'faces', '--people', '5'], 'are for rendered faces'),
        (['--root', 'nowhere', '--fold', '6/5'], "--fold: '6/5' is not a fold"),
        (['--root', 'nowhere', '--set', 'epochs'], "got 'epochs'"),
        (['--root', 'nowhere', '--set', 'resnet19:training.epochs=2'], "unknown row 'resnet19'"),
        (['--root', 'nowhere'], 'there is no such folder'),
    ],
)
def test_mistakes_are_explained_without_a_stack_trace(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code in (1, 2)
    assert message in result.stderr and 'Traceback' not in result.stderr


def test_help_names_the_rows():
    text = call('--help').stdout
    assert all(re.search(rf'\b{name}\b', text) for name in ROWS)
    assert 'cafer benchmark table --dataset affectnet_csv --root AffectNet/' in text


def test_faces_of_a_layout_with_boxes_are_cropped_unless_a_change_says_otherwise(tmp_path):
    job = Job(ROWS['alexnet'], 2)
    given = make(tmp_path, tmp_path, layout='affectnet_csv', changes={}).config_of(job)
    assert (given.faces.source, given.faces.size, given.training.seed) == ('given', 256, 2)
    changed = make(tmp_path, tmp_path, layout='affectnet_csv', changes={'faces.source': 'as_is'}).config_of(job)
    assert (changed.faces.source, changed.faces.size) == ('as_is', 256)
    assert make(tmp_path, tmp_path, layout='affectnet_npy', changes={}).config_of(job).faces.source == 'as_is'


def test_a_row_may_have_settings_of_its_own(finished, faces):
    benchmark, _, _ = finished
    common = [part for change in CHANGES.items() for part in ('--set', '='.join(map(str, change)))]
    arguments = ('--dataset', 'csv', '--root', faces, '--out', benchmark.out, '--rows', 'compact', *common)
    own = ('--set', 'compact:training.learning_rate=0.5')
    assert call(*arguments, '--finished').exit_code == 0
    assert 'holds no result of these settings' in call(*arguments, *own, '--finished').stderr
    same = ('--set', f'compact:training.epochs={CHANGES["training.epochs"]}', '--set', 'training.epochs=9')
    assert call(*arguments, *same, '--finished').exit_code == 0  # what is said of the row comes last
