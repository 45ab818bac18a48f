"""Compiles the pipeline for Vertex AI Pipelines: `python pipeline/kubeflow_v2_runner.py` writes its JSON.

The settings are those of `pipeline.configs`, in the same environment variables, and these:

| variable | meaning | default |
|---|---|---|
| `CAFER_IMAGE` | the container image that every component runs in, with the checkout in `/cafer` | required |
| `CAFER_PIPELINE_ROOT` | where artifacts go, `gs://BUCKET/...` | required |
| `CAFER_KUBEFLOW_JSON` | the file that is written | `cafer_pipeline.json` |

`CAFER_ROOT` and `CAFER_OUT` are required and name folders under `/gcs`, where Vertex AI mounts the buckets. The
pipeline is wired without what that engine does not run (`pipeline.ManagedEngine`), and each of its containers starts
`pipeline.kubeflow_v2_entrypoint`.

What was run: the pipeline was compiled and its JSON checked, and every container's command was run from that JSON on
one machine, with a folder in place of the bucket. What was not: nothing was ever submitted to Vertex AI, for no account
was at hand. `docs/scaling.md` has the commands.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

if __name__ == '__main__':
    # Run by its path, this file would find the module `pipeline.py` beside it in place of the package of that name.
    sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)

from cafer_tf.config import ConfigError
from pipeline import configs, console

IMAGE_FOLDER = pathlib.PurePosixPath('/cafer')
"""Where an image has the checkout; `docs/scaling.md` shows how one is built."""
SCHEMA = IMAGE_FOLDER / 'schemas' / 'face_affect' / 'schema.pbtxt'
COMMAND = ('python', '-m', 'pipeline.kubeflow_v2_entrypoint')
MOUNT = pathlib.PurePosixPath('/gcs')


def compile_pipeline(environment: Mapping[str, str]) -> dict[str, Any]:
    """Compiles the pipeline.

    Args:
        environment: the variables.

    Returns:
        The job, as Vertex AI takes it.

    Raises:
        ConfigError: a variable is missing or does not do, or kfp is not installed.
    """
    image, root = _required(environment, 'IMAGE'), _required(environment, 'PIPELINE_ROOT')
    if not root.startswith('gs://'):
        raise ConfigError(f'CAFER_PIPELINE_ROOT is {root}, but Vertex AI keeps artifacts in a bucket: gs://BUCKET/...')
    for name in ('ROOT', 'OUT'):
        _check_folder(name, _required(environment, name))
    settings = configs.from_environment(environment)
    if importlib.util.find_spec('kfp') is None:
        raise ConfigError(
            'kfp is not installed in this environment, whose other packages it does not go with: `make kubeflow` makes '
            'one with it, and .venv-kubeflow/bin/python pipeline/kubeflow_v2_runner.py compiles'
        )
    with console.hush():
        from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

        from pipeline.pipeline import ManagedEngine, create_pipeline
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(default_image=image, default_commands=list(COMMAND))
    )
    return runner.run(create_pipeline(settings, ManagedEngine(root, SCHEMA)), write_out=False)


def _required(environment: Mapping[str, str], name: str) -> str:
    variable = f'CAFER_{name}'
    value = environment.get(variable)
    if not value:
        meaning = {
            'IMAGE': 'the container image that components run in',
            'PIPELINE_ROOT': 'where artifacts go, gs://BUCKET/...',
            'ROOT': f'the folder of the data set, {MOUNT}/BUCKET/...',
            'OUT': f'the folder for what the run writes, {MOUNT}/BUCKET/...',
        }[name]
        raise ConfigError(f'{variable} is not set: {meaning}')
    return value


def _check_folder(name: str, folder: str) -> None:
    """A folder must be one where the components run, which is not this machine.

    Raises:
        ConfigError: it is not in a bucket.
    """
    if MOUNT not in pathlib.PurePosixPath(folder).parents:
        mounted = f'{MOUNT}/{folder.removeprefix("gs://")}' if folder.startswith('gs://') else f'{MOUNT}/BUCKET/...'
        raise ConfigError(
            f'CAFER_{name} is {folder}, but components on Vertex AI find only buckets, as folders: {mounted}'
        )


def main() -> int:
    """The program: writes the JSON; returns the exit status."""
    target = pathlib.Path(os.environ.get('CAFER_KUBEFLOW_JSON') or 'cafer_pipeline.json')
    try:
        job = compile_pipeline(os.environ)
        target.write_text(json.dumps(job, indent=2, sort_keys=True) + '\n', encoding='utf-8')
    except ConfigError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'error: {target} cannot be written ({error.strerror}); CAFER_KUBEFLOW_JSON names it', file=sys.stderr)
        return 1
    print(f'compiled, not submitted: {target}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
