"""Statistics of the whole batch, wherever its examples are: rows of all replicas, and sums over them.

Correlation, concordance, mutual information and the neighbour rule are not means over examples, so that averaging them
over replicas would change the method. Each replica therefore gathers the networks' small outputs from all of them,
computes the same loss of the global batch, and takes from it the gradient of its own rows; the sum of the gradients is
the gradient of one device with the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf


class GlobalBatch:
    """The rows of a batch that is spread over replicas; in the order of replicas, as one device would have them.

    Outside of a strategy, or with a single replica, every method returns what it is given.

    Args:
        size: scalar int32, rows on this replica; replicas may have different numbers of them.
    """

    def __init__(self, size: tf.Tensor) -> None:
        self._size = size
        context = tf.distribute.get_replica_context()
        self._context = context if context is not None and context.num_replicas_in_sync > 1 else None
        if self._context is not None:
            sizes = self._context.all_gather(tf.reshape(size, [1]), axis=0)
            replica = tf.range(self._context.num_replicas_in_sync) < self._context.replica_id_in_sync_group
            self._start = tf.reduce_sum(tf.where(replica, sizes, 0))

    def gather(self, rows: tf.Tensor) -> tf.Tensor:
        """The rows of all replicas, `[N, ...]`; the gradient is that of this replica's rows.

        No sum over replicas belongs to the gradient: each has the same loss of the gathered rows, not a share of it.

        Args:
            rows: `[n, ...]`, this replica's.
        """
        if self._context is None:
            return rows
        context = self._context

        @tf.custom_gradient
        def gathered(own: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
            # What comes straight from a data set has no device, by which several workers would find the others'.
            everything = context.all_gather(tf.identity(own), axis=0)
            # The gradient of a `tf.gather` from these rows arrives as slices.
            return tf.ensure_shape(everything, [None, *own.shape[1:]]), lambda rows: self.own(
                tf.convert_to_tensor(rows)
            )

        return gathered(rows)

    def own(self, rows: tf.Tensor) -> tf.Tensor:
        """This replica's part of the rows of all, `[N, ...]` to `[n, ...]`."""
        return rows if self._context is None else rows[self._start : self._start + self._size]


def total(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
    """Each tensor summed over all replicas."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensors
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)
