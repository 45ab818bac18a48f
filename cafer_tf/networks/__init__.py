"""The networks: encoders by name, the AV head, and the critic."""

from cafer_tf.networks.critic import build_critic
from cafer_tf.networks.encoders import build_encoder
from cafer_tf.networks.heads import build_head

__all__ = ['build_critic', 'build_encoder', 'build_head']
