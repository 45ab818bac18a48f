"""Settings come from the environment, and a wrong one stops the run with its name."""

import json
import pathlib

import pytest

from cafer_tf import cli
from cafer_tf.config import Config, ConfigError
from cafer_tf.datasets import Fold
from cafer_tf.synthesis import FaceSet
from pipeline.configs import Gate, Settings, from_environment
from pipeline.options import OPTIONS


def test_without_variables_the_demo_runs():
    settings = from_environment({})
    assert settings == Settings()
    assert settings.root is None
    assert settings.out == pathlib.Path.cwd() / 'runs' / 'demo'
    assert settings.faces == settings.out / 'faces'


def test_every_variable_is_read(tmp_path):
    config = tmp_path / 'config.json'
    config.write_text(json.dumps({'training': {'epochs': 3}}))
    settings = from_environment(
        {
            'CAFER_DATASET': 'csv',
            'CAFER_ROOT': str(tmp_path / 'faces'),
            'CAFER_OUT': str(tmp_path / 'out'),
            'CAFER_PRESET': 'published_code, resnet18',
            'CAFER_CONFIG': str(config),
            'CAFER_MIN_CCC': '0.4',
            'CAFER_MIN_AROUSAL_CCC': '0.3',
            'CAFER_MAX_CCC_DROP': '0.01',
            'CAFER_MAX_BAD_FRACTION': '0.2',
            'CAFER_SEED': '7',
            'CAFER_BEAM_ARGS': '--direct_num_workers=2 --direct_running_mode=multi_processing',
        }
    )
    expected = Config.from_preset('published_code', 'resnet18').with_changes([('training.epochs', 3)])
    assert settings.config == expected
    assert settings == Settings(
        out=tmp_path / 'out',
        root=tmp_path / 'faces',
        dataset='csv',
        config=settings.config,
        gate=Gate(min_valence_ccc=0.4, min_arousal_ccc=0.3, max_ccc_drop=0.01),
        max_bad_fraction=0.2,
        seed=7,
        beam_args=('--direct_num_workers=2', '--direct_running_mode=multi_processing'),
    )
    assert settings.faces == tmp_path / 'faces'


def test_rendered_faces_follow_the_numbers_and_the_seed():
    settings = from_environment({'CAFER_SEED': '7', 'CAFER_PEOPLE': '12', 'CAFER_IMAGES_PER_PERSON': '5'})
    assert settings.face_set == FaceSet(people=12, images_per_person=5, seed=7)
    assert Settings().face_set == FaceSet()


def test_messages_name_the_options_that_the_command_has():
    assert set(OPTIONS) <= {option.name.upper() for option in cli.run.params}


def test_a_data_set_without_a_name_is_a_csv_folder(tmp_path):
    settings = from_environment({'CAFER_ROOT': str(tmp_path)})
    assert settings.dataset == 'csv'
    assert settings.out == pathlib.Path.cwd() / 'runs' / 'csv'


@pytest.mark.parametrize(
    ('variables', 'what'),
    [
        ({'CAFER_MIN_CCC': 'high'}, r"CAFER_MIN_CCC \(--min-ccc\) is 'high', which is not a number"),
        ({'CAFER_MIN_CCC': '1.5'}, r'min_valence_ccc must be in \[-1, 1\]; it is 1.5'),
        ({'CAFER_MAX_CCC_DROP': '-1'}, 'max_ccc_drop must be in'),
        ({'CAFER_MAX_BAD_FRACTION': '1'}, 'max_bad_fraction must be in'),
        ({'CAFER_SEED': '0.5'}, r"CAFER_SEED \(--seed\) is '0.5'"),
        ({'CAFER_MIN_VALENCE_CCC': 'x'}, "CAFER_MIN_VALENCE_CCC is 'x'"),
        ({'CAFER_DATASET': 'csv'}, r'CAFER_ROOT is not set: give the folder of the data set \(--root\)'),
        (
            {'CAFER_ROOT': 'faces', 'CAFER_PEOPLE': '5'},
            r'CAFER_PEOPLE \(--people\) is 5, .* CAFER_ROOT \(--root\) names the data set faces: give one of the two',
        ),
        (
            {'CAFER_ROOT': 'faces', 'CAFER_IMAGES_PER_PERSON': '5'},
            r'CAFER_IMAGES_PER_PERSON \(--images-per-person\) is 5',
        ),
        ({'CAFER_MIN_CC': '0.5'}, 'unknown variable CAFER_MIN_CC; did you mean CAFER_MIN_CCC?'),
        ({'CAFER_PRESET': 'papre'}, r"CAFER_PRESET \(--preset\): unknown preset 'papre'; known: paper"),
        (
            {'CAFER_CONFIG': '/nowhere/config.json'},
            r'CAFER_CONFIG \(--config\): /nowhere/config.json cannot be read \(No such file',
        ),
    ],
)
def test_a_wrong_variable_is_named(variables, what):
    with pytest.raises(ConfigError, match=what):
        from_environment(variables)


def test_a_wrong_configuration_file_is_named(tmp_path):
    path = tmp_path / 'config.json'
    path.write_text('{')
    with pytest.raises(ConfigError, match=r'CAFER_CONFIG \(--config\): .*config\.json is not JSON'):
        from_environment({'CAFER_CONFIG': str(path)})
    path.write_text('{"training": {"epoch": 3}}')
    with pytest.raises(ConfigError, match=r'config\.json: unknown key training\.epoch'):
        from_environment({'CAFER_CONFIG': str(path)})


def test_a_variable_of_somebody_else_is_left_alone():
    assert from_environment({'CAFER_CHROMIUM': '/somewhere'}) == Settings()


@pytest.mark.parametrize('name', ['OUT', 'ROOT'])
def test_an_address_is_no_folder(name):
    with pytest.raises(
        ConfigError, match=rf'CAFER_{name} .* is gs:/bucket/faces: an address, where a folder is needed'
    ):
        from_environment({f'CAFER_{name}': 'gs://bucket/faces'})


def test_a_fold_is_read():
    assert from_environment({'CAFER_FOLD': '2/5'}).fold == Fold(2, 5)
    with pytest.raises(ConfigError, match=r"CAFER_FOLD \(--fold\): '2' is not a fold: write, for example, 2/5"):
        from_environment({'CAFER_FOLD': '2'})
