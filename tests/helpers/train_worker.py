"""Run by the tests: `training.train`, as one of several workers or alone; writes the weights to a file."""

import json
import sys

import numpy as np
import tensorflow as tf

from cafer_tf import Config, training

THRESHOLD = 0.6
SGD = {'training.optimizer': 'sgd', 'training.beta_1': 0.9, 'training.schedule': 'constant'}
"""In place of Adam, which would turn the rounding of a gradient that is zero into full steps."""


class Terms(tf.keras.callbacks.Callback):
    """The terms after each step; means over the epoch so far."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[dict[str, float]] = []

    def on_train_batch_end(self, batch, logs=None):
        # The logs are those of one replica; these are of all of them.
        self.logs.append({name: float(value) for name, value in self.model.get_metrics_result().items()})


def main(path: str, config: str, train_files: str, eval_files: str, backup: str) -> None:
    terms, before = Terms(), training._callbacks
    training._callbacks = lambda *arguments: [*before(*arguments), terms]
    settings = Config.from_dict(json.loads(config)).with_changes(SGD.items())
    model = training.train(settings, THRESHOLD, [train_files], [eval_files], backup)
    networks = (model.encoder, model.head, model.critic)
    weights = {
        f'weights/{network.name}/{number}/{variable.name}': variable.numpy()
        for network in networks
        for number, variable in enumerate(network.weights)
    }
    steps = {f'steps/{term}': [log[term] for log in terms.logs] for term in terms.logs[0]}
    np.savez(path, **weights, **steps)


if __name__ == '__main__':
    main(*sys.argv[1:])
