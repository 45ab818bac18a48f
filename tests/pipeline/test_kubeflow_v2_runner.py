"""The pipeline as Vertex AI would get it; nothing is submitted."""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
from typing import Any

import pytest

from cafer_tf.config import Config, ConfigError
from pipeline.kubeflow_v2_runner import compile_pipeline

ROOT = pathlib.Path(__file__).parents[2]
PYTHON = ROOT / '.venv-kubeflow' / 'bin' / 'python'
IMAGE = 'europe-docker.pkg.dev/project/repository/cafer:7'
VARIABLES = {
    'CAFER_IMAGE': IMAGE,
    'CAFER_PIPELINE_ROOT': 'gs://bucket/runs',
    'CAFER_ROOT': '/gcs/bucket/faces',
    'CAFER_OUT': '/gcs/bucket/cafer',
}
OURS = {
    'FaceExampleGen': 'pipeline.components.face_example_gen.executor.Executor',
    'FaceExampleValidator': 'pipeline.components.face_example_validator.executor.Executor',
    'GroupedExampleValidator': 'pipeline.components.face_example_validator.executor.Executor',
    'EmotionGrouper': 'pipeline.components.emotion_grouper.executor.Executor',
    'ServableValidator': 'pipeline.components.servable_validator.executor.Executor',
    'VersionPusher': 'pipeline.components.version_pusher.executor.Executor',
}
STOCK = {
    'ImportSchemaGen': 'tfx.components.schema_gen.import_schema_gen.executor.Executor',
    'StatisticsGen': 'tfx.components.statistics_gen.executor.Executor',
    'GroupedStatisticsGen': 'tfx.components.statistics_gen.executor.Executor',
    'Trainer': 'tfx.components.trainer.executor.GenericExecutor',
    'Evaluator': 'tfx.components.evaluator.executor.Executor',
}
BASELINE = ('Baseline-model-blessing-resolver', 'Baseline-model-resolver')  # one node, and two queries on the engine
PINNED = re.compile(r'^(\S+)==(\S+) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+', flags=re.MULTILINE)

needs_kfp = pytest.mark.skipif(not PYTHON.exists(), reason='no environment with kfp: `make kubeflow` makes it')


def compiled(folder: pathlib.Path, *, status: int = 0, **variables: str) -> str:
    """Runs the program in the environment with kfp; returns what it says where it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(('CAFER_', 'PYTHON'))}
    done = subprocess.run(
        [str(PYTHON), str(ROOT / 'pipeline' / 'kubeflow_v2_runner.py')],
        cwd=folder,
        env={**kept, **VARIABLES, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stderr


@pytest.fixture(scope='module')
def job(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The job of a run with settings of its own."""
    folder = tmp_path_factory.mktemp('kubeflow')
    config = folder / 'config.json'
    config.write_text('{"training": {"epochs": 3}}')
    compiled(
        folder,
        CAFER_CONFIG=str(config),
        CAFER_MIN_CCC='0.4',
        CAFER_FOLD='2/5',
        CAFER_SEED='11',
        CAFER_BEAM_ARGS='--direct_running_mode=multi_processing --direct_num_workers=8',
    )
    return json.loads((folder / 'cafer_pipeline.json').read_text())


@pytest.fixture(scope='module')
def tasks(job: dict[str, Any]) -> dict[str, Any]:
    return job['pipelineSpec']['root']['dag']['tasks']


def containers(job: dict[str, Any]) -> dict[str, Any]:
    executors = job['pipelineSpec']['deploymentSpec']['executors']
    return {
        name.removesuffix('_executor'): value['container'] for name, value in executors.items() if 'container' in value
    }


def parameter(task: dict[str, Any], name: str) -> Any:
    ((kind, value),) = task['inputs']['parameters'][name]['runtimeValue']['constantValue'].items()
    return int(value) if kind == 'intValue' else value


@needs_kfp
def test_every_node_runs_in_the_image_with_its_executor(job, tasks):
    assert set(tasks) == {*OURS, *STOCK, *BASELINE}
    assert job['runtimeConfig']['gcsOutputDirectory'] == 'gs://bucket/runs'
    assert set(containers(job)) == {*OURS, *STOCK}
    for name, container in containers(job).items():
        assert container['image'] == IMAGE
        assert container['command'] == ['python', '-m', 'pipeline.kubeflow_v2_entrypoint']
        flag, executor = container['args'][:2]
        assert (flag, executor) == ('--executor_class_path', {**OURS, **STOCK}[name])


@needs_kfp
def test_the_parameters_carry_the_settings(tasks):
    example_gen, trainer = tasks['FaceExampleGen'], tasks['Trainer']
    read = {name: parameter(example_gen, name) for name in ('layout', 'root', 'seed', 'fold', 'max_bad_fraction')}
    assert read == {'layout': 'csv', 'root': '/gcs/bucket/faces', 'seed': 11, 'fold': '2/5', 'max_bad_fraction': 0.01}
    assert parameter(trainer, 'run_fn') == 'pipeline.trainer.run_fn'
    custom = json.loads(parameter(trainer, 'custom_config'))
    assert Config.from_dict(custom['config']) == Config().updated({'training': {'epochs': 3}})
    assert custom['backup_root'] == '/gcs/bucket/cafer/backup'
    assert parameter(tasks['Evaluator'], 'eval_config').count('0.4') == 2
    assert '"/gcs/bucket/cafer/serving/cafer"' in parameter(tasks['VersionPusher'], 'push_destination')
    assert parameter(tasks['ImportSchemaGen'], 'schema_file') == '/cafer/schemas/face_affect/schema.pbtxt'


@needs_kfp
@pytest.mark.parametrize(
    ('task', 'expected'),
    [
        ('EmotionGrouper', {'examples': 'FaceExampleGen.examples'}),
        (
            'Trainer',
            {
                'examples': 'EmotionGrouper.grouped_examples',
                'hyperparameters': 'EmotionGrouper.hyperparameters',
                'schema': 'ImportSchemaGen.schema',
            },
        ),
        (
            'Evaluator',
            {
                'baseline_model': 'Baseline-model-resolver.model',
                'examples': 'EmotionGrouper.grouped_examples',
                'model': 'Trainer.model',
                'schema': 'ImportSchemaGen.schema',
            },
        ),
        (
            'VersionPusher',
            {
                'infra_blessing': 'ServableValidator.blessing',
                'model': 'Trainer.model',
                'model_blessing': 'Evaluator.blessing',
            },
        ),
    ],
)
def test_the_inputs_come_from_where_they_are_made(task, expected, tasks):
    inputs = {key: value['taskOutputArtifact'] for key, value in tasks[task]['inputs']['artifacts'].items()}
    assert {key: f'{made["producerTask"]}.{made["outputArtifactKey"]}' for key, made in inputs.items()} == expected


@needs_kfp
def test_a_check_holds_up_what_must_wait_for_it(tasks):
    assert 'FaceExampleValidator' in tasks['EmotionGrouper']['dependentTasks']
    assert 'GroupedExampleValidator' in tasks['Trainer']['dependentTasks']
    assert 'ServableValidator' in tasks['Evaluator']['dependentTasks']


@needs_kfp
def test_nothing_is_cached_for_nothing_notices_changed_data(tasks):
    assert [name for name, task in tasks.items() if task.get('cachingOptions', {}).get('enableCache')] == []


@needs_kfp
def test_no_path_of_this_machine_is_in_it(job):
    # A string may be JSON itself, and a path start after one of its quotes.
    paths = re.findall(r'(?:(?<=[\s"=])|^)(/[\w.-][^\s"\\]*)', json.dumps(job).replace('\\"', '"'))
    assert paths
    assert {path for path in paths if not path.startswith(('/gcs/bucket/', '/cafer/schemas/'))} == set()
    assert str(ROOT) not in json.dumps(job) and str(pathlib.Path.home()) not in json.dumps(job)


@needs_kfp
def test_every_title_of_an_artifact_leads_to_a_class(job):
    from pipeline.kubeflow_v2_entrypoint import ARTIFACT_CLASSES

    titles = set(re.findall(r'title: (\S+?)\\\\?n', json.dumps(job)))
    assert {title for title in titles if not title.startswith('tfx.')} == set(ARTIFACT_CLASSES)


@needs_kfp
def test_beam_arguments_reach_every_component_that_runs_beam(job):
    given = ['--direct_running_mode=multi_processing', '--direct_num_workers=8']
    for name in ('FaceExampleGen', 'StatisticsGen', 'EmotionGrouper', 'GroupedStatisticsGen', 'Evaluator'):
        assert containers(job)[name]['args'][-2:] == given, name


@needs_kfp
def test_the_program_says_what_is_missing(tmp_path):
    assert compiled(tmp_path, status=1, CAFER_IMAGE='').startswith('error: CAFER_IMAGE is not set')
    assert not (tmp_path / 'cafer_pipeline.json').exists()


@pytest.mark.parametrize('name', sorted(VARIABLES))
def test_a_missing_variable_is_named(name):
    with pytest.raises(ConfigError, match=f'{name} is not set: '):
        compile_pipeline({**VARIABLES, name: ''})


@pytest.mark.parametrize(
    ('name', 'value', 'says'),
    [
        ('CAFER_PIPELINE_ROOT', '/gcs/bucket/runs', 'gs://BUCKET'),
        ('CAFER_ROOT', '/home/me/faces', '/gcs/BUCKET'),
        ('CAFER_ROOT', 'gs://bucket/faces', '/gcs/bucket/faces'),
        ('CAFER_OUT', 'runs/demo', '/gcs/BUCKET'),
        ('CAFER_MIN_CCC', 'high', 'not a number'),
    ],
)
def test_a_place_that_components_would_not_find_is_refused(name, value, says):
    with pytest.raises(ConfigError, match=says) as caught:
        compile_pipeline({**VARIABLES, name: value})
    assert name in str(caught.value) and value in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec('kfp') is not None, reason='kfp is here')
def test_without_kfp_it_says_how_to_get_it():
    with pytest.raises(ConfigError, match='make kubeflow'):
        compile_pipeline(VARIABLES)


def test_its_lock_file_holds_hashed_pins_that_go_with_kfp_and_no_address():
    text = (ROOT / 'requirements-kubeflow.lock').read_text(encoding='utf-8')
    assert PINNED.sub('', text) == ''
    assert not re.search(r'://|file:|--(extra-)?index|--find-links', text)
    pins = dict(PINNED.findall(text))
    assert pins['protobuf'] == '3.20.3' and {'kfp', 'kfp-pipeline-spec', 'tfx', 'numba', 'scikit-image'} <= set(pins)
