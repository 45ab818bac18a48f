"""Runs the requests in a fresh process and blesses the model, or stops the run."""

from __future__ import annotations

import logging
import os
import pathlib
import subprocess
import sys
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from pipeline.components.servable_validator import requests
from pipeline.errors import ServingError

BLESSED, BLESSED_FILE = 'blessed', 'INFRA_BLESSED'
_ROOT = pathlib.Path(__file__).resolve().parents[3]
_TIMEOUT_SECONDS = 600

_log = logging.getLogger(__name__)


class Executor(base_executor.BaseExecutor):
    """Executor of ServableValidator."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Blesses the model.

        Args:
            input_dict: `model` and `examples`.
            output_dict: `blessing`.
            exec_properties: see `ServableValidatorSpec`.

        Raises:
            ServingError: with the reason why it cannot be served.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        model = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict['model']))
        folder = artifact_utils.get_split_uri(input_dict['examples'], exec_properties['split'])
        files = [os.path.join(folder, name) for name in sorted(fileio.listdir(folder))]
        _log.info(ask(model, files, exec_properties['requests']))
        blessing = artifact_utils.get_single_instance(output_dict['blessing'])
        io_utils.write_string_file(os.path.join(blessing.uri, BLESSED_FILE), '')
        blessing.set_int_custom_property(BLESSED, 1)


def ask(model: str, files: list[str], count: int) -> str:
    """Has a model answer in a process of its own; returns what the process says.

    Raises:
        ServingError: the model cannot be served.
    """
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join([str(_ROOT), os.environ.get('PYTHONPATH', '')])}
    try:
        done = subprocess.run(
            [sys.executable, '-m', requests.__name__, model, str(count), *files],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ServingError(f'the exported model gave no answer within {_TIMEOUT_SECONDS} seconds ({model})') from None
    said = done.stdout.strip().splitlines()
    if done.returncode:
        _log.debug('the process that served the model wrote:\n%s', done.stderr)
        reason = said[-1] if done.returncode == 1 and said else f'its process ended with {done.returncode}'
        raise ServingError(f'the exported model cannot be served: {reason} ({model})')
    return said[-1]
