"""Pretrained weights from local files."""

from cafer_tf.networks.pretrained.loading import load_weights
from cafer_tf.networks.pretrained.stored import LoadedWeights, WeightsError

__all__ = ['LoadedWeights', 'WeightsError', 'load_weights']
