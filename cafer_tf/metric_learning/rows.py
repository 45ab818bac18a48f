"""The rows of the benchmark: five losses, each with its static and with the adaptive margin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from cafer_tf import losses
from cafer_tf.losses.distances import normalized
from cafer_tf.losses.mining import same_class
from cafer_tf.margins import adaptive_margin

LOSSES: Mapping[str, str] = {
    'contrastive': 'Contrastive',
    'triplet': 'Triplet semi-hard',
    'margin': 'Margin',
    'dsml': 'DSML',
    'proxy_anchor': 'Proxy-Anchor',
}
"""The losses, and what they are called in tables."""
_SUFFIX = '_adaptive'
# What is between two embeddings at right angles: more than that cannot be kept between many classes.
_CEILINGS = {'contrastive': 2**0.5, 'triplet': 2.0, 'dsml': 2.0, 'proxy_anchor': 1.0}


class Row(NamedTuple):
    """A loss with one of the two margins."""

    loss: str
    adaptive: bool

    @property
    def name(self) -> str:
        """Such as `triplet` and `triplet_adaptive`."""
        return self.loss + _SUFFIX * self.adaptive

    @property
    def title(self) -> str:
        """What it is called in tables."""
        return LOSSES[self.loss] + ' with α̂' * self.adaptive


ROWS: Mapping[str, Row] = {row.name: row for loss in LOSSES for row in (Row(loss, False), Row(loss, True))}
"""The rows by name, in the order of the table."""


def class_margin(labels: Any, embeddings: Any, neighbours: int, constant: float = 1.0) -> tf.Tensor:
    """The adaptive margin of a batch of labelled embeddings, `α̂ = -½ log(1 - η²) + (1 / (2K)) log(N / c)`.

    η is the correlation of the entries of unit embeddings over all pairs of *different* classes. That is the nearest
    counterpart of the critic's margin, which pairs strong outputs with weak ones, so the two groups that a margin is to
    keep apart: while the embeddings of different classes still resemble each other, information is high, and they are
    pushed further apart; once they are unrelated, Δ is what remains. (Over pairs of one class, the margin would grow
    without bound as the loss does its work.) No gradient flows through.

    Args:
        labels: `[n]` integers; equal ones are of one class.
        embeddings: `[n, d]`, L2-normalised inside, float32 or float64. N is n.
        neighbours: K, at least 1.
        constant: c, in (0, n].

    Returns:
        A scalar; Δ where all rows are of one class.

    Example:
        >>> embeddings = tf.constant([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])  # η = -1/3, Δ = log(2) / 8
        >>> round(float(class_margin([0, 1], embeddings, neighbours=4)), 4)
        0.1455

    Reference: D. H. Kim and B. C. Song, AAAI 2021, whose poster does not say what η is taken of here.
    """
    embeddings = tf.stop_gradient(normalized(tf.convert_to_tensor(embeddings)))
    pairs = tf.where(~same_class(tf.convert_to_tensor(labels)))
    first, second = tf.gather(embeddings, pairs[:, 0]), tf.gather(embeddings, pairs[:, 1])
    size = embeddings.shape[0] or tf.shape(embeddings)[0]
    return adaptive_margin(first, second, batch_size=size, constant=constant, neighbours=neighbours).margin


class Objective:
    """The loss of a row, with its margin and with the variables that are its own.

    Args:
        row: which one.
        classes: classes to train on, numbered from 0.
        dimension: d, of the embeddings.
        margin: the static margin.
        neighbours: K of the adaptive margin.
        constant: c of the adaptive margin.
    """

    def __init__(self, row: Row, classes: int, dimension: int, margin: float, neighbours: int, constant: float) -> None:
        self._row = row
        self._margin = margin
        self._neighbours = neighbours
        self._constant = constant
        self._learned: Any = {
            'margin': lambda: losses.MarginLoss(classes=classes),
            'proxy_anchor': lambda: losses.ProxyAnchorLoss(classes, dimension),
        }.get(row.loss, lambda: None)()

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """β or the proxies; none where the loss has nothing to learn."""
        return [] if self._learned is None else self._learned.trainable_variables

    def __call__(self, labels: tf.Tensor, embeddings: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The loss and the margin of a batch, both scalars.

        Args:
            labels: `[n]` integers, numbers of classes.
            embeddings: `[n, d]`.
            seed: `[2]` integers, of the draw of triplets.
        """
        margin = self._margin_of(labels, embeddings)
        return _LOSSES[self._row.loss](labels, embeddings, margin, self._learned, seed), margin

    def _margin_of(self, labels: tf.Tensor, embeddings: tf.Tensor) -> tf.Tensor:
        if not self._row.adaptive:
            return tf.constant(self._margin, embeddings.dtype)
        margin = class_margin(labels, embeddings, self._neighbours, self._constant)
        if self._row.loss == 'margin':
            # With a margin of β nothing would be near enough; up to half of it leaves positives room. The loss grows
            # with the margin, so that a gradient through the bound would pull the smallest β down to 0 step by step.
            bound = tf.stop_gradient(tf.reduce_min(self._learned.beta)) / 2
            return tf.minimum(margin, tf.maximum(bound, 0))
        return tf.minimum(margin, _CEILINGS[self._row.loss])


def _contrastive(labels: Any, embeddings: Any, margin: Any, _: Any, __: Any) -> tf.Tensor:
    return losses.contrastive_loss(labels, embeddings, margin, exponent=2)


def _triplet(labels: Any, embeddings: Any, margin: Any, _: Any, __: Any) -> tf.Tensor:
    return losses.triplet_semihard_loss(labels, embeddings, margin, distance='squared_l2')


def _margin(labels: Any, embeddings: Any, margin: Any, learned: Any, seed: Any) -> tf.Tensor:
    farthest = tf.gather(learned.beta, labels) + margin
    triplets = losses.distance_weighted_triplets(normalized(embeddings), labels, seed, farthest=farthest)
    return losses.margin_loss(labels, embeddings, margin, learned.beta, triplets)


def _dsml(labels: Any, embeddings: Any, margin: Any, _: Any, __: Any) -> tf.Tensor:
    return losses.snr_triplet_loss(labels, embeddings, margin)


def _proxy_anchor(labels: Any, embeddings: Any, margin: Any, learned: Any, _: Any) -> tf.Tensor:
    return losses.proxy_anchor_loss(labels, embeddings, learned.proxies, margin, learned.scale)


_LOSSES: Mapping[str, Callable[..., tf.Tensor]] = {
    'contrastive': _contrastive,
    'triplet': _triplet,
    'margin': _margin,
    'dsml': _dsml,
    'proxy_anchor': _proxy_anchor,
}
