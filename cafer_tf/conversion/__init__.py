"""The network of an exported model for other runtimes: ONNX and TensorFlow Lite, each checked against the model.

`export_network` is the way in. What is converted is the network alone, from pixels to valence, arousal and embedding;
decoding and cropping images, and the status of each, stay with the SavedModel.
"""

from cafer_tf.conversion.errors import ConversionError
from cafer_tf.conversion.exporting import FACTS, FORMATS, check_request, export_network
from cafer_tf.conversion.representative import representative_faces
from cafer_tf.conversion.runtimes import OnnxModel, TfliteModel
from cafer_tf.conversion.text import described

__all__ = [
    'FACTS',
    'FORMATS',
    'ConversionError',
    'OnnxModel',
    'TfliteModel',
    'check_request',
    'described',
    'export_network',
    'representative_faces',
]
