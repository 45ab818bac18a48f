"""The networks: encoders by name, the AV head, and the critic; and pretrained weights for them."""

from cafer_tf.networks.assembly import Networks, build_networks
from cafer_tf.networks.critic import build_critic
from cafer_tf.networks.encoders import backbone, build_encoder
from cafer_tf.networks.face_ssd import default_boxes
from cafer_tf.networks.heads import build_head
from cafer_tf.networks.normalization import statistics_kept
from cafer_tf.networks.precision import layers_in
from cafer_tf.networks.pretrained import LoadedWeights, WeightsError, load_weights
from cafer_tf.networks.projector import build_projector

__all__ = [
    'LoadedWeights',
    'Networks',
    'WeightsError',
    'backbone',
    'build_critic',
    'build_encoder',
    'build_head',
    'build_networks',
    'build_projector',
    'default_boxes',
    'layers_in',
    'load_weights',
    'statistics_kept',
]
