"""`cafer data`: what a data set holds, and how it differs from the one before."""

import csv
import json
import pathlib

import pytest
import tensorflow_data_validation as tfdv
from click.testing import CliRunner, Result

from cafer_tf import cli, datasets
from pipeline.data_validation import label_statistics


def call(*arguments: object) -> Result:
    return CliRunner(mix_stderr=False).invoke(cli.main, ['data', *map(str, arguments)])


def test_inspect_counts_and_draws(face_folder, tmp_path):
    (face_folder / '00-0.jpg').unlink()
    plot = tmp_path / 'labels.png'
    done = call('inspect', '--dataset', 'csv', '--root', face_folder, '--plot', plot)
    assert done.exit_code == 0, done.stderr
    assert 'csv: 100 rows, 99 kept' in done.stdout
    assert '1 × missing file' in done.stdout
    assert 'subjects: 20\n' in done.stdout
    assert 'splits: train 59, eval 20, test 20' in done.stdout
    assert 'arousal +1 │' in done.stdout
    assert plot.read_bytes().startswith(b'\x89PNG')


def test_inspect_as_json(face_folder):
    (face_folder / '00-0.jpg').unlink()
    (face_folder / '13-2.jpg').write_bytes(b'no image')
    done = call('inspect', '--dataset', 'csv', '--root', face_folder, '--json')
    plain = {
        'rows': 100,
        'kept': 99,
        'excluded': {'missing file': 1},
        'damaged': 1,
        'subjects': 20,
        'subjects_known': True,
        'videos': 0,
        'metadata': {},
        'splits': {'train': 59, 'eval': 20, 'test': 20},
    }
    assert json.loads(done.stdout) == plain
    verified = json.loads(call('inspect', '--dataset', 'csv', '--root', face_folder, '--json', '--verify').stdout)
    assert verified['excluded'] == {'missing file': 1, 'not an image': 1}
    assert verified['kept'] == 98


def test_inspect_names_the_metadata(face_folder):
    labels = face_folder / 'labels.csv'
    header, *rows = labels.read_text().splitlines()
    labels.write_text('\n'.join([f'{header},light', *(f'{row},{i % 3}' for i, row in enumerate(rows))]))
    assert 'metadata: light (3 values)\n' in call('inspect', '--dataset', 'csv', '--root', face_folder).stdout


def test_wrong_labels_are_an_error_with_their_row(face_folder):
    labels = face_folder / 'labels.csv'
    labels.write_text(labels.read_text() + 'x.jpg,3,0,p99,train\n')
    done = call('inspect', '--dataset', 'csv', '--root', face_folder)
    assert done.exit_code == 1
    assert 'labels.csv, row 102: valence 3 is outside' in done.stderr
    assert 'Traceback' not in done.output


@pytest.fixture
def run(face_folder, tmp_path) -> pathlib.Path:
    """The folder of a run, as far as its statistics."""
    out = tmp_path / 'out'
    path = out / 'artifacts/GroupedStatisticsGen/statistics/7/Split-train/FeatureStats.pb'
    path.parent.mkdir(parents=True)
    tfdv.write_stats_text(label_statistics(datasets.read('csv', face_folder).records), str(tmp_path / 'stats.pbtxt'))
    path.write_bytes(tfdv.load_stats_text(str(tmp_path / 'stats.pbtxt')).SerializeToString())
    return out


def test_the_same_data_is_alike(face_folder, run):
    done = call('compare', '--dataset', 'csv', '--root', face_folder, '--run', run, '--json')
    assert done.exit_code == 0, done.stderr
    comparison = json.loads(done.stdout)
    assert comparison['drifted'] == []
    assert (comparison['new_examples'], comparison['new_people']) == (100, 20)
    assert {feature['name'] for feature in comparison['features']} >= {'valence', 'arousal', 'intensity'}


def test_other_labels_drift(face_folder, run, tmp_path):
    with (face_folder / 'labels.csv').open(newline='') as stream:
        header, *rows = csv.reader(stream)
    with (face_folder / 'labels.csv').open('w', newline='') as stream:
        csv.writer(stream).writerows([header, *([path, 0.9, *rest] for path, _, *rest in rows)])
    page = tmp_path / 'page.html'
    done = call('compare', '--dataset', 'csv', '--root', face_folder, '--run', run, '--page', page)
    assert done.exit_code == 1
    assert 'valence: DRIFTED' in done.stdout
    assert 'arousal: alike' in done.stdout
    assert 'valence' in page.read_text()


def test_a_folder_that_is_no_run_is_named(face_folder, tmp_path):
    done = call('compare', '--dataset', 'csv', '--root', face_folder, '--run', tmp_path)
    assert done.exit_code == 1
    assert 'no statistics of a training split' in done.stderr
