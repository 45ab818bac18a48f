"""One data set through the whole pipeline: killed, continued, run again, and refused at the gate.

The tests share one folder and stand in the order in which a user would meet them.
"""

import csv
import json
import pathlib
import re
import shutil

import pytest
import tensorflow as tf

from cafer_tf import features
from cafer_tf.metrics.statistic import FIGURES

pytestmark = pytest.mark.e2e


@pytest.fixture(scope='module')
def faces(copy_faces) -> pathlib.Path:
    """Rendered faces, of which one is truncated and one is missing."""
    folder, (header, *rows) = copy_faces()
    truncated, missing = (folder / row[header.index('path')] for row in rows[:2])
    truncated.write_bytes(truncated.read_bytes()[:600])
    missing.unlink()
    return folder


@pytest.fixture(scope='module')
def user(commands, faces):
    """The commands, on these faces."""
    return commands(CAFER_DATASET='csv', CAFER_ROOT=faces, CAFER_MAX_BAD_FRACTION=0.05)


@pytest.fixture(scope='module')
def killed(user):
    """A run that was killed when its first epoch was done, and what was there then."""
    done = user.run_killed_at('epoch   1/2')
    return done, user.versions(), {path.name for path in user.out.iterdir()}


@pytest.fixture(scope='module')
def finished(user, killed):
    """The same command again."""
    return user.run()


@pytest.fixture(scope='module')
def repeated(user, finished):
    """The same command a third time, with what was there before."""
    before = user.versions(), (user.out / 'metrics.json').read_bytes()
    return before, user.run()


@pytest.fixture(scope='module')
def refused(user, repeated):
    """The same model at a gate that no model passes."""
    before = user.versions(), (user.out / 'metrics.json').read_bytes()
    return before, user.run(CAFER_MIN_CCC=0.999)


def test_a_killed_run_leaves_nothing_that_could_be_served(killed):
    done, versions, left = killed
    assert done.status == -9
    assert '[8/12] Trainer' in done.output
    assert versions == []
    assert 'metrics.json' not in left
    assert 'backup' in left


def test_bad_images_are_counted_and_named(killed, faces):
    output = killed[0].output
    assert '2 of 144 images quarantined (1.4 %)' in output
    assert re.search(r'labels\.csv, row 2: images/person-\d+/\d+\.jpg: truncated image', output)
    assert re.search(r'labels\.csv, row 3: images/person-\d+/\d+\.jpg: missing file', output)


def test_started_again_it_continues_and_finishes(finished):
    assert finished.status == 0, finished.errors
    assert 'epoch   2/2' in finished.output
    assert 'epoch   1/2' not in finished.output
    for stage in (
        'FaceExampleGen',
        'StatisticsGen',
        'FaceExampleValidator',
        'EmotionGrouper',
        'GroupedExampleValidator',
    ):
        assert how(finished.output, stage) == 'unchanged, from the cache'
    for stage in ('Trainer', 'ServableValidator', 'Evaluator', 'VersionPusher'):
        assert re.fullmatch(r'\d+\.\d s', how(finished.output, stage))


def test_it_pushes_once_and_clears_the_backup_away(user, finished):
    (version,) = user.versions()
    assert version.isdecimal()
    assert f'pushed as version {version}' in finished.output
    assert list((user.out / 'backup').iterdir()) == []


def test_a_user_sees_stages_and_not_logs(user, finished):
    assert finished.errors == ''
    for line in finished.output.splitlines():
        assert not re.match(r'[IWE]\d{4} |WARNING|INFO|\d{4}-\d\d-\d\d ', line)
    assert len(finished.output.splitlines()) < 60
    assert [int(number) for number in re.findall(r'^\[(\d+)/12\] \w+', finished.output, re.M)] == list(range(1, 13))
    assert any('INFO' in path.read_text() for path in (user.out / 'logs').iterdir())


def test_metrics_json_holds_the_figures_of_the_served_model(user, finished, faces):
    metrics = user.metrics()
    assert set(metrics) == {'valence', 'arousal', 'mean', 'examples', 'subjects', 'filter', 'bootstrap', 'model'}
    with (faces / 'labels.csv').open(newline='') as stream:
        test = [row for row in csv.DictReader(stream) if row['split'] == 'test' and (faces / row['path']).exists()]
    usable = [row for row in test if (faces / row['path']).stat().st_size > 600]
    assert metrics['examples'] == len(usable)
    assert metrics['subjects'] == len({row['subject_id'] for row in usable})
    for output in features.OUTPUTS:
        assert set(metrics[output]) == {f'{name}{end}' for name in FIGURES for end in ('', '_low', '_high')}
        assert all(metrics[output][f'{name}_low'] <= metrics[output][f'{name}_high'] for name in FIGURES)
    # Asked for its answers, the served model gives these figures.
    model = tf.saved_model.load(str(user.out / metrics['model']))
    answers = model.signatures['serving_default'](
        image_bytes=tf.constant([(faces / row['path']).read_bytes() for row in usable])
    )
    for output in features.OUTPUTS:
        labels = tf.constant([float(row[output]) for row in usable], tf.float64)
        errors = tf.cast(answers[output][:, 0], tf.float64) - labels
        assert metrics[output]['rmse'] == pytest.approx(float(tf.sqrt(tf.reduce_mean(errors**2))), abs=1e-5)


def test_an_unchanged_run_comes_from_the_cache_and_pushes_nothing(user, repeated):
    (versions, metrics), done = repeated
    assert done.status == 0, done.errors
    for stage in ('FaceExampleGen', 'StatisticsGen', 'EmotionGrouper', 'Trainer', 'ServableValidator', 'Evaluator'):
        assert how(done.output, stage) == 'unchanged, from the cache'
    assert f'version {versions[0]} is this very model, nothing pushed' in done.output
    assert f'2 of 144 images are quarantined: {user.out / "quarantine.jsonl"}' in done.output
    assert [json.loads(line)['row'] for line in (user.out / 'quarantine.jsonl').read_text().splitlines()] == [2, 3]
    assert user.versions() == versions
    assert (user.out / 'metrics.json').read_bytes() == metrics


def test_a_model_that_fails_the_gate_ends_the_command_with_the_reason(user, refused):
    (versions, metrics), done = refused
    assert done.status == 1
    ccc = json.loads(metrics)['arousal']['ccc']
    (line,) = done.errors.splitlines()
    assert line.startswith('error: the model is not pushed: ')
    assert f'arousal ccc {ccc:.3f} is below 0.999' in line
    assert 'VersionPusher' not in done.output
    assert user.versions() == versions
    assert (user.out / 'metrics.json').read_bytes() == metrics
    assert json.loads((user.out / 'rejected.json').read_text())['model'] is None


def test_the_cafer_command_is_the_same_job_with_reference_points(user, refused, faces):
    versions, metrics = refused[0]
    done = user.cafer('run', '--root', faces, '--out', user.out)
    assert done.status == 0, done.errors
    assert how(done.output, 'Trainer') == 'unchanged, from the cache'
    valence, arousal = (json.loads(metrics)[output] for output in features.OUTPUTS)
    row = [output[name] for output in (valence, arousal) for name in FIGURES] + [json.loads(metrics)['mean']['ccc']]
    (line,) = re.findall(r'^people never seen +(.*)$', done.output, re.M)
    assert [float(figure) for figure in line.split()] == pytest.approx(row, abs=6e-4)
    assert re.search(r'^always the mean label ', done.output, re.M)
    shown = re.findall(r'^    person-\d+ +valence [+-].* arousal [+-]', done.output, re.M)
    assert len(shown) == min(3, json.loads(metrics)['subjects'])
    assert done.output.splitlines()[-1] == f'model: {user.out / "serving" / "cafer" / versions[0]}'
    assert (user.out / 'predictions.png').exists()


def test_the_pushed_model_predicts(user, refused, faces):
    (image, *_) = sorted((faces / 'images').rglob('*.jpg'))[-1:]
    done = user.cafer('predict', '--model', user.out / 'serving' / 'cafer', image, '--json')
    assert done.status == 0, done.errors
    answer = json.loads(done.output)
    assert answer['path'] == str(image)
    assert all(-1 <= answer[output] <= 1 for output in features.OUTPUTS)


def test_a_changed_folder_is_read_again(user, refused, faces):
    shutil.copy(faces / 'labels.csv', faces / 'kept.csv')
    text = (faces / 'labels.csv').read_text()
    (faces / 'labels.csv').write_text(text + 'images/x.jpg,2,0,person-0001,train,happy\n')
    done = user.run()
    shutil.move(faces / 'kept.csv', faces / 'labels.csv')
    assert done.status == 1
    assert done.errors.splitlines() == [
        f'error: {faces / "labels.csv"}, row 146: valence 2 is outside [-1, 1]. Correct the label file; no value is '
        'clipped or guessed.'
    ]
    assert len(user.versions()) == 1


def how(output: str, stage: str) -> str:
    """The last line of a stage: its time, or that it came from the cache."""
    lines = output.splitlines()
    start = next(index for index, line in enumerate(lines) if re.fullmatch(rf'\[\d+/\d+\] {stage}', line))
    end = next((index for index in range(start + 1, len(lines)) if lines[index].startswith('[')), len(lines))
    said = [line.strip() for line in lines[start + 1 : end] if line.startswith('    ')]
    return next(line for line in reversed(said) if line.endswith('cache') or re.fullmatch(r'\d+\.\d s', line))
