"""A model small enough to train in a test, and images from which it can learn."""

import numpy as np
import tensorflow as tf

from cafer_tf import Cafer, Config

THRESHOLD = 0.7


def make_config(preset='paper', **sections):
    """A configuration for images of 32 pixels in batches of 16; each section adds to the preset's."""
    tree = Config.from_preset(preset).to_dict()
    small = {'input': {'image_size': 32}, 'network': {'head_dropout': 0.1}, 'training': {'batch_size': 16}}
    for part, values in (*small.items(), *sections.items()):
        tree[part].update(values)
    return Config.from_dict(tree)


def make_model(preset='paper', *, compile=None, run_eagerly=True, **sections):
    """A compiled model; run eagerly, because a few steps take less time than building their graph."""
    tf.keras.utils.set_random_seed(0)
    model = Cafer(make_config(preset, **sections), THRESHOLD)
    model.compile(run_eagerly=run_eagerly, **(compile or {}))
    return model


def make_data(size=32):
    """Images whose colour says valence and arousal, and labels of both groups."""
    rng = np.random.default_rng(0)
    labels = rng.uniform(-0.7, 0.7, (size, 2)).astype('float32')
    images = np.zeros([size, 32, 32, 3], np.float32)
    images[..., :2] = (labels[:, None, None] + 1) / 2
    return np.clip(images + rng.normal(0, 0.05, images.shape), 0, 1).astype('float32'), labels


def values_of(variables):
    """The variables' values, to compare later."""
    return [variable.numpy() for variable in variables]


def moved(variables, before):
    """Which variables differ from what they were."""
    return [bool((variable.numpy() != old).any()) for variable, old in zip(variables, before, strict=True)]
