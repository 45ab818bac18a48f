"""A model is pushed once, whole, and only with both blessings."""

import pathlib

import pytest
from tfx import types
from tfx.orchestration.portable import data_types
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from pipeline.components.version_pusher import driver, executor, versions


def save(folder: pathlib.Path, weights: bytes = b'weights') -> pathlib.Path:
    (folder / 'variables').mkdir(parents=True)
    (folder / 'saved_model.pb').write_bytes(b'graph')
    (folder / 'variables' / 'variables.index').write_bytes(weights)
    return folder


def content(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


@pytest.fixture
def push(lab, tmp_path):
    """Runs the executor; returns the PushedModel artifact."""

    def run(weights: bytes = b'weights', model_blessed: int = 1, infra_blessed: int = 1) -> types.Artifact:
        model, pushed = lab.artifact(standard_artifacts.Model), lab.artifact(standard_artifacts.PushedModel)
        save(pathlib.Path(model.uri) / 'Format-Serving', weights)
        blessings = {}
        for key, kind, blessed in (
            ('model_blessing', standard_artifacts.ModelBlessing, model_blessed),
            ('infra_blessing', standard_artifacts.InfraBlessing, infra_blessed),
        ):
            blessing = lab.artifact(kind)
            blessing.set_int_custom_property('blessed', blessed)
            blessings[key] = [blessing]
        destination = pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(tmp_path / 'serving'))
        )
        executor.Executor().Do(
            {'model': [model], **blessings},
            {'pushed_model': [pushed]},
            {'push_destination': proto_utils.proto_to_json(destination)},
        )
        return pushed

    return run


def numbers(tmp_path: pathlib.Path) -> list[int]:
    folder = tmp_path / 'serving'
    return sorted(int(path.name) for path in folder.iterdir()) if folder.exists() else []


def test_a_model_is_pushed_once(push, tmp_path):
    first = push()
    (version,) = numbers(tmp_path)
    assert content(tmp_path / 'serving' / str(version)) == {
        'saved_model.pb': b'graph',
        'variables/variables.index': b'weights',
    }
    assert first.get_int_custom_property('pushed') == 1
    assert first.get_int_custom_property('new_version') == 1
    again = push()
    assert numbers(tmp_path) == [version]
    assert again.get_int_custom_property('pushed') == 1
    assert again.get_string_custom_property('pushed_version') == str(version)
    assert not again.has_custom_property('new_version')


def test_another_model_becomes_a_newer_version_at_once(push, tmp_path):
    push()
    push(b'others')
    push(b'weights')  # back to the first: what is served must change back
    made = numbers(tmp_path)
    assert len(made) == 3
    assert versions.newest(tmp_path / 'serving').name == str(made[-1])
    assert content(tmp_path / 'serving' / str(made[-1]))['variables/variables.index'] == b'weights'


def test_an_emptied_serving_folder_is_filled_again(push, tmp_path):
    push()
    (version,) = numbers(tmp_path)
    (tmp_path / 'serving' / str(version) / 'saved_model.pb').unlink()
    push()
    assert len(numbers(tmp_path)) == 2


@pytest.mark.parametrize('blessed', [(0, 1), (1, 0), (0, 0)])
def test_without_both_blessings_nothing_is_pushed(push, tmp_path, blessed):
    pushed = push(model_blessed=blessed[0], infra_blessed=blessed[1])
    assert pushed.get_int_custom_property('pushed') == 0
    assert numbers(tmp_path) == []


def test_half_a_push_is_never_a_version_and_is_cleared_away(tmp_path, monkeypatch):
    model, base = save(tmp_path / 'model'), tmp_path / 'serving'

    def die(self, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, 'rename', die)
        with pytest.raises(KeyboardInterrupt):
            versions.push(model, base)
    assert [path.name for path in base.iterdir() if path.name.isdecimal()] == []
    assert len(list(base.iterdir())) == 1
    assert versions.newest(base) is None
    version = versions.push(model, base)
    assert list(base.iterdir()) == [version]


def test_versions_only_grow_even_from_a_future_one(tmp_path):
    model, base = save(tmp_path / 'model'), tmp_path / 'serving'
    save(base / '99999999999')
    assert versions.push(model, base).name == '100000000000'
    # Numbers are compared as numbers.
    save(base / '5')
    assert versions.newest(base).name == '100000000000'


def test_a_digest_tells_models_apart_by_name_and_content(tmp_path):
    model = save(tmp_path / 'a')
    assert versions.digest(model) == versions.digest(save(tmp_path / 'b'))
    assert versions.digest(model) != versions.digest(save(tmp_path / 'c', b'other'))
    (tmp_path / 'b' / 'variables' / 'variables.index').rename(tmp_path / 'b' / 'variables' / 'index')
    assert versions.digest(model) != versions.digest(tmp_path / 'b')


def test_no_two_runs_share_a_cache_key():
    info = data_types.ExecutionInfo(exec_properties={'push_destination': '{}', 'custom_config': 'null'})
    keys = set()
    for run_id in ('one', 'two'):
        info.pipeline_run_id = run_id
        properties = driver.Driver(None).run(info).exec_properties
        assert properties['push_destination'].string_value == '{}'
        keys.add(properties['custom_config'].string_value)
    assert len(keys) == 2
