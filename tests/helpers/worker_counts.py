"""Run by the tests: one of several workers, which add numbers up together, and print each step, without end."""

import os
import time

import tensorflow as tf

from cafer_tf import strategy

strategy._PATIENCE = float(os.environ.get('CAFER_TEST_PATIENCE', strategy._PATIENCE))
workers = strategy.choose_strategy()


@tf.function
def step(value: tf.Tensor) -> tf.Tensor:
    def total(value: tf.Tensor) -> tf.Tensor:
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value + 1.0)

    return workers.run(total, [value])


with strategy.explain_lost_workers():
    for number in range(10_000):
        step(tf.constant(1.0))
        print(f'step {number}', flush=True)
        time.sleep(0.02)
