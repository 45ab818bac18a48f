"""The `tfx` command: the stock one, and `tfx run create --pipeline DIR`, which registers a pipeline and runs it."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import Any

from pipeline import console

RUNNER = 'local_runner.py'


def main() -> None:
    """The program."""
    # The stock command runs `pip`, which belongs to this environment whether or not it is activated.
    os.environ['PATH'] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get('PATH', '')])
    with console.hush():
        command = make_command()
    command()


def make_command() -> Any:
    """The stock command group with `run create` extended."""
    import click
    from tfx.tools.cli.cli_main import cli_group
    from tfx.tools.cli.commands.run import run_group

    stock = run_group.commands['create']
    options = [option for option in stock.params if option.name != 'pipeline_name']

    def create(pipeline: str | None, pipeline_name: str | None, **rest: Any) -> None:
        if pipeline and pipeline_name:
            raise click.UsageError('give --pipeline or --pipeline_name, not both')
        if pipeline and rest['engine'] not in ('auto', 'local'):
            raise click.UsageError(f'--pipeline runs here, with the engine local and not {rest["engine"]}')
        if pipeline:
            create_and_run(pipeline)
        elif pipeline_name:
            # Through the context, for the stock callback expects click's own objects.
            click.get_current_context().invoke(stock, pipeline_name=pipeline_name, **rest)
        else:
            raise click.UsageError('give --pipeline DIR, or --pipeline_name NAME for one that is registered')

    extended = click.Command(
        'create',
        callback=create,
        help='Create a new run for a pipeline, given by its folder or by the name it is registered under.',
        params=[
            click.Option(
                ['--pipeline'],
                type=click.Path(exists=True),
                help=f'Folder with a {RUNNER}, or such a file: registers or updates the pipeline, then runs it here.',
            ),
            click.Option(['--pipeline_name', '--pipeline-name'], help='Name of a registered pipeline.'),
            *options,
        ],
    )
    run_group.add_command(extended)
    return cli_group


def create_and_run(pipeline: str) -> None:
    """Registers the pipeline of a runner file with the local engine, and runs it in this process.

    One process, so that whoever kills the command kills the run. The runner file is executed as the stock handler does
    it; the runner's `run` registers the pipeline on the way.

    Args:
        pipeline: a folder with a `local_runner.py`, or the path of such a file.
    """
    from tfx.tools.cli import labels
    from tfx.tools.cli.handler import dag_runner_patcher, local_dag_runner_patcher, local_handler

    path = pathlib.Path(pipeline).resolve()
    path = path / RUNNER if path.is_dir() else path
    handler = local_handler.LocalHandler({labels.ENGINE_FLAG: 'local', labels.PIPELINE_DSL_PATH: str(path)})

    class RegisterAndRun(local_dag_runner_patcher.LocalDagRunnerPatcher):
        def __init__(self) -> None:
            dag_runner_patcher.DagRunnerPatcher.__init__(self, call_real_run=True)

        def _before_run(self, runner: Any, pipeline: Any, context: Any) -> None:
            handler._save_pipeline(
                {
                    labels.PIPELINE_NAME: context[self.PIPELINE_NAME],
                    labels.PIPELINE_ROOT: context[self.PIPELINE_ROOT],
                }
            )

    handler.execute_dsl(RegisterAndRun())
