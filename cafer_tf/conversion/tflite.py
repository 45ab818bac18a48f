"""A network as TensorFlow Lite, with weights in half precision or all in 8-bit integers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from cafer_tf.conversion.network import INPUT, Network
from cafer_tf.serving import IMAGES_SIGNATURE

_ENDS = ('QUANTIZE', 'DEQUANTIZE')


def to_float16(network: Network) -> bytes:
    """Converts a network, its weights in half precision; processors turn them into float32 before they compute.

    Args:
        network: what `load_network` gave.

    Returns:
        The file's content, with the signature `images`.
    """
    with tempfile.TemporaryDirectory() as folder:
        converter = _converter(network, folder)
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def to_int8(network: Network, faces: np.ndarray) -> bytes:
    """Converts a network, weights and activations in 8-bit integers; what goes in and comes out is float32.

    Args:
        network: what `load_network` gave.
        faces: `[n, size, size, 3]`, RGB in [0, 1]; the ranges of activations are those that these faces reach.

    Returns:
        The file's content, with the signature `images`.
    """

    def representative() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for face in faces:
            yield IMAGES_SIGNATURE, {INPUT: face[np.newaxis].astype(np.float32)}

    with tempfile.TemporaryDirectory() as folder:
        converter = _converter(network, folder)
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        return converter.convert()


def float_kernels(content: bytes) -> list[str]:
    """The operations of a file that compute in float32, but for those that turn numbers into integers and back.

    Args:
        content: of a TensorFlow Lite file.

    Returns:
        Their names, each once, sorted.
    """
    schema = flatbuffer_utils.schema_fb
    names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    found = set()
    for graph in model.subgraphs:
        for operator in graph.operators:
            kernel = model.operatorCodes[operator.opcodeIndex]
            # Codes of before 2021 are in a field of their own; the larger one counts.
            name = names[max(kernel.builtinCode, kernel.deprecatedBuiltinCode)]
            if any(graph.tensors[i].type == schema.TensorType.FLOAT32 for i in operator.outputs):
                found.add(name)
    return sorted(found - set(_ENDS))


def _converter(network: Network, folder: str) -> tf.lite.TFLiteConverter:
    module = tf.Module()
    module.network = network
    tf.saved_model.save(module, folder, signatures={IMAGES_SIGNATURE: network})
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[IMAGES_SIGNATURE])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter
