"""A trained model to a SavedModel, with what is needed to use it."""

from __future__ import annotations

import json
import os
import pathlib

import tensorflow as tf

from cafer_tf.model import Cafer
from cafer_tf.serving import warm_up
from cafer_tf.serving.servable import Servable
from cafer_tf.version import __version__

IMAGE_BYTES_SIGNATURE = 'serving_default'
EXAMPLES_SIGNATURE = 'examples'
IMAGES_SIGNATURE = 'images'
METADATA = pathlib.PurePath('assets.extra', 'cafer.json')
"""The file of a model that holds its threshold and its configuration."""


def export(model: Cafer, directory: str | os.PathLike[str]) -> pathlib.Path:
    """Writes the model as a SavedModel with its signatures and metadata.

    Signatures: `serving_default` (`image_bytes`: JPEG or PNG), `examples` (serialised `tf.Example`) and `images`
    (pixels as `cafer_tf.input.preprocess` makes them, `[n, size, size, 3]` float32), each answering `valence`,
    `arousal` (in [-1, 1]) and `intensity` (in [0, sqrt(2)]), `[n, 1]` float32, and `status`, `[n, 1]` int32: its name
    is in `STATUSES`, and where it is not 0, the numbers are NaN. `images` and `examples` answer `embedding` too, the
    encoder's features, `[n, d]` float32. The requests by which TensorFlow Serving warms up are written beside them
    (`warm_up`).

    Args:
        model: the trained model.
        directory: where to write; it must not hold a model yet.
    """
    directory = pathlib.Path(directory)
    servable = Servable(model)
    signatures = {
        IMAGE_BYTES_SIGNATURE: servable.image_bytes,
        EXAMPLES_SIGNATURE: servable.examples,
        IMAGES_SIGNATURE: servable.images,
    }
    tf.saved_model.save(servable, str(directory), signatures=signatures)
    warm_up.write(directory, signatures)
    metadata = directory / METADATA
    metadata.parent.mkdir(exist_ok=True)
    facts = {'cafer_tf': __version__, 'threshold': model.threshold, 'config': model.config.to_dict()}
    metadata.write_text(json.dumps(facts, indent=2) + '\n', encoding='utf-8')
    return directory
