import dataclasses
import json
import os
import re

import pytest
from click.testing import CliRunner

from cafer_tf import cli
from cafer_tf.ledger import Ledger
from cafer_tf.metric_learning import ROWS, Benchmark
from cafer_tf.metric_learning.benchmark import Job


@pytest.fixture
def benchmark(folders, tmp_path, small):
    return Benchmark('folders', folders, tmp_path / 'out', small, rows=('triplet_adaptive',), seeds=2)


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, ['benchmark', 'metric-learning', *map(str, arguments)])


def finish(benchmark, seed, recall):
    """Notes a result that was not trained, so that one can tell."""
    identity = benchmark.identity(Job(ROWS[benchmark.rows[0]], seed), benchmark.data().fingerprint)
    benchmark.ledger.append({**identity, 'result': {'recall': recall}})


def test_a_run_goes_on_where_it_was_killed(benchmark):
    finish(benchmark, 0, 0.25)
    line = benchmark.ledger.path.read_bytes()
    finish(benchmark, 1, 0.75)
    os.truncate(benchmark.ledger.path, 2 * len(line) - len(line) // 2)  # killed while it wrote
    first, second = benchmark.run().results
    assert (first['seed'], first['result']) == (0, {'recall': 0.25})
    assert (second['seed'], list(second['result']['recall'])) == (1, ['1', '2', '4', '8'])
    lines = benchmark.ledger.path.read_bytes()
    assert lines.startswith(line) and len(lines.splitlines()) == 2
    assert benchmark.run().results == [first, second] and benchmark.ledger.path.read_bytes() == lines


def test_results_of_other_settings_or_images_count_as_others(benchmark, folders, small):
    finish(benchmark, 0, 0.25)
    finish(benchmark, 1, 0.75)
    kept = benchmark.run().results
    assert [result['result']['recall'] for result in kept] == [0.25, 0.75]
    other = dataclasses.replace(benchmark, settings=small.with_changes(['triplet.neighbours=9']), seeds=1)
    assert other.run().results[0]['settings']['neighbours'] == 9
    assert len(benchmark.ledger.results()) == 3
    # The adaptive row does not depend on the static margin, nor on other losses.
    same = dataclasses.replace(benchmark, settings=small.with_changes(['triplet.margin=1', 'dsml.neighbours=9']))
    assert same.run().results == kept
    images = benchmark.data().fingerprint
    (folders / 'class0' / '0.png').unlink()
    assert kept[0]['settings']['images'] == images != benchmark.data().fingerprint


@pytest.mark.e2e
def test_workers_share_the_work_and_the_command_prints_the_table(folders, tmp_path, changes):
    options = [part for change in changes for part in ('--set', change)]
    arguments = ['--dataset', 'folders', '--root', folders, '--out', tmp_path / 'out', '--rows', 'dsml,dsml_adaptive']
    result = call(*arguments, '--seeds', 1, '--workers', 2, *options)
    assert result.exit_code == 0, result.stderr
    assert len(Ledger(tmp_path / 'out' / 'results.jsonl').results()) == 2
    lines = result.stdout.splitlines()
    assert lines[0].startswith('Recall@k in percent on 24 images of 6 classes that were not trained on; mean and 95 %')
    assert [line.split('  ')[0] for line in lines[3:5]] == ['DSML', 'DSML with α̂'] and '  difference' in lines[5]
    as_json = call(*arguments, '--seeds', 1, '--json', *options)
    assert json.loads(as_json.stdout)['rows']['dsml']['seeds'] == [0]


@pytest.mark.parametrize(
    ('changed', 'message'),
    [
        (['--rows', 'triplets'], "unknown row 'triplets'"),
        (['--set', 'epochs=0'], 'epochs must be at least 1'),
        (['--set', 'network=vgg'], "unknown encoder 'vgg'"),
        (['--set', 'network=resnet18', '--set', 'image_size=8'], 'needs images of'),
        (['--weights', __file__], 'takes none'),
        (
            ['--set', 'network=compact', '--set', 'image_size=32', '--set', 'stored_size=32', '--weights', __file__],
            'py: ',
        ),
        (['--root', '/nowhere'], 'no such folder'),
    ],
)
def test_what_is_wrong_is_said_in_a_line(folders, tmp_path, changed, message):
    result = call('--dataset', 'folders', '--root', folders, '--out', tmp_path / 'out', *changed)
    assert result.exit_code == 1
    assert message in result.stderr and len(result.stderr.strip().splitlines()) == 1


def test_help_names_the_rows_and_the_published_data_sets():
    text = call('--help').stdout
    for name in ROWS:
        assert re.search(rf'\b{name}\b|_adaptive, …', text)
    assert '--dataset cub200' in text and '--dataset cars196' in text
