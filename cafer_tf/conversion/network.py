"""The network of an exported model as one function without variables, in float32, as converters can take it."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2, node_def_pb2
from tensorflow.python.framework import convert_to_constants

from cafer_tf import features
from cafer_tf.conversion.errors import ConversionError
from cafer_tf.serving import EMBEDDING, IMAGES_SIGNATURE

INPUT = 'images'
OUTPUTS = (*features.OUTPUTS, EMBEDDING)
Network = Callable[[tf.Tensor], dict[str, tf.Tensor]]
_HALF = (tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum)


def load_network(directory: str | os.PathLike[str], image_size: int) -> Network:
    """A `tf.function` from pixels to valence, arousal and embedding, with the weights as constants.

    It is the signature `images` with three changes, which converters need. A model of mixed precision computes in
    float32, for half precision has no kernels on processors. A division becomes a multiplication by the reciprocal,
    which has an integer kernel. And the NaN of images that are not finite, which no integer can stand for, is left out.

    Args:
        directory: of the SavedModel.
        image_size: side of its input, in pixels.

    Returns:
        A function of `images`, `[n, size, size, 3]` float32, RGB in [0, 1].

    Raises:
        ConversionError: the model was exported before there was this signature.
    """
    loaded = tf.saved_model.load(os.fspath(directory))
    if IMAGES_SIGNATURE not in loaded.signatures:
        raise ConversionError(
            f'{directory} has no signature {IMAGES_SIGNATURE}, which older exports lack. Export the model again: '
            '`cafer_tf.serving.export`, or `cafer run` with the same options and another --out.'
        )
    signature = loaded.signatures[IMAGES_SIGNATURE]
    frozen = convert_to_constants.convert_variables_to_constants_v2(signature)
    graph = frozen.graph.as_graph_def()
    for change in (_in_float32, _without_division, _without_nan):
        change(graph)
    names = dict(zip(sorted(signature.structured_outputs), (tensor.name for tensor in frozen.outputs), strict=True))
    imported = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=''), [])
    pruned = imported.prune(frozen.inputs[0].name, {name: names[name] for name in OUTPUTS})

    @tf.function(input_signature=[tf.TensorSpec([None, image_size, image_size, 3], tf.float32, name=INPUT)])
    def network(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return pruned(images)

    return network


def _in_float32(graph: graph_pb2.GraphDef) -> None:
    for node in graph.node:
        for attribute in node.attr.values():
            if attribute.type in _HALF:
                attribute.type = tf.float32.as_datatype_enum
            if attribute.tensor.dtype in _HALF:
                values = tf.make_ndarray(attribute.tensor).astype(np.float32)
                attribute.tensor.CopyFrom(tf.make_tensor_proto(values))


def _without_division(graph: graph_pb2.GraphDef) -> None:
    for node in [node for node in graph.node if node.op == 'RealDiv']:
        reciprocal = graph.node.add(name=f'{node.name}/reciprocal', op='Reciprocal', input=[node.input[1]])
        reciprocal.attr['T'].CopyFrom(node.attr['T'])
        node.op = 'Mul'
        node.input[1] = reciprocal.name


def _without_nan(graph: graph_pb2.GraphDef) -> None:
    """A choice between a value and NaN becomes the value."""
    nodes = {node.name: node for node in graph.node}
    for node in graph.node:
        if node.op == 'SelectV2' and _is_nan(nodes, node.input[2]):
            node.op = 'Identity'
            del node.input[2], node.input[0]


def _is_nan(nodes: dict[str, node_def_pb2.NodeDef], name: str) -> bool:
    node = nodes[name.split(':')[0]]
    while node.op == 'Identity':
        node = nodes[node.input[0].split(':')[0]]
    return node.op == 'Const' and bool(np.isnan(tf.make_ndarray(node.attr['value'].tensor)).all())
