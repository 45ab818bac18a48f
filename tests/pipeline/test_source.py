"""What a stage reads besides its inputs, as its cache key has it."""

import json

import pytest

from cafer_tf.config import Config, ConfigError
from pipeline import data_validation, source, trainer
from pipeline.components.face_example_gen import executor
from pipeline.configs import Settings
from pipeline.pipeline import create_pipeline
from pipeline.source import imported

SOURCES = {
    'pipeline/trainer.py': 'import json\nfrom cafer_tf import model\n',
    'cafer_tf/__init__.py': '',
    'cafer_tf/model.py': 'def build():\n    from cafer_tf.losses import snr\n',
    'cafer_tf/losses/__init__.py': 'from cafer_tf.losses.distances import snr\n',
    'cafer_tf/losses/distances.py': 'from cafer_tf import model\nsnr = model\n',
    'cafer_tf/cli.py': 'import cafer_tf.model\n',
}


@pytest.fixture
def root(tmp_path):
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize('name', SOURCES)
def test_the_code_digest_follows_what_is_imported_at_any_depth_and_nothing_else(root, name):
    before = source.code_digest('pipeline.trainer', root=root)
    assert source.code_digest('pipeline.trainer', root=root) == before
    (root / name).write_text(SOURCES[name] + '# changed\n')
    # The package itself holds nothing that is asked for; the command imports the model, and not the other way.
    changes = name not in ('cafer_tf/__init__.py', 'cafer_tf/cli.py')
    assert (source.code_digest('pipeline.trainer', root=root) != before) == changes


def test_a_stage_is_keyed_by_its_own_code_alone():
    """What draws faces, judges models or reads settings ingests nobody's data set again."""
    ingestion, training = set(imported(executor.__name__)), set(imported(trainer.__name__))
    assert {'cafer_tf.datasets.csv_folder', 'cafer_tf.faces.cropping', 'cafer_tf.examples'} <= ingestion
    assert {'cafer_tf.losses.adversarial', 'cafer_tf.networks.alexnet', 'cafer_tf.serving.servable'} <= training
    assert not [
        name for name in ingestion if name.startswith(('cafer_tf.synthesis', 'cafer_tf.model', 'pipeline.conf'))
    ]
    assert not [name for name in training if name.startswith(('cafer_tf.synthesis', 'cafer_tf.report', 'cafer_tf.cli'))]


def test_every_stage_of_ours_is_keyed(monkeypatch, tmp_path):
    """By what is said of its code, and the schema's import by what the schema holds."""
    monkeypatch.setattr(source, 'code_digest', lambda *modules: ' '.join(modules))
    settings = Settings(out=tmp_path)
    keyed = {node.id: node.exec_properties for node in create_pipeline(settings).components}
    assert {name: properties['code'].split('.')[-2:] for name, properties in keyed.items() if 'code' in properties} == {
        'FaceExampleValidator': ['face_example_validator', 'executor'],
        'EmotionGrouper': ['emotion_grouper', 'executor'],
        'GroupedExampleValidator': ['face_example_validator', 'executor'],
        'ServableValidator': ['servable_validator', 'executor'],
        'Evaluator': ['agreement pipeline', 'identity'],
    }
    assert keyed['ImportSchemaGen']['content'] == source.content_digest(data_validation.SCHEMA)
    assert 'pipeline.trainer' in json.dumps(keyed['Trainer']['custom_config'])
    checks = imported('pipeline.components.servable_validator.executor')
    assert 'pipeline.components.servable_validator.requests' in checks


def test_weight_files_are_known_by_their_content(tmp_path):
    weights = tmp_path / 'encoder.pth'
    config = Config().with_changes([('network.encoder_weights', str(weights))])
    with pytest.raises(ConfigError, match=r'network\.encoder_weights: .*encoder\.pth cannot be read \(No such file'):
        source.weights_digest(config)
    weights.write_bytes(b'one')
    before = source.weights_digest(config)
    assert source.weights_digest(config) == before
    weights.write_bytes(b'two')
    assert source.weights_digest(config) != before
    assert source.weights_digest(Config()) == ''
