import json
import shutil

import ml_metadata as mlmd
import numpy as np
import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2
from PIL import Image
from records import encode, image_of
from tfx.orchestration import metadata

from cafer_tf import cli
from cafer_tf.evaluation import SEEN


def call(*arguments):
    return CliRunner(mix_stderr=False).invoke(cli.main, ['evaluate', *(str(argument) for argument in arguments)])


def write_folder(root, people, each=4, split=''):
    """A folder of layout csv, with rows of some people."""
    root.mkdir()
    random = np.random.default_rng(0)
    rows = ['path,valence,arousal,subject_id' + (',split' if split else '')]
    for person in range(people):
        for image in range(each):
            name, label = f'{person}-{image}.png', random.uniform(-0.9, 0.9, 2)
            (root / name).write_bytes(encode(image_of(*label), 'PNG'))
            rows.append(f'{name},{label[0]:.3f},{label[1]:.3f},person {person}' + (f',{split}' if split else ''))
    (root / 'labels.csv').write_text('\n'.join(rows) + '\n')
    return root


def describe(root, first, **changes):
    """Has a folder say that it holds rendered faces."""
    root.mkdir(exist_ok=True)
    splits = ['train'] if first else ['train', 'eval', 'test']
    parameters = {'seed': 0, 'images_per_person': 4, 'first_image': first, 'splits': splits, **changes}
    (root / 'face_set.json').write_text(json.dumps(parameters))


def remember(out, version):
    """Writes what ML Metadata holds of a run: which steps led from which examples to the served version."""
    store = mlmd.MetadataStore(metadata.sqlite_metadata_connection_config(str(out / 'metadata.sqlite')))

    def artifact(kind, uri='', **texts):
        made = metadata_store_pb2.Artifact(type_id=store.put_artifact_type(named(kind)), uri=uri)
        for name, text in texts.items():
            made.custom_properties[name].string_value = text
        return store.put_artifacts([made])[0]

    def named(kind):
        return metadata_store_pb2.ArtifactType(name=kind)

    def step(kind, inputs, outputs, **texts):
        made = metadata_store_pb2.Execution(
            type_id=store.put_execution_type(metadata_store_pb2.ExecutionType(name=kind))
        )
        for name, text in texts.items():
            made.custom_properties[name].string_value = text
        (execution,) = store.put_executions([made])
        for way, given in ((metadata_store_pb2.Event.INPUT, inputs), (metadata_store_pb2.Event.OUTPUT, outputs)):
            for key, number in given.items():
                event = metadata_store_pb2.Event(execution_id=execution, artifact_id=number, type=way)
                event.path.steps.add().key = key
                store.put_events([event])

    examples = artifact('Examples', '/elsewhere/artifacts/FaceExampleGen/examples/9')
    grouped, model, statistics = artifact('Examples'), artifact('Model'), artifact('ExampleStatistics')
    step('Gen', {}, {'examples': examples, 'quarantine': artifact('Quarantine')}, layout='csv', root='faces')
    step('Grouper', {'examples': examples}, {'examples': grouped, 'grouping': artifact('Grouping')})
    step('StatisticsGen', {'examples': grouped}, {'statistics': statistics})
    step('Trainer', {'examples': grouped}, {'model': model, 'model_run': artifact('ModelRun')})
    step('Pusher', {'model': model}, {'pushed_model': artifact('PushedModel', pushed_version=version)})


@pytest.fixture
def run(tmp_path, served, write_records):
    """A run that ingested again after the model that it serves."""
    out = tmp_path / 'demo'
    shutil.copytree(served, out / 'serving' / 'cafer')
    for execution, people in (('9', 3), ('10', 2)):
        write_records(out / 'artifacts/FaceExampleGen/examples' / execution / 'Split-test' / 'data.gz', people)
    remember(out, '1')
    return out


def test_a_run_is_judged_on_the_test_split_that_belongs_to_its_model(run):
    result = call('--run', run, '--resamples', 20, '--plot', run / 'calibration.png')
    assert result.exit_code == 0, result.stderr
    assert 'test split of the run demo, people never seen; intervals over people; 12 faces of 3 people' in result.stdout
    found = json.loads((run / 'evaluation.json').read_text())
    assert (found['model'], found['resamples']) == ('serving/cafer/1', 20)
    assert (found['unseen']['examples'], found['seen'], found['threshold']) == (12, None, 0.6)
    assert min(Image.open(run / 'calibration.png').size) > 500
    assert sorted(path.name for path in run.iterdir()) == [
        *('artifacts', 'calibration.png', 'evaluation.json', 'metadata.sqlite', 'serving')
    ]


def test_people_that_a_run_rendered_again_are_the_seen_ones(run):
    describe(run / 'faces', 0)
    describe(write_folder(run / 'seen_people', 4, split='train'), 4)
    result = call('--run', run, '--resamples', 20, '--json', '--out', run / 'other.json')
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found == json.loads((run / 'other.json').read_text())
    assert (found['seen']['examples'], found['seen']['subjects']) == (16, 4)
    assert found['seen']['filter'].startswith(f'{SEEN}, all faces of csv seen_people')
    values = [found[name]['pooled']['mean']['ccc']['value'] for name in ('seen', 'unseen')]
    assert found['gap']['mean']['ccc']['value'] == pytest.approx(values[0] - values[1])
    assert 'passed over' not in result.stderr


def test_people_of_another_run_are_seen_ones_only_where_the_user_says_so(run):
    describe(run / 'faces', 0)
    describe(write_folder(run / 'seen_people', 4, split='train'), 4, seed=1)
    result = call('--run', run, '--resamples', 20, '--json')
    assert json.loads(result.stdout)['seen'] is None
    assert f'{run / "seen_people"} is passed over' in result.stderr
    told = call('--run', run, '--resamples', 20, '--json', '--seen-root', run / 'seen_people')
    assert json.loads(told.stdout)['seen']['examples'] == 16
    assert 'passed over' not in told.stderr


def test_a_folder_of_faces_is_judged(served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    faces, seen = write_folder(tmp_path / 'faces', 5), write_folder(tmp_path / 'seen', 2)
    (faces / '1-1.png').write_bytes(b'no image')
    arguments = ('--model', served, '--dataset', 'csv', '--root', faces, '--resamples', 20)
    result = call(*arguments, '--split', 'all', '--seen-root', seen, '--json')
    assert result.exit_code == 0, result.stderr
    found = json.loads((tmp_path / 'evaluation.json').read_text())
    assert found['unseen']['filter'] == (
        'all faces of csv faces, without 1 unusable images; not known to be new to the model; intervals over people'
    )
    assert (found['unseen']['examples'], found['seen']['examples']) == (19, 8)
    assert (found['identity']['unseen']['subjects'], found['identity']['unseen']['left_out']) == (4, 1)
    # Nobody is in two splits: the drawn ones have fewer people.
    result = call(*arguments, '--seed', 3)
    assert result.exit_code == 0
    assert json.loads((tmp_path / 'evaluation.json').read_text())['unseen']['subjects'] < 5
    assert (
        'no splits given: 5 subjects were drawn into train, eval and test (seed 3); not known to be new to the model; '
        'intervals over people'
    ) in result.stdout
    assert '\njudged: test split of csv faces' in result.stdout
    assert 'never seen' not in result.stdout
    result = call(*arguments, '--fold', '2/5')
    assert 'fold 2/5: 1 of 5 subjects are the test (seed 0); not known' in result.stdout


def test_mistakes_are_explained(run, served, tmp_path):
    faces = write_folder(tmp_path / 'faces', 1)
    for arguments, message in (
        ((), 'give --run, or --model with --dataset and --root'),
        (('--run', run, '--model', served), '--run brings the model'),
        (('--run', tmp_path / 'nowhere'), 'there is no such run'),
        (('--run', tmp_path, '--split', 'eval'), '--run is judged by its test split: leave out --split'),
        (('--run', run, '--fold', '1/5'), '--fold parts the people of --root'),
        (
            ('--model', served, '--dataset', 'csv', '--root', faces, '--split', 'all', '--fold', '1/5'),
            'leave out --run and --split all',
        ),
        (('--model', served, '--dataset', 'csv', '--root', faces, '--fold', '6/5'), "'6/5' is not a fold"),
        (('--run', faces), 'holds no SavedModel'),
        (('--model', served, '--dataset', 'csv', '--root', faces), 'cannot fill the 3 splits'),
        (('--run', run, '--out', tmp_path / 'no' / 'x.json'), 'x.json cannot be written'),
        (('--run', run, '--resamples', 5, '--plot', tmp_path / 'x.xyz'), 'x.xyz cannot be written'),
    ):
        result = call(*arguments)
        assert result.exit_code in (1, 2)
        assert message in result.stderr
        assert 'Traceback' not in result.stderr
    (run / 'metadata.sqlite').unlink()
    assert 'no metadata.sqlite in it' in call('--run', run).stderr


def test_help_comes_with_examples():
    assert 'Examples:' in call('--help').stdout
