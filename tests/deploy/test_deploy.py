"""The files of `deploy/` are what TensorFlow Serving, Compose and Kubernetes read, and agree with each other."""

import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import types

import numpy as np
import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from model_servers import rest_server
from tensorflow_serving.config import model_server_config_pb2

from cafer_tf.client import Settings, connect
from cafer_tf.serving import Predictor, warm_up

DEPLOY = pathlib.Path(__file__).parents[2] / 'deploy'
FIELD = descriptor_pb2.FieldDescriptorProto
INT64, BOOL, STRING, MESSAGE = FIELD.TYPE_INT64, FIELD.TYPE_BOOL, FIELD.TYPE_STRING, FIELD.TYPE_MESSAGE
WRAPPED = {
    kind: f'.google.protobuf.{name}Value' for kind, name in ((INT64, 'Int64'), (BOOL, 'Bool'), (STRING, 'String'))
}


def message(name, *fields):
    """A message of session_bundle_config.proto or monitoring_config.proto of TensorFlow Serving 2.15.1.

    The package tensorflow-serving-api has neither; the fields, of which each is a number, a name and a type, are those.
    """
    proto = descriptor_pb2.DescriptorProto(name=name)
    for number, field, kind, type_name, label in fields:
        proto.field.add(number=number, name=field, type=kind, type_name=type_name, label=label)
    return proto


def read(path, name, *messages):
    file = descriptor_pb2.FileDescriptorProto(
        name=f'{name}.proto', package='written_out', syntax='proto3', message_type=messages
    )
    file.dependency.append('google/protobuf/wrappers.proto')
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    made = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(f'written_out.{name}'))
    return text_format.Parse(path.read_text(), made())


@pytest.fixture(scope='module')
def compose():
    return yaml.safe_load((DEPLOY / 'compose.yaml').read_text())['services']['serving']


@pytest.fixture(scope='module')
def kubernetes():
    return {document['kind']: document for document in yaml.safe_load_all((DEPLOY / 'kubernetes.yaml').read_text())}


@pytest.fixture(scope='module')
def pod(kubernetes):
    return kubernetes['Deployment']['spec']['template']


def test_the_model_lies_where_it_is_mounted(compose):
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((DEPLOY / 'models.config').read_text(), config)
    (model,) = config.model_config_list.config
    assert model.name == Settings().model
    assert model.model_platform == 'tensorflow'
    assert model.model_version_policy.latest.num_versions == 2
    models, _ = compose['volumes']
    assert model.base_path == f'{models["target"]}/cafer'
    assert models['source'] == '${CAFER_MODELS:-../runs/demo/serving}' and models['read_only']


def test_batches_have_the_sizes_that_models_warm_up_with():
    one, many = FIELD.LABEL_OPTIONAL, FIELD.LABEL_REPEATED
    config = read(
        DEPLOY / 'batching.config',
        'BatchingParameters',
        message(
            'BatchingParameters',
            (1, 'max_batch_size', MESSAGE, WRAPPED[INT64], one),
            (2, 'batch_timeout_micros', MESSAGE, WRAPPED[INT64], one),
            (3, 'max_enqueued_batches', MESSAGE, WRAPPED[INT64], one),
            (4, 'num_batch_threads', MESSAGE, WRAPPED[INT64], one),
            (5, 'thread_pool_name', MESSAGE, WRAPPED[STRING], one),
            (6, 'allowed_batch_sizes', INT64, None, many),
            (7, 'pad_variable_length_inputs', BOOL, None, one),
            (8, 'enable_large_batch_splitting', MESSAGE, WRAPPED[BOOL], one),
            (9, 'max_execution_batch_size', MESSAGE, WRAPPED[INT64], one),
        ),
    )
    assert tuple(config.allowed_batch_sizes) == warm_up.BATCH_SIZES
    assert config.max_batch_size.value == config.allowed_batch_sizes[-1]
    assert Settings().batch_size <= config.max_batch_size.value
    assert not config.pad_variable_length_inputs  # images of other lengths are other strings, not longer tensors


def test_prometheus_finds_the_figures(pod):
    one = FIELD.LABEL_OPTIONAL
    config = read(
        DEPLOY / 'monitoring.config',
        'MonitoringConfig',
        message('PrometheusConfig', (1, 'enable', BOOL, None, one), (2, 'path', STRING, None, one)),
        message('MonitoringConfig', (1, 'prometheus_config', MESSAGE, '.written_out.PrometheusConfig', one)),
    )
    assert config.prometheus_config.enable
    assert pod['metadata']['annotations']['prometheus.io/path'] == config.prometheus_config.path


def test_both_start_the_same_server(compose, kubernetes, pod):
    (container,) = pod['spec']['containers']
    assert compose['image'] == container['image']
    assert compose['image'] == f'tensorflow/serving:{importlib.metadata.version("tensorflow-serving-api")}'
    assert compose['command'] == container['args']
    assert compose['init'] and pod['spec']['shareProcessNamespace']  # the shell that starts it must not be process 1
    limits, others = compose['deploy']['resources']['limits'], container['resources']['limits']
    assert (limits['cpus'], f'{limits["memory"]}i') == (others['cpu'], others['memory'])
    mounted = [word.split('=')[1] for word in compose['command'] if '/etc/cafer/' in word]
    kustomization = yaml.safe_load((DEPLOY / 'kustomization.yaml').read_text())
    (made,) = kustomization['configMapGenerator']
    assert {f'/etc/cafer/{name}' for name in made['files']} == set(mounted)
    assert all((DEPLOY / name).is_file() for name in (*made['files'], *kustomization['resources']))
    volumes = {volume['name']: volume for volume in pod['spec']['volumes']}
    assert volumes['config']['configMap']['name'] == made['name']
    assert (
        volumes['models']['persistentVolumeClaim']['claimName']
        == (kubernetes['PersistentVolumeClaim']['metadata']['name'])
    )
    assert {mount['name']: mount['mountPath'] for mount in container['volumeMounts']} == {
        'models': '/models',
        'config': '/etc/cafer',
        'tmp': '/tmp',
    }


def test_nobody_reaches_it_from_outside_and_it_may_do_little(compose, pod):
    assert compose['ports'] == ['127.0.0.1:8500:8500', '127.0.0.1:8501:8501']
    assert compose['read_only'] and compose['cap_drop'] == ['ALL'] and compose['user'] == '65534:65534'
    (container,) = pod['spec']['containers']
    context = pod['spec']['securityContext']
    assert context['runAsNonRoot'] and f'{context["runAsUser"]}:{context["runAsGroup"]}' == compose['user']
    assert container['securityContext'] == {
        'allowPrivilegeEscalation': False,
        'readOnlyRootFilesystem': True,
        'capabilities': {'drop': ['ALL']},
    }


def test_pods_are_found_and_asked_for_their_state(compose, kubernetes, pod):
    (container,) = pod['spec']['containers']
    ports = {port['name']: port['containerPort'] for port in container['ports']}
    assert ports == {'grpc': 8500, 'http': 8501}
    labels = pod['metadata']['labels']
    assert kubernetes['Deployment']['spec']['selector']['matchLabels'] == labels
    service = kubernetes['Service']['spec']
    assert service['selector'] == labels
    assert [(port['port'], port['targetPort']) for port in service['ports']] == [(8500, 'grpc'), (8501, 'http')]
    assert ['CMD', *container['readinessProbe']['exec']['command']] == compose['healthcheck']['test']
    for probe in ('startupProbe', 'livenessProbe'):
        assert container[probe]['tcpSocket'] == {'port': 'grpc'}


@pytest.mark.skipif(shutil.which('bash') is None, reason='the health check is a command of bash')
@pytest.mark.parametrize(('name', 'healthy'), [('cafer', True), ('other', False)])
def test_the_health_check_tells_whether_the_model_is_there(compose, name, healthy):
    kind, *command = compose['healthcheck']['test']
    assert kind == 'CMD'
    there = types.SimpleNamespace(version=1, missing=lambda asked, _: None if asked == name else f'no {asked}')
    with rest_server(there) as server:
        port = server.rpartition(':')[2]
        words = [word.replace('/8501', f'/{port}') for word in command]
        assert (subprocess.run(words, timeout=20, check=False).returncode == 0) == healthy


def engine(image):
    """Why no container of an image can be started here; None where one can."""
    if shutil.which('docker') is None:
        return 'there is no docker command'
    for words, reason in ((['info'], 'no Docker engine answers'), (['compose', 'version'], 'docker has no compose')):
        try:
            done = subprocess.run(['docker', *words], capture_output=True, timeout=30, check=False)
        except subprocess.TimeoutExpired:
            return reason
        if done.returncode:
            return reason
    if subprocess.run(['docker', 'image', 'inspect', image], capture_output=True, timeout=30, check=False).returncode:
        try:
            done = subprocess.run(
                ['docker', 'pull', '--quiet', image], capture_output=True, text=True, timeout=600, check=False
            )
        except subprocess.TimeoutExpired:
            return f'{image} was not there within 10 minutes'
        assert 'manifest' not in done.stderr, done.stderr  # a registry answers, but knows no such image
        if done.returncode:
            return f'{image} cannot be pulled'
    return None


@pytest.mark.e2e
def test_the_stock_image_answers_as_the_process_does(compose, tmp_path):
    """Pulls the image where it isn't there; the ports 8500 and 8501 must be free."""
    reason = engine(compose['image'])
    if reason:
        pytest.skip(f'not run against the stock server: {reason}')
    from exported import export_untrained
    from records import encode, image_of

    export_untrained(tmp_path / 'models' / 'cafer' / '1')
    images = [encode(image_of(0.5, 0.5)), b'no image', encode(image_of(-0.5, 0.1))]
    expected = Predictor(tmp_path / 'models' / 'cafer').predict(images)
    environment = {**os.environ, 'CAFER_MODELS': str(tmp_path / 'models')}
    call = ['docker', 'compose', '--file', str(DEPLOY / 'compose.yaml'), '--project-name', 'cafer-test']
    try:
        subprocess.run([*call, 'up', '--wait', '--wait-timeout', '300'], env=environment, check=True)
        for server in ('127.0.0.1:8500', 'http://127.0.0.1:8501'):
            with connect(server) as client:
                np.testing.assert_allclose(client.predict(images), expected, atol=1e-5)
    finally:
        subprocess.run([*call, 'logs', '--tail', '50'], env=environment, check=False)
        subprocess.run([*call, 'down'], env=environment, check=False)
