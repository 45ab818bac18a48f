"""What the model is given of a batch."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf import features
from cafer_tf.config import Config


def unpack(data: Any, config: Config) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """Images, labels and, where the critic compares them, people.

    Args:
        data: of Keras' `train_step`: `(images, labels)`, or `(images, {'labels': labels, 'people': people})`.
        config: `adversarial`, which says whether people are compared.

    Returns:
        Images and labels in float32, and people as they are, or None.

    Raises:
        ValueError: other data.
    """
    images, targets, weights = tf.keras.utils.unpack_x_y_sample_weight(data)
    if targets is None:
        raise ValueError('Cafer trains and tests on (images, labels); the data set yields images alone')
    if weights is not None:
        raise ValueError('Cafer takes no sample weights: its losses are statistics of the whole batch')
    people = None
    if config.adversarial.compares_people:
        if not isinstance(targets, dict) or set(targets) != {features.LABELS, features.PEOPLE}:
            raise ValueError(
                'with adversarial.pairs person, Cafer trains and tests on '
                f"(images, {{'{features.LABELS}': labels, '{features.PEOPLE}': integers}})"
            )
        targets, people = targets[features.LABELS], targets[features.PEOPLE]
    return tf.cast(images, tf.float32), tf.cast(targets, tf.float32), people
