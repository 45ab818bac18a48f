"""The statistics that a finished run was trained on."""

from __future__ import annotations

import pathlib

import tensorflow_data_validation as tfdv
from google.protobuf.message import DecodeError

from pipeline.data_validation import contents
from pipeline.data_validation.contents import Statistics
from pipeline.errors import RunError

COMPONENTS = '*StatisticsGen'
"""The components of the pipeline that compute statistics end so."""


def read_training_statistics(out: pathlib.Path) -> Statistics:
    """Reads the newest statistics of the training split that a run has computed.

    Args:
        out: the folder of the run.

    Raises:
        RunError: there are none, or they cannot be read.
    """
    files = sorted(
        (out / 'artifacts').glob(f'{COMPONENTS}/statistics/*/Split-train/FeatureStats.pb'),
        key=lambda file: int(file.parts[-3]) if file.parts[-3].isdecimal() else -1,
    )
    if not files:
        raise RunError(
            f'{out}: no statistics of a training split in its artifacts. Give the folder of a run that has come past '
            'StatisticsGen.'
        )
    try:
        statistics = tfdv.load_stats_binary(str(files[-1]))
    except (DecodeError, OSError) as error:
        raise RunError(f'{files[-1]}: the statistics cannot be read ({error}). Run the pipeline again.') from None
    if not contents.examples(statistics):
        raise RunError(f'{files[-1]}: the statistics count no examples. Run the pipeline again.')
    return statistics
