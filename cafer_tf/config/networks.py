"""The networks."""

from __future__ import annotations

import dataclasses
from typing import Literal

from cafer_tf.config.errors import require

Encoder = Literal['compact', 'alexnet', 'resnet18', 'cp_resnet18', 'vgg16', 'face_channel', 'breg_next50', 'face_ssd']
SMALLEST_IMAGE = {
    'compact': 32,
    'alexnet': 63,
    'resnet18': 32,
    'cp_resnet18': 32,
    'vgg16': 32,
    'face_channel': 32,
    'breg_next50': 32,
    'face_ssd': 64,
}
"""The smallest side, in pixels, of an encoder's input."""


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The networks.

    Attributes:
        encoder: `compact` (a residual network that two processor cores can train), `alexnet` or `resnet18` (the
            paper's), or that of another system: `cp_resnet18`, `vgg16`, `face_channel`, `breg_next50` or `face_ssd`
            (see docs/table.md).
        pooling: what becomes of the last feature map: `grid` averages it to 6 x 6 cells, `global` to one, and
            `flatten` keeps all of it; `auto` is `grid` for `alexnet`, as in the paper, `flatten` for `vgg16` and
            `face_channel`, and `global` otherwise. `face_ssd` has no last map, and `auto` alone; its head reads valence
            and arousal where the face is, so that what is said of heads and bottlenecks below is for the others.
        bottleneck: units of dense layers, each with a ReLU, that end the encoder; none where empty.
        head: units of the hidden layers of the AV head, each with a ReLU. The paper's are 64 and 8.
        head_output: activation of valence and arousal.
        dense_normalization: whether the dense layers of bottleneck and head are normalised over the batch before their
            ReLU.
        mean, standard_deviation: of the red, green and blue that the encoder was trained on, in [0, 1]; ImageNet's.
            They are part of the network, wherever it is saved.
        head_dropout: dropout before each of the first two hidden layers of the AV head, and before each layer of the
            bottleneck. The default suits the compact encoder's 128 features; the paper has 0.5 on AlexNet's 9,216.
        critic_dropout: dropout before the critic's activation; the paper's.
        critic_output: activation of the critic's output.
        spectral_normalization: whether the critic's layers have a spectral norm of 1.
        encoder_weights, head_weights: files of pretrained weights (see `cafer_tf.networks.load_weights`); none where
            empty.
    """

    encoder: Encoder = 'compact'
    pooling: Literal['auto', 'grid', 'global', 'flatten'] = 'auto'
    bottleneck: tuple[int, ...] = ()
    head: tuple[int, ...] = (64, 8)
    head_output: Literal['linear', 'tanh'] = 'linear'
    dense_normalization: bool = False
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    standard_deviation: tuple[float, float, float] = (0.229, 0.224, 0.225)
    head_dropout: float = 0.2
    critic_dropout: float = 0.2
    critic_output: Literal['linear', 'tanh', 'sigmoid'] = 'linear'
    spectral_normalization: bool = False
    encoder_weights: str = ''
    head_weights: str = ''

    def __post_init__(self) -> None:
        require(0 <= self.head_dropout < 1, 'network.head_dropout must be in [0, 1)')
        require(0 <= self.critic_dropout < 1, 'network.critic_dropout must be in [0, 1)')
        require(min(self.standard_deviation) > 0, 'network.standard_deviation must be positive')
        for name in ('bottleneck', 'head'):
            require(min(getattr(self, name), default=1) > 0, f'network.{name}: units must be positive')
        require(
            self.encoder != 'face_ssd' or self.pooling == 'auto',
            'network.pooling must be auto for network.encoder face_ssd, which has no last feature map to pool',
        )
