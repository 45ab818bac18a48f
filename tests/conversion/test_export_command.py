import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from finished_run import Store
from records import encode, image_of

from cafer_tf import cli, conversion
from cafer_tf.cli.export import _FORMATS

LABELS = [(0.5, 0.5), (-0.5, 0.2), (0.1, -0.6), (0.7, -0.2)]


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, ['export', *(str(argument) for argument in arguments)])


def write_folder(root, *splits):
    """A folder of layout csv, whose faces come from the splits in turn."""
    root.mkdir()
    for i, label in enumerate(LABELS):
        (root / f'{i}.png').write_bytes(encode(image_of(*label), 'PNG'))
    rows = [f'{i}.png,{v},{a},person {i},{splits[i % len(splits)]}' for i, (v, a) in enumerate(LABELS)]
    (root / 'labels.csv').write_text('\n'.join(['path,valence,arousal,subject_id,split', *rows]) + '\n')
    return root


@pytest.fixture
def run(tmp_path, predictor, own_faces):
    out = tmp_path / 'demo'
    shutil.copytree(predictor.directory, out / 'serving' / 'cafer' / '1')
    Store(out).add_run(9, '1')
    test = out / 'artifacts' / 'FaceExampleGen' / 'examples' / '9' / 'Split-test'
    test.mkdir(parents=True)
    shutil.copy(own_faces, test / 'data')
    return out


def test_a_run_is_exported_and_checked_on_its_test_split(run, tmp_path, untimed):
    result = call('--run', run, '--format', 'tflite-float16', '--format', 'tflite-float16', '--out', tmp_path / 'files')
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith('40 faces of the test split of the run demo; ')
    assert sorted(path.name for path in (tmp_path / 'files').iterdir()) == ['cafer-float16.tflite', 'cafer.json']


def test_a_folder_is_checked_on_the_split_asked_for(predictor, tmp_path, untimed):
    faces, others = write_folder(tmp_path / 'faces', 'train', 'test'), write_folder(tmp_path / 'others', 'eval')
    result = call(
        *('--model', predictor.directory, '--dataset', 'csv', '--root', faces, '--representative', others),
        *('--format', 'tflite-int8', '--max-ccc-drop', 2, '--json', '--out', tmp_path / 'files'),
    )
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == json.loads((tmp_path / 'files' / 'cafer.json').read_text())
    assert json.loads(result.stdout)['faces'] == 2  # of four


def test_what_loses_too_much_is_shown_and_not_written(run, tmp_path, untimed):
    black = write_folder(tmp_path / 'black', 'eval')
    for path in black.glob('*.png'):
        path.write_bytes(encode(np.zeros([40, 40, 3], np.uint8), 'PNG'))
    result = call('--run', run, '--format', 'tflite-int8', '--representative', black, '--out', tmp_path / 'files')
    assert result.exit_code == 1
    assert 'nothing was written: tflite-int8 loses more CCC than --max-ccc-drop 0.02' in result.stderr
    assert 'tflite-int8 loses' in result.stdout
    assert not (tmp_path / 'files').exists()


def test_mistakes_are_explained(run, predictor, tmp_path):
    faces = write_folder(tmp_path / 'faces', 'test')
    folder = ('--model', predictor.directory, '--dataset', 'csv', '--root', faces)
    for arguments, message in (
        ((), 'give --run, or --model with --dataset and --root'),
        (('--run', run, '--model', predictor.directory), '--run brings the model'),
        (('--run', tmp_path / 'nowhere'), 'there is no such run'),
        (('--run', faces, '--format', 'onnx'), 'holds no SavedModel'),
        (('--run', run, '--format', 'tflite-int8'), 'no TFRecords match'),
        ((*folder, '--split', 'all'), 'give other ones by --representative'),
        (('--run', run, '--out', faces), 'is there already'),
    ):
        result = call('--out', tmp_path / 'files', *arguments)
        assert result.exit_code in (1, 2)
        assert message in result.stderr
        assert 'Traceback' not in result.stderr


def test_the_command_offers_every_format():
    assert tuple(conversion.FORMATS) == _FORMATS
    assert 'Examples:' in call('--help').stdout
