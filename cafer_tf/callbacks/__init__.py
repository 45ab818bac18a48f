"""Keras callbacks: what a training keeps, shows and records."""

from cafer_tf.callbacks.averaged_weights import AveragedWeights
from cafer_tf.callbacks.backup import Backup, BackupError, claim, saved_step
from cafer_tf.callbacks.best_weights import MONITOR, BestWeights
from cafer_tf.callbacks.epoch_progress import EpochProgress
from cafer_tf.callbacks.rates import Rates
from cafer_tf.callbacks.scalars import Scalars

__all__ = [
    'MONITOR',
    'AveragedWeights',
    'Backup',
    'BackupError',
    'BestWeights',
    'EpochProgress',
    'Rates',
    'Scalars',
    'claim',
    'saved_step',
]
