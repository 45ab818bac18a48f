"""`cafer benchmark`: a file for each of the poster's tables."""

from __future__ import annotations

import click

from cafer_tf.cli.benchmark.metric_learning import metric_learning
from cafer_tf.cli.benchmark.table import table


@click.group()
def benchmark() -> None:
    """Makes the tables of the paper's poster on a data set of yours."""


for command in (metric_learning, table):
    benchmark.add_command(command)
