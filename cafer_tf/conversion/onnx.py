"""A network as ONNX."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cafer_tf.conversion.network import Network

OPSET = 17
"""ONNX Runtime has it from 1.12 on."""
_BATCH = 'n'


def to_onnx(network: Network, facts: Mapping[str, Any]) -> bytes:
    """Converts a network; batches of any size, images `[n, size, size, 3]` as in TensorFlow.

    Args:
        network: what `load_network` gave.
        facts: what the file says of itself, in its `metadata_props`: texts as they are, all else as JSON.

    Returns:
        The file's content, which passed ONNX's own check.
    """
    import onnx
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(network, network.input_signature, opset=OPSET)  # type: ignore[attr-defined]
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = _BATCH
    onnx.helper.set_model_props(
        model, {name: fact if isinstance(fact, str) else json.dumps(fact) for name, fact in facts.items()}
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()
