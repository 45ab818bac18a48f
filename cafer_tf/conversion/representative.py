"""The faces by which the ranges of 8-bit integers are chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cafer_tf import input
from cafer_tf.config import Config

COUNT = 256


def representative_faces(files: Sequence[str], config: Config, count: int = COUNT) -> np.ndarray:
    """Faces evenly spread over TFRecords, as the network sees them.

    Args:
        files: paths or glob patterns; of people by whom no figure is judged.
        config: the model's.
        count: how many, at most.

    Returns:
        `[count, size, size, 3]` float32, RGB in [0, 1].

    Raises:
        InputError: no file, or no examples.
    """
    total = input.count_examples(files)
    if not total:
        raise input.InputError(f'no examples in {", ".join(files)}')
    places = np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist()
    images = input.read_images(files, places)
    return np.stack([input.preprocess(tf.constant(image), config.input).numpy() for image in images])
