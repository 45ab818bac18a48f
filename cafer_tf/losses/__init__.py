"""Losses: plain functions, and `keras.losses.Loss` classes over those that take `(y_true, y_pred)`."""

from cafer_tf.losses.adversarial import (
    PairDistances,
    contrastive_adversarial_loss,
    encoder_adversarial_loss,
    encoder_divergence_loss,
    lagrangian_critic_loss,
    lagrangian_objective,
    next_multiplier,
    pair_distances,
)
from cafer_tf.losses.agreement import AgreementLoss, agreement_loss, agreement_terms

__all__ = [
    'AgreementLoss',
    'PairDistances',
    'agreement_loss',
    'agreement_terms',
    'contrastive_adversarial_loss',
    'encoder_adversarial_loss',
    'encoder_divergence_loss',
    'lagrangian_critic_loss',
    'lagrangian_objective',
    'next_multiplier',
    'pair_distances',
]
