"""The triplet loss: a negative is further away than the positive, by the margin."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.losses.distances import Distance, labelled, normalized, pairwise_distances, scalar
from cafer_tf.losses.mining import Reduction, average, checked_triplets, semihard_triplets, triplet_distances


def triplet_semihard_loss(
    labels: Any,
    embeddings: Any,
    margin: Any = 0.2,
    distance: Distance = 'l2',
    reduction: Reduction = 'nonzero_mean',
    triplets: Any | None = None,
) -> tf.Tensor:
    """Triplet loss over the semi-hard triplets of a batch, or over triplets that are given.

    `L = mean max(0, d_ap - d_an + α)` over the triplets with `0 < d_an - d_ap <= α`, all of them: unlike the loss of
    tensorflow-addons, which takes the nearest one for each positive.

    Args:
        labels: `[n]` integers; equal ones are of one class.
        embeddings: `[n, d]`, L2-normalised inside; half precision counts as float32.
        margin: α, scalar, by which triplets are chosen too. What gradient a tensor carries is up to the caller.
        distance: d, `l2`, `squared_l2` (the paper's) or `snr`, see `pairwise_distances`.
        reduction: `nonzero_mean` over the triplets that cost something, or `mean`.
        triplets: `[t, 3]`, rows of anchor, positive and negative, such as those of `all_triplets`; semi-hard ones are
            chosen where none are given.

    Returns:
        A scalar of the embeddings' dtype, at least 0; 0 where there is no triplet.

    Raises:
        ValueError: shapes that do not fit, or an unknown choice.

    Example:
        >>> embeddings = tf.constant([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]])  # d² of row 0: .4 to row 1, .8 to row 2
        >>> round(float(triplet_semihard_loss([0, 0, 1], embeddings, margin=0.5, distance='squared_l2')), 4)
        0.1

    Reference: F. Schroff, D. Kalenichenko and J. Philbin, "FaceNet: A Unified Embedding for Face Recognition and
    Clustering", CVPR 2015.
    """
    labels, embeddings = labelled(labels, embeddings)
    distances = pairwise_distances(normalized(embeddings), distance)
    margin = scalar(margin, 'margin', embeddings.dtype)
    if triplets is None:
        triplets = semihard_triplets(labels, distances, margin)
    return average(triplet_hinges(distances, checked_triplets(triplets), margin), reduction)


def triplet_hinges(distances: tf.Tensor, triplets: tf.Tensor, margin: tf.Tensor) -> tf.Tensor:
    """`max(0, d_ap - d_an + α)` of each triplet.

    Args:
        distances: `[n, n]`.
        triplets: `[t, 3]`.
        margin: α, scalar.

    Returns:
        `[t]`, not negative.
    """
    positive, negative = triplet_distances(distances, triplets)
    return tf.nn.relu(positive - negative + margin)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class TripletSemihardLoss(tf.keras.losses.Loss):
    """`triplet_semihard_loss` as a Keras loss of class labels and embeddings. It takes no sample weights.

    Triplets are those of one replica: under a strategy `compile(loss=…)` adds the replicas' gradients up, so divide
    the rate of SGD by their number (steps of Adam do not depend on it).

    Args:
        margin: a number, or a scalar variable that the caller sets from step to step.
        distance: see `triplet_semihard_loss`.
        reduction: see `triplet_semihard_loss`.
    """

    def __init__(
        self,
        margin: Any = 0.2,
        distance: Distance = 'l2',
        reduction: Reduction = 'nonzero_mean',
        name: str = 'triplet_semihard_loss',
    ) -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)
        self.margin = margin
        self.distance = distance
        self.average = reduction

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `triplet_semihard_loss`."""
        return triplet_semihard_loss(y_true, y_pred, self.margin, self.distance, self.average)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; of a variable margin, its present value."""
        return {
            'margin': float(self.margin),
            'distance': self.distance,
            'reduction': self.average,
            'name': self.name,
        }
