"""Run by the tests, since logical devices are set before TensorFlow starts.

Trains a model of a configuration on one replica, and then on two with half of each batch, from the same weights, and
writes what it sees to a file: `<replicas>/steps/<term>` `[steps]`, `<replicas>/initial/<name>` and
`<replicas>/weights/<name>` before and after, `<replicas>/evaluation/<examples>/<term>`; and of the model before
training `<what>/<term>`, with what `batches`, or `halves` where each half of a batch counts by itself.
"""

import json
import sys

import numpy as np
import tensorflow as tf

from cafer_tf import Cafer, Config, features

BATCH = 16
STEPS = 5
UNEVEN = (17, 20, 21)
"""Numbers of examples whose last batch is 1 and no example, 2 and 2, and 3 and 2."""
THRESHOLD = 0.6
RATE = 1e-5
PEOPLE = 5
CRITIC_RATE = 1e-6
"""The gradient of the critic is some hundred times as long as those of the others."""


def make_examples(count: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Smooth images whose colours and slopes say valence and arousal, and their labels."""
    rng = np.random.default_rng(1)
    labels = rng.uniform(-0.8, 0.8, [count, 2]).astype(np.float32)
    valence, arousal = (labels[:, column, np.newaxis, np.newaxis] for column in (0, 1))
    down, across = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side), indexing='ij')
    offset = rng.uniform(-0.1, 0.1, [3, count, 1, 1])
    red = 0.5 + 0.25 * valence + 0.15 * across * arousal + offset[0]
    green = 0.5 + 0.25 * arousal + 0.15 * down * valence + offset[1]
    blue = 0.5 + 0.2 * np.cos(2 * down + 2 * valence) * np.cos(2 * across + arousal) + offset[2]
    return np.stack([red, green, blue], axis=-1).astype(np.float32), labels


def make_dataset(config: Config, images: np.ndarray, labels: np.ndarray, batch: int) -> tf.data.Dataset:
    """Batches of examples, who is shown among the targets where the model compares people."""
    targets = labels
    if config.compares_people:
        people = np.random.default_rng(2).integers(PEOPLE, size=len(labels))
        targets = {features.LABELS: labels, features.PEOPLE: people}
    return tf.data.Dataset.from_tensor_slices((images, targets)).batch(batch)


class Steps(tf.keras.callbacks.Callback):
    """The terms of each step by itself; Keras' own logs are means over the epoch so far."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[dict[str, float]] = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append(dict(logs))


def optimizer(rate: float) -> tf.keras.optimizers.Optimizer:
    return tf.keras.optimizers.SGD(rate, momentum=0.9)


def make_model(config: Config) -> Cafer:
    tf.keras.utils.set_random_seed(0)
    model = Cafer(config, THRESHOLD)
    adversarial = config.adversarial.separate_optimizer
    model.compile(
        optimizer(RATE),
        critic_optimizer=optimizer(CRITIC_RATE),
        adversarial_optimizer=optimizer(RATE) if adversarial else None,
    )
    return model


def weights(model: Cafer) -> dict[str, np.ndarray]:
    found = {
        f'{network.name}/{number}/{variable.name}': variable.numpy()
        for network in (model.encoder, model.head, model.critic)
        for number, variable in enumerate(network.weights)
    }
    if model.multiplier is not None:
        found['multiplier'] = model.multiplier.numpy()
    if model.average is not None:
        found |= {f'average/{number}': variable.numpy() for number, variable in enumerate(model.average.averages)}
    return found


def terms(model: Cafer, examples: tuple[np.ndarray, np.ndarray], batch: int) -> dict[str, float]:
    return model.evaluate(make_dataset(model.config, *examples, batch), verbose=0, return_dict=True)


def main(path: str, config: str) -> None:
    (cpu,) = tf.config.list_physical_devices('CPU')
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    tf.config.experimental.enable_op_determinism()
    settings = Config.from_dict(json.loads(config))
    images, labels = make_examples(STEPS * BATCH, settings.input.image_size)
    results = {}
    # Two strategies with several devices each would mistake each other's collectives for their own.
    for strategy in (tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])):
        with strategy.scope():
            model = make_model(settings)
        replicas = strategy.num_replicas_in_sync
        results |= {f'{replicas}/initial/{key}': value for key, value in weights(model).items()}
        if replicas == 1:
            first = (images[:BATCH], labels[:BATCH])
            for what, batch in (('batches', BATCH), ('halves', BATCH // 2)):
                results |= {f'{what}/{term}': value for term, value in terms(model, first, batch).items()}
        steps = Steps()
        model.fit(make_dataset(settings, images, labels, BATCH), callbacks=[steps], verbose=0)
        results |= {f'{replicas}/steps/{term}': [log[term] for log in steps.logs] for term in steps.logs[0]}
        results |= {f'{replicas}/weights/{key}': value for key, value in weights(model).items()}
        for count in UNEVEN:
            found = terms(model, (images[:count], labels[:count]), BATCH)
            results |= {f'{replicas}/evaluation/{count}/{term}': value for term, value in found.items()}
    np.savez(path, **results)


if __name__ == '__main__':
    main(*sys.argv[1:])
