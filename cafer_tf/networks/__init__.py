"""The networks: encoders by name, the AV head, and the critic; and pretrained weights for them."""

from cafer_tf.networks.critic import build_critic
from cafer_tf.networks.encoders import build_encoder
from cafer_tf.networks.heads import build_head
from cafer_tf.networks.precision import layers_in
from cafer_tf.networks.pretrained import LoadedWeights, WeightsError, load_weights

__all__ = ['LoadedWeights', 'WeightsError', 'build_critic', 'build_encoder', 'build_head', 'layers_in', 'load_weights']
