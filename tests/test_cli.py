import csv
import dataclasses
import json
import pathlib
import re
import subprocess
import sys

import matplotlib.figure
import numpy as np
import PIL.Image
import pytest
import skimage
from click.testing import CliRunner
from faces_photographs import candid
from records import encode, image_of

from cafer_tf import Cafer, Config, cli
from cafer_tf.faces import prepare
from cafer_tf.serving import Predictor, export


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp('serving')
    export(Cafer(Config.from_dict({'input': {'image_size': 32}}), threshold=0.6), folder / '1')
    return str(folder)


@pytest.fixture
def images(tmp_path):
    paths = [tmp_path / name for name in ('one.jpg', 'Zoë.png')]
    for path, form in zip(paths, ('JPEG', 'PNG'), strict=True):
        path.write_bytes(encode(image_of(0.5, 0.1), form))
    return [str(path) for path in paths]


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, [str(argument) for argument in arguments])


def test_predict_says_valence_and_arousal(model, images):
    result = call('predict', '--model', model, *images)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == images
    assert all(re.search(r'  valence [+-][01]\.\d{3}  arousal [+-][01]\.\d{3}$', line) for line in lines)


def test_predict_finds_the_face_where_the_model_learned_from_crops(tmp_path):
    config = Config.from_dict(
        {'input': {'image_size': 32}, 'faces': {'source': 'given', 'size': 40, 'min_confidence': 0.8}}
    )
    export(Cafer(config, threshold=0.6), tmp_path / 'model')
    photograph, wall = tmp_path / 'photograph.jpg', tmp_path / 'wall.jpg'
    photograph.write_bytes(encode(candid(0)))
    wall.write_bytes(encode(np.full((200, 200, 3), 128, np.uint8)))
    result = call('predict', '--model', tmp_path / 'model', '--json', photograph, wall)
    assert result.exit_code == 1
    (answer,) = map(json.loads, result.stdout.splitlines())
    assert answer['path'] == str(photograph)
    assert f'error: {wall}: no face found' in result.stderr
    # The very bytes that ingestion would store.
    crop = prepare(photograph.read_bytes(), dataclasses.replace(config.faces, source='detect'))
    (expected,) = Predictor(tmp_path / 'model').predict([crop])
    assert answer['valence'] == pytest.approx(expected.valence, abs=1e-6)


def test_predict_as_json_and_plot(model, images, tmp_path):
    plot = tmp_path / 'plot.png'
    result = call('predict', '--model', model, '--json', '--plot', plot, *images)
    assert result.exit_code == 0, result.stderr
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer['path'] for answer in answers] == images
    assert list(answers[0]) == [
        *('path', 'face', 'box', 'left_eye', 'right_eye', 'confidence', 'valence', 'arousal', 'intensity')
    ]
    assert answers[0]['box'] is None  # no face is found in these, and they are square: each is taken as a face
    assert f'note: {images[0]}: no face found' in result.stderr
    assert plot.read_bytes().startswith(b'\x89PNG')


def test_predict_searches_folders_and_patterns_and_marks_what_it_finds(model, tmp_path):
    people, crops = tmp_path / 'people', tmp_path / 'people' / 'more'
    crops.mkdir(parents=True)
    astronaut = skimage.data.astronaut()
    for path, image in (
        (people / 'pair.jpg', np.hstack([astronaut[:200, 100:350], astronaut[:200, 100:350]])),
        (people / 'cat.png', skimage.data.cat()),
        (crops / 'face.PNG', image_of(0.5, 0.1)),
    ):
        path.write_bytes(encode(image, 'PNG' if path.suffix.lower() == '.png' else 'JPEG'))
    (people / 'labels.csv').write_text('no image')
    table, marked = tmp_path / 'faces.csv', tmp_path / 'marked'
    result = call('predict', '--model', model, people, tmp_path / '*.gif', '--csv', table, '--annotate', marked)
    assert result.exit_code == 1
    assert f'error: {people / "cat.png"}: no face found; --whole takes the image as one' in result.stderr
    assert f'error: {tmp_path / "*.gif"}: no image matches' in result.stderr
    assert [line.partition(' valence')[0].split() for line in result.stdout.splitlines()[:3]] == [
        [str(crops / 'face.PNG')],
        [str(people / 'pair.jpg'), 'face', '1', 'of', '2'],
        [str(people / 'pair.jpg'), 'face', '2', 'of', '2'],
    ]
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row['face'], row['left'] == '') for row in rows] == [('1', True), ('1', False), ('2', False)]
    assert abs(abs(float(rows[1]['left']) - float(rows[2]['left'])) - 250) < 8  # the width of one of the pair
    assert sorted(path.relative_to(marked).as_posix() for path in marked.rglob('*.*')) == ['more/face.PNG', 'pair.jpg']
    with PIL.Image.open(marked / 'pair.jpg') as picture:
        assert picture.size == (500, 200)
    again = call('predict', '--model', model, str(people / '**' / '*'), '--whole', '--json')
    assert again.exit_code == 0, again.stderr
    answers = [json.loads(line) for line in again.stdout.splitlines()]
    assert [pathlib.Path(answer['path']).name for answer in answers] == ['cat.png', 'face.PNG', 'pair.jpg']
    again = call('predict', '--model', model, crops / 'face.PNG', people / 'more', '--annotate', tmp_path / 'twice')
    assert [path.name for path in (tmp_path / 'twice').iterdir()] == ['face.PNG']  # one file, however it is named
    (tmp_path / 'face.PNG').write_bytes((crops / 'face.PNG').read_bytes())
    call(
        'predict', '--model', model, '--whole', crops / 'face.PNG', tmp_path / 'face.PNG', '--annotate', marked / 'two'
    )
    assert sorted(path.name for path in (marked / 'two').iterdir()) == ['face-2.PNG', 'face.PNG']


def test_predict_searches_neither_what_it_marked_nor_what_is_hidden(model, tmp_path, monkeypatch):
    people, here = tmp_path / 'people', tmp_path / 'here'
    here.mkdir()
    for name in ('face.png', 'more/face.png', 'marked/face.png', '.hidden/face.png'):
        (people / name).parent.mkdir(parents=True, exist_ok=True)
        (people / name).write_bytes(encode(image_of(0.5, 0.1), 'PNG'))
    monkeypatch.chdir(here)
    given = ['../people', '../people/**/*.png', '../people/.hidden/*']
    result = call('predict', '--model', model, '--whole', '--json', *given, '--annotate', people / 'marked')
    assert result.exit_code == 0, result.stderr
    answers = [json.loads(line)['path'] for line in result.stdout.splitlines()]
    assert answers == [f'../people/{name}' for name in ('face.png', 'more/face.png', '.hidden/face.png')]


def test_predict_writes_over_no_image(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('a/1.jpg', 'b/1.jpg'):
        pathlib.Path(name).parent.mkdir()
        pathlib.Path(name).write_text(name)
    for arguments, message in (
        (['a/1.jpg', 'b/1.jpg', '--annotate', 'b'], 'b/1.jpg is an image to be read, which would be lost'),
        (['a', '--annotate', 'a'], 'a/1.jpg is an image to be read, which would be lost'),
        (['a/1.jpg', '--plot', 'b/../a/1.jpg'], 'b/../a/1.jpg is an image to be read, which would be lost'),
        (['a/1.jpg', '--plot', 'b/1.jpg'], 'b/1.jpg is there already, and is no plot of before'),
        (['b/1.jpg', '--csv', 'a/1.jpg'], '--csv a/1.jpg has the name of an image'),
        (['b/1.jpg', '--csv', 'a'], "'a' is a directory"),
        (['b/1.jpg', '--annotate', 'a/1.jpg'], "'a/1.jpg' is a file"),
    ):
        result = call('predict', '--model', 'none', *arguments)
        assert result.exit_code == 2
        assert message in result.stderr
    assert [pathlib.Path(name).read_text() for name in ('a/1.jpg', 'b/1.jpg')] == ['a/1.jpg', 'b/1.jpg']
    matplotlib.figure.Figure().savefig('plot.png')
    result = call('predict', '--model', 'none', 'a/1.jpg', '--plot', 'plot.png')
    assert 'none holds no SavedModel' in result.stderr


def test_predict_reports_what_it_cannot_use_and_answers_the_rest(model, images, tmp_path):
    broken = tmp_path / 'broken.jpg'
    broken.write_bytes(pathlib.Path(images[0]).read_bytes()[:300])
    missing, text = tmp_path / 'missing.jpg', tmp_path / 'text.jpg'
    text.write_text('not an image')
    result = call('predict', '--model', model, broken, images[0], missing, text)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
    assert f'error: {broken}: truncated image' in result.stderr
    assert f'error: {missing}: missing file' in result.stderr
    assert f'error: {text}: not an image' in result.stderr
    assert 'Traceback' not in result.stderr


def test_predict_names_what_is_no_model(images, tmp_path):
    result = call('predict', '--model', tmp_path, *images)
    assert result.exit_code == 1
    assert 'holds no SavedModel' in result.stderr


def test_predict_names_a_plot_that_cannot_be_written(model, images, tmp_path):
    for plot in (tmp_path / 'plot.xyz', tmp_path / 'no' / 'plot.png'):
        result = call('predict', '--model', model, '--plot', plot, *images)
        assert result.exit_code == 1
        assert f'{plot} cannot be written' in result.stderr


def test_synthesize_writes_a_data_set(tmp_path):
    arguments = (
        'synthesize',
        tmp_path / 'faces',
        '--people',
        6,
        '--images-per-person',
        2,
        '--image-size',
        32,
        '--workers',
        1,
    )
    result = call(*arguments, '--contact-sheet', tmp_path / 'sheet.png')
    assert result.exit_code == 0, result.stderr
    assert len((tmp_path / 'faces' / 'labels.csv').read_text().splitlines()) == 1 + 12
    assert (tmp_path / 'sheet.png').exists()
    other = call(*arguments, '--seed', 5)
    assert other.exit_code == 1
    assert str(tmp_path / 'faces') in other.stderr


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['run', '--set', 'training.epochs'], 'KEY=VALUE'),
        (['run', '--set', 'training.epoch=3'], 'unknown key training.epoch'),
        (['run', '--set', 'trainin.epochs=3'], 'unknown key trainin.epochs'),
        (['run', '--set', 'network.encoder=vgg'], 'must be one of compact, alexnet'),
        (['run', '--dataset', 'csv'], 'CAFER_ROOT is not set'),
        (['run', '--root', 'nowhere-at-all'], 'there is no such folder'),
        (['run', '--config', 'nowhere.json'], 'cannot be read'),
        (['synthesize', 'out', '--idiosyncrasy', '2'], '0<=x<=1'),
        (['synthesize', '/proc/faces', '--people', '3', '--images-per-person', '1'], '/proc'),
    ],
)
def test_mistakes_are_explained_without_a_stack_trace(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code in (1, 2)
    assert message in result.stderr + result.stdout
    assert 'Traceback' not in result.stderr


@pytest.mark.parametrize(
    'command',
    [
        [],
        ['app'],
        ['benchmark', 'metric-learning'],
        ['benchmark', 'table'],
        ['data', 'compare'],
        ['data', 'inspect'],
        ['evaluate'],
        ['export'],
        ['predict'],
        ['report'],
        ['run'],
        ['serve-client'],
        ['synthesize'],
        ['video'],
    ],
    ids=' '.join,
)
def test_help_comes_with_examples_and_without_tensorflow(command):
    result = call(*command, '--help')
    assert result.exit_code == 0
    assert command == [] or 'Examples:' in result.stdout


def test_importing_the_package_needs_no_tensorflow():
    script = """
import sys, cafer_tf, cafer_tf.cli, cafer_tf.grouping
cafer_tf.Config()
print('tensorflow' in sys.modules)
"""
    run = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == 'False'
