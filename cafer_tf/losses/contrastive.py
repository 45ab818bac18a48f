"""The contrastive loss: pairs of one class are pulled together, others pushed apart to the margin."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.losses.distances import Distance, labelled, normalized, pairwise_distances, scalar
from cafer_tf.losses.mining import Reduction, average, positive_pairs, same_class


def contrastive_loss(
    labels: Any,
    embeddings: Any,
    margin: Any = 0.5,
    distance: Distance = 'l2',
    reduction: Reduction = 'mean',
    exponent: int = 1,
) -> tf.Tensor:
    """Contrastive loss over all pairs of a batch.

    `L = mean_(y_i = y_j) d_ij^p + mean_(y_i ≠ y_j) max(0, m - d_ij)^p`, the mean of each kind of its own, so that the
    many pairs of different classes do not drown the few of one class. `p = 2` is the form of the paper.

    Args:
        labels: `[n]` integers; equal ones are of one class.
        embeddings: `[n, d]`, L2-normalised inside; half precision counts as float32.
        margin: m, scalar. What gradient a tensor carries is up to the caller.
        distance: d, `l2`, `squared_l2` or `snr`, see `pairwise_distances`.
        reduction: `mean`, or `nonzero_mean` over the pairs of each kind that cost something.
        exponent: p, 1 or 2.

    Returns:
        A scalar of the embeddings' dtype, at least 0. A kind of which there are no pairs costs nothing.

    Raises:
        ValueError: shapes that do not fit, or an unknown choice.

    Example:
        >>> embeddings = tf.constant([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
        >>> loss = contrastive_loss([0, 0, 1], embeddings, margin=1.0)  # √2 apart; 1 - √.8 and 1 - √.4 to the other
        >>> round(float(loss), 4)
        1.6508

    Reference: R. Hadsell, S. Chopra and Y. LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR
    2006, which sums over pairs.
    """
    if exponent not in (1, 2):
        raise ValueError(f'exponent must be 1 or 2; it is {exponent!r}')
    labels, embeddings = labelled(labels, embeddings)
    distances = pairwise_distances(normalized(embeddings), distance)
    margin = scalar(margin, 'margin', embeddings.dtype)
    same = same_class(labels)
    if exponent == 2:
        # Imported where it is used: tensorflow-addons takes its time, and warns that its development has ended.
        import tensorflow_addons as tfa

        losses = tfa.losses.contrastive_loss(same, distances, margin)
    else:
        losses = tf.where(same, distances, tf.nn.relu(margin - distances))
    return average(losses, reduction, positive_pairs(same)) + average(losses, reduction, ~same)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class ContrastiveLoss(tf.keras.losses.Loss):
    """`contrastive_loss` as a Keras loss of class labels and embeddings. It takes no sample weights.

    Pairs are those of one replica: under a strategy `compile(loss=…)` adds the replicas' gradients up, so divide
    the rate of SGD by their number (steps of Adam do not depend on it).

    Args:
        margin: a number, or a scalar variable that the caller sets from step to step.
        distance: see `contrastive_loss`.
        reduction: see `contrastive_loss`.
        exponent: see `contrastive_loss`.
    """

    def __init__(
        self,
        margin: Any = 0.5,
        distance: Distance = 'l2',
        reduction: Reduction = 'mean',
        exponent: int = 1,
        name: str = 'contrastive_loss',
    ) -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)
        self.margin = margin
        self.distance = distance
        self.average = reduction
        self.exponent = exponent

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `contrastive_loss`."""
        return contrastive_loss(y_true, y_pred, self.margin, self.distance, self.average, self.exponent)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; of a variable margin, its present value."""
        return {
            'margin': float(self.margin),
            'distance': self.distance,
            'reduction': self.average,
            'exponent': self.exponent,
            'name': self.name,
        }
