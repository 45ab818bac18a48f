"""The triplet loss of deep SNR-based metric learning (DSML)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.correlation import weighted_mean
from cafer_tf.losses.distances import labelled, normalized, pairwise_distances, scalar
from cafer_tf.losses.mining import all_triplets, average
from cafer_tf.losses.triplet import triplet_hinges


def snr_triplet_loss(
    labels: Any, embeddings: Any, margin: Any = 0.2, regularization: float = 0.005, normalize: bool = False
) -> tf.Tensor:
    """Triplet loss of the SNR distance over all triplets, with embeddings drawn to a mean of zero.

    With `S(i, j) = Var(h_i - h_j) / Var(h_i)`

    `L = mean max(0, S_ap - S_an + α) + λ mean_i |Σ_d h_id|`

    Args:
        labels: `[n]` integers; equal ones are of one class.
        embeddings: h, `[n, d]`; half precision counts as float32.
        margin: α, scalar. What gradient a tensor carries is up to the caller.
        regularization: λ, not negative.
        normalize: whether h is of unit length, in both terms.

    Returns:
        A scalar of the embeddings' dtype, at least 0.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> embeddings = tf.constant([[1.0, -1.0], [2.0, -2.0], [1.0, -1.0]])  # S_01 = 1, S_10 = ¼, S_02 = 0, S_12 = ¼
        >>> float(snr_triplet_loss([0, 0, 1], embeddings, margin=0.5))  # (1.5 + .5) / 2; every row sums to 0
        1.0

    Reference: T. Yuan et al., "Signal-to-Noise Ratio: A Robust Distance Metric for Deep Metric Learning", CVPR 2019.
    """
    labels, embeddings = labelled(labels, embeddings)
    if normalize:
        embeddings = normalized(embeddings)
    margin = scalar(margin, 'margin', embeddings.dtype)
    hinges = triplet_hinges(pairwise_distances(embeddings, 'snr'), all_triplets(labels), margin)
    return average(hinges, 'mean') + regularization * weighted_mean(tf.abs(tf.reduce_sum(embeddings, axis=-1)))


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class SnrTripletLoss(tf.keras.losses.Loss):
    """`snr_triplet_loss` as a Keras loss of class labels and embeddings. It takes no sample weights.

    Triplets are those of one replica: under a strategy `compile(loss=…)` adds the replicas' gradients up, so divide
    the rate of SGD by their number (steps of Adam do not depend on it).

    Args:
        margin: a number, or a scalar variable that the caller sets from step to step.
        regularization: see `snr_triplet_loss`.
        normalize: see `snr_triplet_loss`.
    """

    def __init__(
        self,
        margin: Any = 0.2,
        regularization: float = 0.005,
        normalize: bool = False,
        name: str = 'snr_triplet_loss',
    ) -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)
        self.margin = margin
        self.regularization = regularization
        self.normalize = normalize

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `snr_triplet_loss`."""
        return snr_triplet_loss(y_true, y_pred, self.margin, self.regularization, self.normalize)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; of a variable margin, its present value."""
        return {
            'margin': float(self.margin),
            'regularization': self.regularization,
            'normalize': self.normalize,
            'name': self.name,
        }
