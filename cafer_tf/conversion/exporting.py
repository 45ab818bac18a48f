"""Files for other runtimes, checked before any of them is in its place."""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import joblib
import numpy as np

from cafer_tf import features
from cafer_tf.conversion import tflite
from cafer_tf.conversion.errors import ConversionError
from cafer_tf.conversion.network import INPUT, OUTPUTS, Network, load_network
from cafer_tf.conversion.onnx import to_onnx
from cafer_tf.conversion.runtimes import Model, OnnxModel, TfliteModel
from cafer_tf.conversion.verification import compare, images_per_second
from cafer_tf.serving import Predictor
from cafer_tf.version import __version__

ONNX, FLOAT16, INT8 = 'onnx', 'tflite-float16', 'tflite-int8'
FORMATS = {ONNX: 'cafer.onnx', FLOAT16: 'cafer-float16.tflite', INT8: 'cafer-int8.tflite'}
"""The files, by format."""
FACTS = 'cafer.json'
"""What the files take and answer, and what was measured of them."""
MODEL = 'SavedModel'
_EXTRA = ('onnx', 'onnxruntime', 'tf2onnx')


def export_network(
    predictor: Predictor,
    formats: Sequence[str],
    out: str | os.PathLike[str],
    files: Sequence[str],
    representative: np.ndarray | None = None,
    max_ccc_drop: float = 0.02,
) -> dict[str, Any]:
    """Converts the network of a model, and compares each file with the model.

    All files appear together in a folder of their own. Where one loses more than is allowed, none does.

    Args:
        predictor: the model.
        formats: names of `FORMATS`.
        out: the folder; it must not hold anything yet.
        files: paths or glob patterns of TFRecords of faces that the model was not trained on.
        representative: what `representative_faces` gave, of faces that are not in `files`; only `tflite-int8` needs it.
        max_ccc_drop: the most that the CCC of valence or of arousal may lose.

    Returns:
        What `FACTS` holds: `about` (which the ONNX file holds too), `faces`, `max_ccc_drop`, `threads`, `models` (the
        SavedModel and each format: `file`, `bytes`, `images_per_second`, `ccc`; for a format also `ccc_change`,
        `difference` and, of integers, `float_kernels`) and `refused`, the formats that lose too much; where there is
        one, nothing was written.

    Raises:
        ConversionError: an unknown format, a folder that is not empty or cannot be written, a package that is missing,
            no representative faces, or a network that answers NaN.
        InputError: no faces.
        ModelError: the model refused a request.
    """
    out = pathlib.Path(out).resolve()
    check_request(formats, out)
    if INT8 in formats and (representative is None or not len(representative)):
        raise ConversionError(f'{INT8} needs representative faces, by which the ranges of its integers are chosen')
    aside = out.with_name(f'.{out.name}.{uuid.uuid4().hex}')
    try:
        aside.mkdir(parents=True)
        found = _export(predictor, formats, aside, files, representative, max_ccc_drop)
        if not found['refused']:
            aside.rename(out)
    except OSError as error:
        raise ConversionError(f'{out} cannot be written: {error.strerror or error}. Give another folder.') from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return found


def check_request(formats: Sequence[str], out: str | os.PathLike[str]) -> None:
    """Checks what can be known before faces are read.

    Args:
        formats: names of `FORMATS`.
        out: folder of the files.

    Raises:
        ConversionError: an unknown format, a package that is missing, or a folder that is not empty.
    """
    if unknown := [name for name in formats if name not in FORMATS]:
        raise ConversionError(f'unknown format {unknown[0]!r}; known: {", ".join(FORMATS)}')
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if ONNX in formats and missing:
        raise ConversionError(
            f'Writing ONNX needs the package {missing[0]}, which is not installed. Install it with '
            f'`pip install "cafer-tf[export]"`, or leave out the format {ONNX}.'
        )
    out = pathlib.Path(out)
    if out.exists() and (not out.is_dir() or out.is_mount() or any(out.iterdir())):
        raise ConversionError(f'{out} is there already. Remove it, or give another folder.')


def _export(
    predictor: Predictor,
    formats: Sequence[str],
    folder: pathlib.Path,
    files: Sequence[str],
    representative: np.ndarray | None,
    max_ccc_drop: float,
) -> dict[str, Any]:
    size, about = predictor.config.input.image_size, _about(predictor)
    network = load_network(predictor.directory, size)
    convert: dict[str, Callable[[Network], bytes]] = {
        ONNX: lambda network: to_onnx(network, about),
        FLOAT16: tflite.to_float16,
        INT8: lambda network: tflite.to_int8(network, np.asarray(representative)),
    }
    models: dict[str, Model] = {}
    for name in formats:
        path = folder / FORMATS[name]
        path.write_bytes(convert[name](network))
        models[name] = OnnxModel(path) if name == ONNX else TfliteModel(path)
    compared = compare(predictor, models, files)
    speeds = images_per_second({MODEL: predictor.embed, **models}, size)
    figures: dict[str, dict[str, Any]] = {
        MODEL: {
            'file': predictor.directory.name,
            'bytes': sum(path.stat().st_size for path in predictor.directory.rglob('*') if path.is_file()),
            'images_per_second': speeds[MODEL],
            'ccc': compared['ccc'],
        }
    }
    for name in formats:
        path = folder / FORMATS[name]
        figures[name] = {
            'file': path.name,
            'bytes': path.stat().st_size,
            'images_per_second': speeds[name],
            **compared['models'][name],
        }
    if INT8 in formats:
        figures[INT8]['float_kernels'] = tflite.float_kernels((folder / FORMATS[INT8]).read_bytes())
    found = {
        'about': about,
        'faces': compared['faces'],
        'max_ccc_drop': max_ccc_drop,
        'threads': joblib.cpu_count(),
        'models': figures,
        'refused': [name for name in formats if min(figures[name]['ccc_change'].values()) < -max_ccc_drop],
    }
    (folder / FACTS).write_text(json.dumps(found, indent=2) + '\n', encoding='utf-8')
    return found


def _about(predictor: Predictor) -> dict[str, Any]:
    """What whoever runs a file must know of it."""
    config = predictor.config
    size = config.input.image_size
    return {
        'cafer_tf': __version__,
        'input': f'{INPUT}: [n, {size}, {size}, 3] float32, RGB in [0, 1]',
        'outputs': f'{", ".join(features.OUTPUTS)}: [n, 1] float32 in [-1, 1]; {OUTPUTS[-1]}: [n, d] float32',
        'image_size': size,
        'crop': config.input.crop,
        'faces': config.to_dict()['faces'],
        'threshold': predictor.threshold,
    }
