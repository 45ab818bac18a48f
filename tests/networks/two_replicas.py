"""Run by the tests in a process of its own, since logical devices are set before TensorFlow starts.

Computes on one replica and on two, each with half of the batch, and writes `<replicas>/<name>` to the file of its
argument.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from cafer_tf.networks import build_critic, build_encoder, build_head

BATCH = 16


def run(strategy: tf.distribute.Strategy, step: Callable[..., Any], batch: np.ndarray, times: int = 1) -> np.ndarray:
    """What the last call of `step` returns for the whole batch, inside `tf.function`, each replica having its part."""
    parts = np.split(batch, strategy.num_replicas_in_sync)
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )
    function = tf.function(lambda batch: strategy.run(step, [batch]))
    for _ in range(times):
        outputs = function(values)
    return np.concatenate([part.numpy() for part in strategy.experimental_local_results(outputs)])


def batch_normalization(strategy: tf.distribute.Strategy) -> dict[str, np.ndarray]:
    results = {}
    images = np.random.default_rng(0).random([BATCH, 64, 64, 3], dtype=np.float32)
    for name in ('compact', 'resnet18'):
        tf.keras.utils.set_random_seed(0)
        with strategy.scope():
            encoder = build_encoder(name, 64)
        results[f'{name}/outputs'] = run(strategy, lambda batch, encoder=encoder: encoder(batch, training=True), images)
        for variable in encoder.non_trainable_variables:
            results[f'{name}/{variable.name}'] = variable.numpy()
    return results


def dropout(strategy: tf.distribute.Strategy, folder: str) -> dict[str, np.ndarray]:
    tf.keras.utils.set_random_seed(0)
    with strategy.scope():
        head = build_head(32)
    features = np.tile(np.linspace(-1, 1, 32, dtype=np.float32), [BATCH, 1])

    def masks() -> np.ndarray:
        return run(strategy, lambda batch: head.layers[0](batch, training=True), features) != 0

    first = masks()
    saved = tf.train.Checkpoint(model=head).save(f'{folder}/checkpoint-{strategy.num_replicas_in_sync}')
    second = masks()
    tf.train.Checkpoint(model=head).restore(saved).assert_consumed()
    return {'masks/first': first, 'masks/second': second, 'masks/restored': masks()}


def spectral_normalization(strategy: tf.distribute.Strategy) -> dict[str, np.ndarray]:
    results = {}
    features = np.random.default_rng(0).normal(size=[BATCH, 24]).astype(np.float32)
    for precision in ('float32', 'mixed_float16', 'mixed_bfloat16'):
        tf.keras.mixed_precision.set_global_policy(precision)
        tf.keras.utils.set_random_seed(0)
        with strategy.scope():
            critic = build_critic(24, dropout=0.0, spectral_normalization=True)
            optimizer = tf.keras.optimizers.SGD(1e-3)
            optimizer.build(critic.trainable_variables)

        def step(batch, critic=critic, optimizer=optimizer):
            with tf.GradientTape() as tape:
                outputs = critic(batch, training=True)
                loss = tf.reduce_sum(outputs**2) / BATCH
            gradients = tape.gradient(loss, critic.trainable_variables)
            optimizer.apply_gradients(zip(gradients, critic.trainable_variables, strict=True))
            return outputs

        results[f'critic/{precision}/outputs'] = run(strategy, step, features, times=100)
        for layer in (layer for layer in critic.layers if hasattr(layer, 'layer')):
            kernels = [part.numpy() for part in strategy.experimental_local_results(layer.layer.kernel)]
            np.testing.assert_array_equal(kernels[0], kernels[-1])
            results[f'critic/{precision}/{layer.name}'] = kernels[0]
    tf.keras.mixed_precision.set_global_policy('float32')
    return results


def main(path: str, folder: str) -> None:
    (cpu,) = tf.config.list_physical_devices('CPU')
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    tf.config.experimental.enable_op_determinism()
    results = {}
    for devices in (['CPU:0'], ['CPU:0', 'CPU:1']):
        strategy = tf.distribute.MirroredStrategy(devices)
        found = batch_normalization(strategy) | dropout(strategy, folder) | spectral_normalization(strategy)
        results |= {f'{len(devices)}/{name}': value for name, value in found.items()}
    np.savez(path, **results)


if __name__ == '__main__':
    main(*sys.argv[1:])
