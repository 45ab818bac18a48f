"""The alternation of critic and encoder, in either order; each step is a function of the model and a batch.

Gradients are summed over replicas before they are applied, and nothing is applied unless every term is finite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from cafer_tf import finite, replicas
from cafer_tf.config import Config
from cafer_tf.losses import next_multiplier, warm_up
from cafer_tf.losses.regression import TERMS
from cafer_tf.networks import statistics_kept
from cafer_tf.objectives import adversarial_term, critic_terms
from cafer_tf.pairing import Pairing
from cafer_tf.replicas import GlobalBatch
from cafer_tf.supervision import Terms, matching_terms, supervise, view_terms
from cafer_tf.targets import Targets

if TYPE_CHECKING:
    from cafer_tf.model import Cafer


def term_names(config: Config) -> list[str]:
    """Names of the terms that a step reports, and of those of the batch's groups.

    Args:
        config: of the model.
    """
    names = ['loss', *(f'{name}_loss' for name in TERMS[config.training.loss])]
    names += ['threshold', 'strong_fraction', 'encoder_gradient_norm']
    names += ['spread_loss', 'faceness_loss', 'box_loss'] if config.finds_faces else ['head_gradient_norm']
    if config.similarity.weight:
        names += ['similarity_loss', 'separation_loss', 'projector_gradient_norm']
    if config.matching.weight:
        names += ['matching_loss']
    if config.adversarial.weight:
        names += ['adversarial_loss', 'critic_loss', 'positive_distance', 'negative_distance']
        names += ['margin', 'mutual_information', 'confidence', 'critic_gradient_norm']
        names += ['adversarial_gradient_norm'] if config.adversarial.separate_optimizer else []
        names += ['constraint', 'multiplier'] if config.adversarial.critic_objective == 'lagrangian' else []
    return names


def shared_step(
    model: Cafer, images: tf.Tensor, targets: Targets, pairing: Pairing, batch: GlobalBatch
) -> tuple[tf.Tensor, Terms]:
    """One encoder pass: the critic learns from its detached features, then encoder and head against the updated critic.

    Args:
        model: the networks and their optimizers.
        images: `[n, size, size, 3]`, of this replica.
        targets: of all replicas.
        pairing: of all replicas.
        batch: what gathers.

    Returns:
        This replica's predictions `[n, 2]`, and the terms.
    """
    separate = 'adversarial' in model.optimizers
    monitored: Terms = {}
    step = model.optimizer.iterations
    with tf.GradientTape(persistent=separate) as tape:
        embedding = model.encoder(images, training=True)
        if model.adversarial:
            with tape.stop_recording():
                monitored = _update_critic(model, tf.stop_gradient(embedding), pairing, batch)
        predictions, terms = supervise(model, embedding, targets, batch, training=True)
        if model.projector is not None:
            terms |= view_terms(model, embedding, predictions, batch)
        if model.config.matching.weight:
            terms |= matching_terms(model, embedding, targets, batch, step)
        regression = tf.add_n(list(terms.values()))
        if model.adversarial:
            outputs = batch.gather(tf.cast(model.critic(embedding, training=True), tf.float32))
            adversarial = _against_critic(model, outputs, outputs, pairing, step)
            terms |= adversarial
        terms['loss'] = tf.add_n(list(terms.values()))
    learning = {'encoder': model.encoder, 'head': model.head}
    if model.projector is not None:
        learning['projector'] = model.projector
    if separate:
        monitored |= _descend(model, tape, regression, learning, terms)
        monitored |= _descend(model, tape, adversarial['adversarial_loss'], {'adversarial': model.encoder}, adversarial)
    else:
        monitored |= _descend(model, tape, terms['loss'], learning, terms)
    return predictions, terms | monitored


def reference_step(
    model: Cafer, images: tf.Tensor, targets: Targets, pairing: Pairing, batch: GlobalBatch
) -> tuple[tf.Tensor, Terms]:
    """The order of the authors' published code, with three encoder passes; arguments and results as `shared_step`.

    Encoder and head learn from the labels; the critic learns from features of the updated encoder; the encoder learns
    against the updated critic from the examples that it is to move, passed through it once more. The moving statistics
    of batch normalisation, by which the model predicts, are those of the first pass: the last has weak emotion alone.
    """
    step = tf.identity(model.optimizers['head'].iterations)  # the encoder's may count it twice
    with tf.GradientTape() as tape:
        embedding = model.encoder(images, training=True)
        predictions, terms = supervise(model, embedding, targets, batch, training=True)
        terms['loss'] = tf.add_n(list(terms.values()))
    monitored = _descend(model, tape, terms['loss'], {'encoder': model.encoder, 'head': model.head}, terms)
    if not model.adversarial:
        return predictions, terms | monitored
    with statistics_kept():
        embedding = tf.stop_gradient(model.encoder(images, training=True))
    monitored |= _update_critic(model, embedding, pairing, batch)
    anchor_outputs = None
    if model.config.adversarial.encoder_objective == 'divergence':
        anchor_outputs = batch.gather(tf.cast(model.critic(embedding, training=True), tf.float32))
    is_moved = batch.own(pairing.moved)
    # At least one row, which counts for nothing where there is none to move: batch normalisation of no rows is NaN.
    count = tf.maximum(tf.cast(tf.reduce_sum(is_moved), tf.int32), 1)
    rows = tf.argsort(is_moved, direction='DESCENDING', stable=True)[:count]
    with tf.GradientTape() as tape, statistics_kept():
        moved = model.critic(model.encoder(tf.gather(images, rows), training=True), training=True)
        shape = [tf.size(is_moved), moved.shape[-1]]
        own = tf.scatter_nd(rows[:, tf.newaxis], tf.cast(moved, tf.float32), shape)
        adversarial = _against_critic(model, batch.gather(own), anchor_outputs, pairing, step)
    optimizer = 'adversarial' if 'adversarial' in model.optimizers else 'encoder'
    # Of the encoder's own optimizer, the norm that is kept is the one of the first step.
    monitored = (
        _descend(model, tape, adversarial['adversarial_loss'], {optimizer: model.encoder}, adversarial) | monitored
    )
    return predictions, {**terms, **adversarial, **monitored, 'loss': terms['loss'] + adversarial['adversarial_loss']}


def _update_critic(model: Cafer, embedding: tf.Tensor, pairing: Pairing, batch: GlobalBatch) -> Terms:
    settings = model.config.adversarial
    for _ in range(settings.critic_steps):
        with tf.GradientTape() as tape:
            outputs = batch.gather(tf.cast(model.critic(embedding, training=True), tf.float32))
            terms = critic_terms(outputs, pairing, model.config, model.multiplier)
        terms |= _descend(model, tape, terms['critic_loss'], {'critic': model.critic}, terms)
        if model.multiplier is not None:
            terms['multiplier'] = next_multiplier(model.multiplier, terms['constraint'], settings.penalty)
            model.multiplier.assign(terms['multiplier'])
    return terms


def _against_critic(
    model: Cafer, outputs: tf.Tensor, anchor_outputs: tf.Tensor | None, pairing: Pairing, step: tf.Tensor
) -> Terms:
    terms = adversarial_term(outputs, anchor_outputs, pairing, model.config)
    share = warm_up(step, 0, model.config.adversarial.warmup_steps)
    return {name: share * value for name, value in terms.items()}


def _descend(
    model: Cafer, tape: tf.GradientTape, loss: tf.Tensor, networks: dict[str, tf.keras.Model], terms: Terms
) -> Terms:
    """One step down the gradient of a loss of the global batch, by the named optimizers on a network each.

    Returns:
        The norms of the gradients, by name.
    """
    networks = {name: network for name, network in networks.items() if network.trainable_variables}
    optimizers = [model.optimizers[name] for name in networks]
    variables = [network.trainable_variables for network in networks.values()]
    scaling = isinstance(optimizers[0], tf.keras.mixed_precision.LossScaleOptimizer)
    scale = optimizers[0].get_scaled_loss(tf.ones_like(loss)) if scaling else None
    gradients = [replicas.total(part) for part in tape.gradient(loss, variables, output_gradients=scale)]
    if scaling:
        gradients = [_unscaled(optimizer, part, scale) for optimizer, part in zip(optimizers, gradients, strict=True)]
    norms = {
        f'{name}_gradient_norm': tf.linalg.global_norm(part) for name, part in zip(networks, gradients, strict=True)
    }
    if scaling:
        gradients, norms = _skip_overflow(gradients, norms, scale)
    with tf.control_dependencies([finite.require_finite(terms | norms)]):
        gradients = [[tf.identity(gradient) for gradient in part] for part in gradients]
    for optimizer, part, owned in zip(optimizers, gradients, variables, strict=True):
        optimizer.apply_gradients(zip(part, owned, strict=True), skip_gradients_aggregation=True)
    return norms


def _unscaled(
    optimizer: tf.keras.mixed_precision.LossScaleOptimizer, gradients: list[tf.Tensor], scale: tf.Tensor
) -> list[tf.Tensor]:
    """Gradients of a loss that was scaled by another optimizer, which may be at another scale than this one."""
    own_scale = optimizer.get_scaled_loss(tf.ones_like(scale))
    return optimizer.get_unscaled_gradients([gradient * (own_scale / scale) for gradient in gradients])


def _skip_overflow(
    gradients: list[list[tf.Tensor]], norms: Terms, scale: tf.Tensor
) -> tuple[list[list[tf.Tensor]], Terms]:
    """Loss scaling expects overflow in float16: all networks skip such a step, and their optimizers lower the scale.

    With the scale at 1, where it cannot go lower, the norms stay as they are, and stop training if they are not finite.
    """
    overflow = ~tf.math.is_finite(tf.add_n(list(norms.values())))
    gradients = [[tf.where(overflow, float('nan'), gradient) for gradient in part] for part in gradients]
    skipped = overflow & (scale > 1)
    return gradients, {name: tf.where(skipped, 0.0, norm) for name, norm in norms.items()}
