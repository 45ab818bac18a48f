"""What the model is given of a batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from cafer_tf import features
from cafer_tf.config import Config


class Targets(NamedTuple):
    """What a batch teaches.

    Attributes:
        labels: `[n, 2]` float32, valence first.
        people: `[n]` integers, a number for each person, where the model compares them; or None.
        boxes: `[n, 3]` float32, of the faces, where the model finds them (see `features.BOXES`); or None.
    """

    labels: tf.Tensor
    people: tf.Tensor | None = None
    boxes: tf.Tensor | None = None


def unpack(data: Any, config: Config, training: bool) -> tuple[tf.Tensor, Targets]:
    """Images and targets.

    Args:
        data: of Keras' `train_step`: `(images, labels)`, or `(images, {'labels': labels, ...})` with `people` or
            `boxes` where the model needs them.
        config: what the model needs.
        training: whether it is to learn from them; people that are matched are not matched again to judge.

    Returns:
        Images in float32, and targets.

    Raises:
        ValueError: other data.
    """
    images, targets, weights = tf.keras.utils.unpack_x_y_sample_weight(data)
    if targets is None:
        raise ValueError('Cafer trains and tests on (images, labels); the data set yields images alone')
    if weights is not None:
        raise ValueError('Cafer takes no sample weights: its losses are statistics of the whole batch')
    compares = config.compares_people if training else config.adversarial.compares_people
    needed = {features.PEOPLE: compares, features.BOXES: config.finds_faces}
    named = targets if isinstance(targets, dict) else {features.LABELS: targets}
    expected = [features.LABELS, *(name for name, is_needed in needed.items() if is_needed)]
    if not set(expected) <= set(named) <= {*expected, *([features.PEOPLE] if config.compares_people else [])}:
        form = ', '.join(f"'{name}': {name}" for name in expected)
        raise ValueError(
            f'with this configuration, Cafer trains and tests on (images, {{{form}}}); the data set yields images and '
            f'{", ".join(named)}'
        )
    labels, people, boxes = (named.get(name) for name in (features.LABELS, features.PEOPLE, features.BOXES))
    return tf.cast(images, tf.float32), Targets(
        tf.cast(labels, tf.float32), people, None if boxes is None else tf.cast(boxes, tf.float32)
    )
