"""Where training runs: one process with all its devices, or several that share the work."""

from __future__ import annotations

import json
import os

import tensorflow as tf


def choose_strategy() -> tf.distribute.Strategy:
    """A MultiWorkerMirroredStrategy where `TF_CONFIG` names several workers, else a MirroredStrategy over all devices.

    Several workers have to be set up before TensorFlow has run anything else.
    """
    cluster = json.loads(os.environ.get('TF_CONFIG', '{}')).get('cluster', {})
    if len([*cluster.get('chief', []), *cluster.get('worker', [])]) > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.MirroredStrategy()
