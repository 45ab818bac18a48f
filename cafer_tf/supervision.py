"""What encoder and head learn from the targets of a batch: the configured terms, from the encoder's features.

Every function takes the features of this replica and the targets of all replicas (see `replicas`); its terms are those
of the global batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import tensorflow as tf

from cafer_tf import features
from cafer_tf.losses import (
    choose_people,
    detection_terms,
    face_matches,
    free_of_shift,
    identity_shifts,
    matched_regression_loss,
    read_at_face,
    regression_loss_terms,
    similarity_contrast,
    view_separation_loss,
    views,
    warm_up,
)
from cafer_tf.networks import default_boxes, statistics_kept
from cafer_tf.replicas import GlobalBatch
from cafer_tf.targets import Targets

if TYPE_CHECKING:
    from cafer_tf.model import Cafer

Terms = dict[str, tf.Tensor]


class Supervised(NamedTuple):
    """What the head made of a batch.

    Attributes:
        predictions: `[n, 2]` float32, of this replica.
        terms: scalars by name, of all replicas; encoder and head minimise their sum.
    """

    predictions: tf.Tensor
    terms: Terms


def regress(head: tf.keras.Model, embedding: tf.Tensor, training: bool) -> tf.Tensor:
    """Valence and arousal `[n, 2]` float32; kept within [-1, 1] outside training.

    Args:
        head: the AV head.
        embedding: `[n, d]`.
        training: whether layers are in training mode.
    """
    predictions = tf.cast(head(embedding, training=training), tf.float32)
    return predictions if training else tf.clip_by_value(predictions, features.LABEL_MIN, features.LABEL_MAX)


def supervise(model: Cafer, embedding: tf.Tensor, targets: Targets, batch: GlobalBatch, training: bool) -> Supervised:
    """The head's predictions, and the terms of the configured loss of valence and arousal.

    A network that finds the face itself learns valence and arousal where the face is, and learns to find it; its
    predictions are those where it does find one.

    Args:
        model: the networks.
        embedding: `[n, d]`, the encoder's features of this replica.
        targets: of all replicas.
        batch: what gathers.
        training: whether layers are in training mode.
    """
    predictions = regress(model.head, embedding, training)
    if model.config.finds_faces:
        boxes = default_boxes(model.config.input.image_size)
        outputs = batch.gather(tf.cast(embedding, tf.float32))
        judged = read_at_face(outputs, face_matches(targets.boxes, boxes))
        found = detection_terms(outputs, targets.boxes, boxes)
    else:
        judged, found = batch.gather(predictions), {}
    settings = model.config.training
    terms = regression_loss_terms(targets.labels, judged, settings.loss, settings.ddof)
    return Supervised(predictions, {f'{name}_loss': term for name, term in terms.items()} | found)


def view_terms(model: Cafer, embedding: tf.Tensor, predictions: tf.Tensor, batch: GlobalBatch) -> Terms:
    """The contrast of two views of the embedding (`similarity.weight`), and what keeps the views apart.

    Args:
        model: the networks; `projector` takes the views to the plane of valence and arousal.
        embedding: `[n, d]`, of this replica.
        predictions: `[n, 2]`, of this replica.
        batch: what gathers.
    """
    assert model.projector is not None  # there is one where `similarity.weight` is above 0
    embedding = tf.cast(embedding, tf.float32)
    projected = [model.projector(view, training=True) for view in (embedding, *views(embedding))]
    planes, hidden = zip(*projected, strict=True)
    contrast = similarity_contrast(batch.gather(predictions), *map(batch.gather, planes[1:]))
    return {
        'similarity_loss': -model.config.similarity.weight * contrast,
        'separation_loss': view_separation_loss(*map(batch.gather, hidden)),
    }


def matching_terms(model: Cafer, embedding: tf.Tensor, targets: Targets, batch: GlobalBatch, step: tf.Tensor) -> Terms:
    """The regression of embeddings that are freed of each person's shift (`matching.weight`).

    Args:
        model: the networks.
        embedding: `[n, d]`, of this replica.
        targets: of all replicas, with people.
        batch: what gathers.
        step: of training, from 0.
    """
    settings = model.config.matching
    every = batch.gather(tf.cast(embedding, tf.float32))
    seed = tf.stack([tf.constant(model.config.training.seed, tf.int64), tf.cast(step, tf.int64)])
    reference, chosen = choose_people(targets.people, settings.people, seed)
    shifts = identity_shifts(
        every, targets.people, reference, chosen, sharpness=settings.sharpness, iterations=settings.iterations
    )
    is_other = chosen & (targets.people != reference)
    freed = tf.where(is_other[:, tf.newaxis], free_of_shift(every, shifts), every)
    # Features that prediction never sees are none of the head's moving statistics.
    with statistics_kept():
        freed_predictions = model.head(batch.own(freed), training=True)
    predictions = batch.gather(tf.cast(freed_predictions, tf.float32))
    loss = matched_regression_loss(targets.labels, predictions, targets.people, chosen)
    return {'matching_loss': settings.weight * warm_up(step, settings.start, settings.full) * loss}
