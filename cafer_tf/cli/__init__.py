"""The `cafer` command: a file for each of its commands, which may use the library and the pipeline."""

from __future__ import annotations

import os

import click

from cafer_tf.cli.app import app
from cafer_tf.cli.benchmark import benchmark
from cafer_tf.cli.data import data
from cafer_tf.cli.evaluate import evaluate
from cafer_tf.cli.export import export
from cafer_tf.cli.predict import predict
from cafer_tf.cli.report import report
from cafer_tf.cli.run import run
from cafer_tf.cli.serve_client import serve_client
from cafer_tf.cli.synthesize import synthesize
from cafer_tf.cli.video import video
from cafer_tf.version import __version__

_SETTINGS = {'help_option_names': ['-h', '--help'], 'max_content_width': 110}


@click.group(context_settings=_SETTINGS)
@click.version_option(__version__, prog_name='cafer')
def main() -> None:
    """Trains, judges and applies person-independent models of facial emotion."""
    # The libraries' notes on missing accelerators help nobody here; TensorFlow reads this when it is imported.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


for command in (app, benchmark, data, evaluate, export, predict, report, run, serve_client, synthesize, video):
    main.add_command(command)
