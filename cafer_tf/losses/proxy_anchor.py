"""The proxy-anchor loss: a learned proxy for each class, compared with the whole batch."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.correlation import as_dtype
from cafer_tf.losses.distances import in_classes, labelled, normalized, scalar


def proxy_anchor_loss(labels: Any, embeddings: Any, proxies: Any, margin: Any = 0.1, scale: float = 32.0) -> tf.Tensor:
    """Proxy-anchor loss of a batch.

    With the cosine similarity s of embeddings and proxies, P all proxies and P⁺ those with an embedding of their class
    in the batch,

    `L = 1/|P⁺| Σ_(p ∈ P⁺) log(1 + Σ_(x of p) exp(-a (s - δ))) + 1/|P| Σ_(p ∈ P) log(1 + Σ_(other x) exp(a (s + δ)))`

    Args:
        labels: `[n]` integers, which proxy is that of the embedding's class.
        embeddings: `[n, d]`, L2-normalised inside; half precision counts as float32.
        proxies: `[classes, d]`, L2-normalised inside and cast to the embeddings' dtype; variables are learned.
        margin: δ, scalar. What gradient a tensor carries is up to the caller.
        scale: a, positive.

    Returns:
        A scalar of the embeddings' dtype, at least 0.

    Raises:
        ValueError: shapes that do not fit.
        tf.errors.InvalidArgumentError: a label without a proxy.

    Example:
        >>> loss = proxy_anchor_loss([0], tf.constant([[1.0, 0.0]]), tf.eye(2), margin=0.0, scale=1.0)
        >>> round(float(loss), 4)  # log(1 + 1/e) + ½ log(1 + 1)
        0.6598

    Reference: S. Kim et al., "Proxy Anchor Loss for Deep Metric Learning", CVPR 2020.
    """
    labels, embeddings = labelled(labels, embeddings)
    proxies = as_dtype(proxies, embeddings.dtype)
    if not proxies.shape.is_compatible_with([None, embeddings.shape[-1]]):
        raise ValueError(f'proxies must have shape [classes, {embeddings.shape[-1]}]; theirs is {proxies.shape}')
    margin = scalar(margin, 'margin', embeddings.dtype)
    similarity = tf.matmul(normalized(embeddings), normalized(proxies), transpose_b=True)
    classes = tf.shape(proxies)[0]
    own = tf.one_hot(in_classes(labels, classes), classes, on_value=True, off_value=False, dtype=tf.bool)
    attraction = _log_one_plus_sum(-scale * (similarity - margin), own)
    repulsion = _log_one_plus_sum(scale * (similarity + margin), ~own)
    present = tf.reduce_sum(tf.cast(tf.reduce_any(own, axis=0), similarity.dtype))
    return tf.math.divide_no_nan(tf.reduce_sum(attraction), present) + tf.reduce_mean(repulsion)


def _log_one_plus_sum(exponents: tf.Tensor, counted: tf.Tensor) -> tf.Tensor:
    """`log(1 + Σ exp)` of each column's counted entries: 1 is the exponential of a row of zeros."""
    exponents = tf.where(counted, exponents, exponents.dtype.min)
    return tf.reduce_logsumexp(tf.pad(exponents, [[1, 0], [0, 0]]), axis=0)


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class ProxyAnchorLoss(tf.keras.losses.Loss):
    """`proxy_anchor_loss` as a Keras loss of class labels and embeddings, with the proxies as variables to learn.

    It takes no sample weights. Keras trains a model's variables, of which those of a loss are none: see
    `trainable_variables`.

    Its batch is that of one replica: under a strategy `compile(loss=…)` adds the replicas' gradients up, so divide the
    rate of SGD by their number (steps of Adam do not depend on it).

    Args:
        classes: number of classes, each with a proxy.
        dimension: d, of the embeddings.
        margin: a number, or a scalar variable that the caller sets from step to step.
        scale: see `proxy_anchor_loss`.

    Attributes:
        proxies: the variable, `[classes, d]`, at first normal with variance `2 / classes`, as in the authors' code.
    """

    def __init__(
        self, classes: int, dimension: int, margin: Any = 0.1, scale: float = 32.0, name: str = 'proxy_anchor_loss'
    ) -> None:
        super().__init__(name=name, reduction=tf.keras.losses.Reduction.NONE)
        self.classes = classes
        self.dimension = dimension
        self.margin = margin
        self.scale = scale
        initializer = tf.keras.initializers.RandomNormal(stddev=(2 / classes) ** 0.5)
        self.proxies = tf.Variable(initializer([classes, dimension]), name='proxies')

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """The proxies. They learn best at about 100 times the rate of the model, so with an optimizer of their own.

        In a training step that is one more `proxy_optimizer.minimize(loss, trainable_variables, tape)`;
        `model.proxies = loss.proxies` lets `fit` train them at the model's rate.
        """
        return [self.proxies]

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """See `proxy_anchor_loss`."""
        return proxy_anchor_loss(y_true, y_pred, self.proxies, self.margin, self.scale)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; of a variable margin, its present value. What was learned is not in it."""
        return {
            'classes': self.classes,
            'dimension': self.dimension,
            'margin': float(self.margin),
            'scale': self.scale,
            'name': self.name,
        }
