"""One row of the benchmark, trained with one seed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from cafer_tf.metric_learning import augmentation
from cafer_tf.metric_learning.data import ClassData, ClassImages, balanced_batches, part_classes
from cafer_tf.metric_learning.networks import EMBEDDING_LAYER, build_network
from cafer_tf.metric_learning.rows import Objective, Row
from cafer_tf.metric_learning.settings import Settings, SettingsError
from cafer_tf.metrics import recall_at_k

KS = (1, 2, 4, 8)
_CHUNK = 256


class DivergedError(ArithmeticError):
    """A loss or an embedding became NaN or infinite."""


def train_row(
    data: ClassData,
    row: Row,
    seed: int,
    settings: Settings,
    weights: str | os.PathLike[str] | None = None,
    with_test: bool = True,
    progress: bool = False,
) -> dict[str, Any]:
    """Trains a row, and measures it.

    Some of the training classes are set aside, drawn by the seed; the epoch with the highest Recall@1 among their
    images (the first of several) gives the network that is measured on the test classes. The seed also draws first
    weights, batches and augmentation, the same ones for all rows.

    Args:
        data: with enough classes for two parts.
        row: the loss and its margin.
        seed: not negative.
        settings: of the data set.
        weights: a file for the encoder, or None.
        with_test: whether the test classes are looked at; settings are chosen without.
        progress: whether to show a bar of epochs.

    Returns:
        What JSON keeps: `epoch` (from 1) and its `validation` Recall@1; `recall` on the test classes by k, where it was
        asked for; `classes` and `images` of each part; and `curve`, a list of each epoch's mean `loss` and `margin`,
        and its `validation`.

    Raises:
        DivergedError: the loss or an embedding is no finite number any more.
        DataError: too few classes, or too few images of those that choose the epoch.
        SettingsError: c of the adaptive margin is above the size of a batch of the classes that there are.
    """
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(seed)
    own = settings.losses[row.loss]
    fit, validation = part_classes(data.train, settings.validation_fraction, seed)
    classes = len(np.unique(fit.labels))
    # As `balanced_batches` makes them: of all classes, where there are fewer than a batch asks for.
    batch_size = min(settings.classes_per_batch, classes) * settings.images_per_class
    if row.adaptive and settings.constant > batch_size:
        raise SettingsError(
            f'constant (c) must be at most the batch size N, here {batch_size} with {classes} classes to train on; '
            f'it is {settings.constant:g}'
        )
    model = build_network(settings.network, settings.image_size, settings.embedding, weights)
    objective = Objective(row, classes, settings.embedding, own.margin, own.neighbours, settings.constant)
    trainer = Trainer(model, objective, settings, own.learning_rate, own.own_rate, seed)
    embed = _embedder(model, settings.image_size)
    batches = balanced_batches(fit.labels, settings.classes_per_batch, settings.images_per_class, seed)
    steps = max(len(fit.labels) // batch_size, 1)
    curve: list[dict[str, float]] = []
    best = model.get_weights()
    for epoch in tqdm(range(settings.epochs), desc=row.name, unit='epoch', leave=False, disable=not progress or None):
        drawn = itertools.islice(batches, steps)
        loss, margin = trainer.epoch(epoch, (ClassImages(fit.images[rows], fit.labels[rows]) for rows in drawn))
        if not np.isfinite(loss):
            raise DivergedError(f'{row.name}, seed {seed}: the loss is {loss} in epoch {epoch + 1}; lower its rate')
        embeddings = embed(validation.images)
        # What the last step makes of the weights is in no loss of this epoch.
        if not np.isfinite(embeddings).all():
            raise DivergedError(
                f'{row.name}, seed {seed}: embeddings are not finite after epoch {epoch + 1}; lower its rate'
            )
        score = recall_at_k(embeddings, validation.labels, KS[:1])[1]
        if score > max((entry['validation'] for entry in curve), default=-1):
            best = model.get_weights()
        curve.append({'loss': loss, 'margin': margin, 'validation': score})
    model.set_weights(best)
    scores = [entry['validation'] for entry in curve]
    parts = {'train': fit, 'validation': validation, 'test': data.test}
    result = {
        'epoch': scores.index(max(scores)) + 1,
        'validation': max(scores),
        'classes': {name: len(np.unique(part.labels)) for name, part in parts.items()},
        'images': {name: len(part.labels) for name, part in parts.items()},
        'curve': curve,
    }
    if with_test:
        recall = recall_at_k(embed(data.test.images), data.test.labels, KS)
        result['recall'] = {str(k): value for k, value in recall.items()}
    return result


class Trainer:
    """Takes the steps; the loss's own variables have an optimizer of their own."""

    def __init__(
        self, model: tf.keras.Model, objective: Objective, settings: Settings, rate: float, own_rate: float, seed: int
    ) -> None:
        self._model, self._objective, self._settings, self._seed = model, objective, settings, seed
        self._rates = (rate, rate * own_rate)
        self._optimizers = [tf.keras.optimizers.AdamW(each, weight_decay=settings.weight_decay) for each in self._rates]
        # A learned boundary that decays towards 0 would take the margin with it.
        self._optimizers[0].exclude_from_weight_decay(var_names=['gamma', 'beta', 'bias'])
        self._optimizers[1].exclude_from_weight_decay(var_names=['beta'])
        self._optimizers[0].build(model.trainable_variables)
        self._optimizers[1].build(objective.trainable_variables)
        self._step_in_graph = tf.function(self._step)
        self._count = 0

    def rates(self) -> list[tf.Variable]:
        """The learning rates of the network's and of the loss's optimizer."""
        return [optimizer.learning_rate for optimizer in self._optimizers]

    def epoch(self, epoch: int, batches: Iterable[ClassImages]) -> tuple[float, float]:
        """The mean loss and the mean margin of an epoch, from 0."""
        decay = self._settings.decay_rate ** (
            epoch // self._settings.decay_epochs if self._settings.decay_epochs else 0
        )
        for variable, rate in zip(self.rates(), self._rates, strict=True):
            variable.assign(rate * decay)
        everything = epoch >= self._settings.warm_up_epochs
        found = []
        for batch in batches:
            seed = tf.constant([self._seed, self._count], tf.int64)
            self._count += 1
            images, labels = tf.constant(batch.images), tf.constant(batch.labels)
            found.append(self._step_in_graph(images, labels, seed, everything).numpy())
        loss, margin = np.mean(found, axis=0)
        return float(loss), float(margin)

    def _step(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, everything: bool) -> tf.Tensor:
        images = tf.cast(images, tf.float32) / 255
        if self._settings.augmentation == 'crop':
            images = augmentation.cropped(images, self._settings.image_size, seed)
        else:
            images = augmentation.centred(augmentation.turned(images, seed), self._settings.image_size)
        learned = self._objective.trainable_variables
        part = self._model if everything else self._model.get_layer(EMBEDDING_LAYER)
        trained = part.trainable_variables
        with tf.GradientTape() as tape:
            loss, margin = self._objective(labels, self._model(images, training=True), seed + 1)
        gradients = tape.gradient(loss, [*trained, *learned], unconnected_gradients='zero')
        self._optimizers[0].apply_gradients(zip(gradients[: len(trained)], trained, strict=True))
        if learned:
            self._optimizers[1].apply_gradients(zip(gradients[len(trained) :], learned, strict=True))
        return tf.stack([loss, margin])


def _embedder(model: tf.keras.Model, image_size: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function from images `[n, side, side, channels]` uint8 to embeddings `[n, d]`."""

    @tf.function(reduce_retracing=True)
    def embed(images: tf.Tensor) -> tf.Tensor:
        return model(augmentation.centred(tf.cast(images, tf.float32) / 255, image_size), training=False)

    return lambda images: np.concatenate(
        [embed(tf.constant(images[start : start + _CHUNK])).numpy() for start in range(0, len(images), _CHUNK)]
    )
