"""Losses: plain functions, and `keras.losses.Loss` classes over those that take `(y_true, y_pred)`.

With them, what losses of other arguments are computed from: pairs, views, the people who are drawn, cells of a face.
"""

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
from cafer_tf.losses.contrastive import ContrastiveLoss, contrastive_loss
from cafer_tf.losses.detection import detection_terms, face_matches, read_at_face
from cafer_tf.losses.distances import pairwise_distances
from cafer_tf.losses.growth import warm_up
from cafer_tf.losses.margin import MarginLoss, margin_loss
from cafer_tf.losses.matching import (
    choose_people,
    free_of_shift,
    identity_shifts,
    matched_regression_loss,
    sinkhorn,
)
from cafer_tf.losses.mining import all_triplets, distance_weighted_triplets, semihard_triplets
from cafer_tf.losses.proxy_anchor import ProxyAnchorLoss, proxy_anchor_loss
from cafer_tf.losses.regression import RegressionLoss, regression_loss, regression_loss_terms
from cafer_tf.losses.similarity import circumplex_similarity, similarity_contrast, view_separation_loss, views
from cafer_tf.losses.snr import SnrTripletLoss, snr_triplet_loss
from cafer_tf.losses.triplet import TripletSemihardLoss, triplet_semihard_loss

__all__ = [
    'AgreementLoss',
    'ContrastiveLoss',
    'MarginLoss',
    'PairDistances',
    'ProxyAnchorLoss',
    'RegressionLoss',
    'SnrTripletLoss',
    'TripletSemihardLoss',
    'agreement_loss',
    'agreement_terms',
    'all_triplets',
    'choose_people',
    'circumplex_similarity',
    'contrastive_adversarial_loss',
    'contrastive_loss',
    'detection_terms',
    'distance_weighted_triplets',
    'encoder_adversarial_loss',
    'encoder_divergence_loss',
    'face_matches',
    'free_of_shift',
    'identity_shifts',
    'lagrangian_critic_loss',
    'lagrangian_objective',
    'margin_loss',
    'matched_regression_loss',
    'next_multiplier',
    'pair_distances',
    'pairwise_distances',
    'proxy_anchor_loss',
    'read_at_face',
    'regression_loss',
    'regression_loss_terms',
    'semihard_triplets',
    'similarity_contrast',
    'sinkhorn',
    'snr_triplet_loss',
    'triplet_semihard_loss',
    'view_separation_loss',
    'views',
    'warm_up',
]
