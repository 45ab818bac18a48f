"""Files of other runtimes, asked as `Predictor.embed` is."""

from __future__ import annotations

import os
from collections.abc import Callable

import joblib
import numpy as np
import tensorflow as tf

from cafer_tf import features
from cafer_tf.conversion.network import INPUT, OUTPUTS
from cafer_tf.serving import EMBEDDING, IMAGES_SIGNATURE, Embedded

Model = Callable[[np.ndarray], Embedded]
"""From images `[n, size, size, 3]`, RGB in [0, 1], to predictions and embeddings."""


class OnnxModel:
    """An ONNX file in ONNX Runtime, on the processor, with as many threads as that takes by itself.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(os.fspath(path), providers=['CPUExecutionProvider'])

    def __call__(self, images: np.ndarray) -> Embedded:
        """What the network says of images."""
        return _embedded(
            dict(zip(OUTPUTS, self._session.run(OUTPUTS, {INPUT: images.astype(np.float32)}), strict=True))
        )


class TfliteModel:
    """A TensorFlow Lite file in its interpreter, on all processors that the process may use.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._interpreter = tf.lite.Interpreter(os.fspath(path), num_threads=joblib.cpu_count())
        runner = self._interpreter.get_signature_runner(IMAGES_SIGNATURE)
        self._input = runner.get_input_details()[INPUT]['index']
        self._outputs = {name: detail['index'] for name, detail in runner.get_output_details().items()}
        self._batch = 0

    def __call__(self, images: np.ndarray) -> Embedded:
        """What the network says of images."""
        # The signature's own runner prepares the kernels for every call, which costs more than a call of an image.
        if self._batch != len(images):
            self._interpreter.resize_tensor_input(self._input, images.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(images)
        self._interpreter.set_tensor(self._input, images.astype(np.float32))
        self._interpreter.invoke()
        return _embedded({name: self._interpreter.get_tensor(index) for name, index in self._outputs.items()})


def _embedded(answers: dict[str, np.ndarray]) -> Embedded:
    return Embedded(np.concatenate([answers[name] for name in features.OUTPUTS], axis=1), answers[EMBEDDING])
