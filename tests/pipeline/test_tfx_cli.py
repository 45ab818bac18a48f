"""The command is the stock one, with `run create --pipeline`."""

import pytest
from click.testing import CliRunner

from pipeline import tfx_cli


@pytest.fixture(scope='module')
def command():
    return tfx_cli.make_command()


def run(command, *arguments: str):
    return CliRunner().invoke(command, arguments)


def test_the_stock_commands_are_there(command):
    assert {'pipeline', 'run', 'template'} <= set(command.commands)
    assert {'create', 'update', 'list', 'delete', 'compile'} <= set(command.commands['pipeline'].commands)
    options = {option for parameter in command.commands['run'].commands['create'].params for option in parameter.opts}
    assert {'--pipeline', '--pipeline_name', '--engine', '--endpoint', '--runtime_parameter'} <= options


def test_a_run_needs_a_pipeline(command):
    done = run(command, 'run', 'create')
    assert done.exit_code == 2
    assert 'give --pipeline DIR, or --pipeline_name NAME' in done.output


def test_a_run_takes_one_pipeline(command, tmp_path):
    done = run(command, 'run', 'create', '--pipeline', str(tmp_path), '--pipeline_name', 'cafer')
    assert done.exit_code == 2
    assert 'not both' in done.output


def test_a_folder_runs_with_the_local_engine_only(command, tmp_path):
    done = run(command, 'run', 'create', '--pipeline', str(tmp_path), '--engine', 'vertex')
    assert done.exit_code == 2
    assert 'with the engine local and not vertex' in done.output


def test_a_folder_that_is_not_there_is_named(command):
    done = run(command, 'run', 'create', '--pipeline', 'nowhere/')
    assert done.exit_code == 2
    assert "'nowhere/' does not exist" in done.output


def test_a_folder_without_a_runner_is_named(command, tmp_path, monkeypatch):
    monkeypatch.setenv('LOCAL_HOME', str(tmp_path / 'home'))
    done = run(command, 'run', 'create', '--pipeline', str(tmp_path))
    assert done.exit_code == 1
    assert 'local_runner.py' in str(done.exception) + done.output
