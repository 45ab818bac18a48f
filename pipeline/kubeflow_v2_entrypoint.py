"""What a container of Vertex AI runs: TFX's own entry point, with the buckets as folders.

Vertex AI hands a component the addresses of its artifacts, `gs://BUCKET/...`, and mounts every bucket as the folder
`/gcs/BUCKET`. TensorFlow reads both, plain file access only the second. So a component is told folders, and what it
reports goes back as addresses.
"""

from __future__ import annotations

import json
import pathlib
import runpy
import sys
from collections.abc import Sequence
from typing import Any

ADDRESS, MOUNT = 'gs://', '/gcs/'
ARTIFACT_CLASSES = {
    'cafer.EmotionGrouping': 'pipeline.components.emotion_grouper.component.EmotionGrouping',
    'cafer.FaceQuarantine': 'pipeline.components.face_example_gen.component.FaceQuarantine',
}
"""The classes of our artifacts by the title that stands for them on the engine, which has room for one dot."""
_INVOCATION = '--json_serialized_invocation_args'
_PROGRAM = 'tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor'


def with_folders(invocation: dict[str, Any]) -> dict[str, Any]:
    """An invocation, as the engine states it, with folders in place of addresses.

    Args:
        invocation: `inputs` and `outputs` with their artifacts, and the file for the results; it is not changed.
    """
    outputs = dict(invocation.get('outputs', {}))
    if 'outputFile' in outputs:
        outputs['outputFile'] = _swapped(outputs['outputFile'], ADDRESS, MOUNT)
    return {
        **invocation,
        'inputs': _relocated(invocation.get('inputs', {}), ADDRESS, MOUNT),
        'outputs': _relocated(outputs, ADDRESS, MOUNT),
    }


def with_addresses(results: dict[str, Any]) -> dict[str, Any]:
    """The results that a component reports, with addresses in place of folders."""
    return _relocated(results, MOUNT, ADDRESS)


def _relocated(holder: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    artifacts = {
        key: {**listed, 'artifacts': [{**each, 'uri': _swapped(each['uri'], old, new)} for each in listed['artifacts']]}
        if listed.get('artifacts')
        else listed
        for key, listed in holder.get('artifacts', {}).items()
    }
    return {**holder, 'artifacts': artifacts} if artifacts else holder


def _swapped(place: str, old: str, new: str) -> str:
    return new + place.removeprefix(old) if place.startswith(old) else place


def main(arguments: Sequence[str]) -> None:
    """The program.

    Args:
        arguments: of TFX's entry point.
    """
    from tfx.orchestration.kubeflow.v2 import compiler_utils

    compiler_utils.TITLE_TO_CLASS_PATH.update(ARTIFACT_CLASSES)
    arguments = list(arguments)
    position = arguments.index(_INVOCATION) + 1
    invocation = with_folders(json.loads(arguments[position]))
    arguments[position] = json.dumps(invocation)
    # A bucket needs no folders, a mounted one does.
    for listed in invocation['outputs'].get('artifacts', {}).values():
        for artifact in listed['artifacts']:
            pathlib.Path(artifact['uri']).mkdir(parents=True, exist_ok=True)
    sys.argv[1:] = arguments
    try:
        runpy.run_module(_PROGRAM, run_name='__main__', alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise
    results = pathlib.Path(invocation['outputs']['outputFile'])
    results.write_text(json.dumps(with_addresses(json.loads(results.read_text(encoding='utf-8')))), encoding='utf-8')


if __name__ == '__main__':
    main(sys.argv[1:])
