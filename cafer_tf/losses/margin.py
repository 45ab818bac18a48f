"""The margin loss: a learned boundary between the distances within and between classes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.correlation import as_dtype
from cafer_tf.losses.distances import in_classes, labelled, normalized, pairwise_distances, scalar
from cafer_tf.losses.mining import all_triplets, checked_triplets, triplet_distances


def margin_loss(
    labels: Any, embeddings: Any, margin: Any = 0.2, beta: Any = 1.2, triplets: Any | None = None
) -> tf.Tensor:
    """Margin loss: positives nearer than the boundary β, negatives further away, each by the margin.

    With `p = max(0, d_ap - β + α)` and `q = max(0, β - d_an + α)` of each triplet, the loss is `(Σ p + Σ q)` over how
    many of all p and q are above 0. d is the L2 distance, β the boundary of the anchor's class. A margin of β or more
    asks of positives what no distance can satisfy. The paper's regularisation of β is not part of it.

    Args:
        labels: `[n]` integers; equal ones are of one class. With a β for each class they are its numbers, from 0.
        embeddings: `[n, d]`, L2-normalised inside; half precision counts as float32.
        margin: α, scalar. What gradient a tensor carries is up to the caller.
        beta: β, a scalar or `[classes]`; a variable is learned.
        triplets: `[t, 3]`, rows of anchor, positive and negative; `all_triplets` where none are given.

    Returns:
        A scalar of the embeddings' dtype, at least 0; 0 where there is no triplet.

    Raises:
        ValueError: shapes that do not fit.
        tf.errors.InvalidArgumentError: a label that is no row of a `[classes]` β.

    Example:
        >>> embeddings = tf.constant([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])  # d_01 = √.8, d_02 = √2, d_12 = √.4
        >>> round(float(margin_loss([0, 0, 1], embeddings)), 4)  # only q of the triplet (1, 0, 2) costs: 1.4 - √.4
        0.7675

    Reference: C.-Y. Wu et al., "Sampling Matters in Deep Embedding Learning", ICCV 2017.
    """
    labels, embeddings = labelled(labels, embeddings)
    margin = scalar(margin, 'margin', embeddings.dtype)
    triplets = checked_triplets(all_triplets(labels) if triplets is None else triplets)
    positive, negative = triplet_distances(pairwise_distances(normalized(embeddings)), triplets)
    beta = as_dtype(beta, embeddings.dtype)
    if beta.shape.rank not in (0, 1):
        raise ValueError(f'beta must be a scalar or [classes]; its shape is {beta.shape}')
    if beta.shape.rank == 1:
        classes = tf.shape(beta)[0]
        # A product, not a look-up, so that the gradient of β is a tensor, not slices of one.
        rows = tf.linalg.matvec(tf.one_hot(in_classes(labels, classes), classes, dtype=beta.dtype), beta)
        beta = tf.gather(rows, triplets[:, 0])
    costs = tf.concat([tf.nn.relu(positive - beta + margin), tf.nn.relu(beta - negative + margin)], axis=0)
    return tf.math.divide_no_nan(tf.reduce_sum(costs), tf.reduce_sum(tf.cast(costs != 0, costs.dtype)))


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class MarginLoss(tf.keras.losses.Loss):
    """`margin_loss` as a Keras loss of class labels and embeddings, with the boundary β as a variable to learn.

    It takes no sample weights. Keras trains a model's variables, of which those of a loss are none: see
    `trainable_variables`.

    Triplets are those of one replica: under a strategy `compile(loss=…)` adds the replicas' gradients up, so divide
    the rate of SGD by their number (steps of Adam do not depend on it).

    Args:
        margin: a number, or a scalar variable that the caller sets from step to step.
        beta: β at the start.
        classes: number of classes, each with a β of its own; one β for all where none is given.

    Attributes:
        beta: the variable, a scalar or `[classes]`.
    """

    def __init__(
        self, margin: Any = 0.2, beta: float = 1.2, classes: int | None = None, name: str = 'margin_loss'
    ) -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)
        self.margin = margin
        self.first_beta = beta
        self.classes = classes
        self.beta = tf.Variable(tf.fill([] if classes is None else [classes], float(beta)), name='beta')

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """β. `model.beta = loss.beta` lets `fit` train it with the model; a second optimizer gives it its own rate."""
        return [self.beta]

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `margin_loss`."""
        return margin_loss(y_true, y_pred, self.margin, self.beta)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; of a variable margin, its present value. What was learned is not in it."""
        return {
            'margin': float(self.margin),
            'beta': self.first_beta,
            'classes': self.classes,
            'name': self.name,
        }
