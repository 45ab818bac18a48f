"""What a benchmark of metric learning is run with, and the settings for each data set."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from cafer_tf.config import ConfigError, parse_pair
from cafer_tf.metric_learning.rows import LOSSES, Row

Augmentation = Literal['affine', 'crop']


class SettingsError(ConfigError):
    """A setting is unknown or out of range."""


@dataclasses.dataclass(frozen=True)
class LossSettings:
    """What one loss is trained with.

    Attributes:
        learning_rate: of AdamW, for the network.
        margin: the static margin.
        neighbours: K of the adaptive margin, at least 1.
        own_rate: learning rate of the loss's own variables (β, proxies), as a multiple of the network's.
    """

    learning_rate: float
    margin: float
    neighbours: int
    own_rate: float = 1.0

    def __post_init__(self) -> None:
        _require(self.learning_rate > 0 and self.own_rate > 0, 'learning_rate and own_rate must be positive')
        _require(self.margin >= 0, 'margin must not be negative')
        _require(self.neighbours >= 1, 'neighbours (K) must be at least 1')


@dataclasses.dataclass(frozen=True)
class Settings:
    """What all rows of a benchmark share, and the settings of each loss.

    Attributes:
        network: `drawing`, a small network for grey images, or an encoder of `build_encoder`.
        stored_size: side of the images as they are kept, in pixels.
        image_size: side of what the network sees, at most `stored_size`.
        augmentation: `affine` turns, scales and shifts a little; `crop` takes a part, and mirrors.
        embedding: d, of the embeddings, at least 3.
        classes_per_batch: classes of a batch, at least 2.
        images_per_class: images of each of them, at least 2.
        epochs: passes over as many images as there are to train on, at least 1.
        validation_fraction: of the training classes, by which the epoch is chosen, in (0, 1).
        weight_decay: of AdamW, not negative.
        warm_up_epochs: epochs at first that train the embedding layer and the loss, and leave the encoder as it is;
            fewer than `epochs`.
        decay_epochs: after how many epochs the rates decay, again and again; 0 for never.
        decay_rate: by what they are multiplied then, in (0, 1].
        constant: c of the adaptive margin, in (0, N], where N is the batch size.
        losses: settings of each loss of `LOSSES`.
    """

    network: str
    stored_size: int
    image_size: int
    augmentation: Augmentation
    embedding: int
    classes_per_batch: int
    images_per_class: int
    epochs: int
    losses: Mapping[str, LossSettings]
    validation_fraction: float = 0.2
    weight_decay: float = 1e-4
    warm_up_epochs: int = 0
    decay_epochs: int = 0
    decay_rate: float = 0.5
    constant: float = 1.0

    def __post_init__(self) -> None:
        _require(set(self.losses) == set(LOSSES), f'losses must have settings for each of {", ".join(LOSSES)}')
        _require(self.augmentation in typing.get_args(Augmentation), 'augmentation must be affine or crop')
        _require(0 < self.image_size <= self.stored_size, 'image_size must be positive, and at most stored_size')
        _require(self.embedding >= 3, 'embedding must be at least 3')
        _require(self.classes_per_batch >= 2, 'classes_per_batch must be at least 2, for negatives')
        _require(self.images_per_class >= 2, 'images_per_class must be at least 2, for positives')
        _require(self.epochs >= 1, 'epochs must be at least 1')
        _require(0 < self.validation_fraction < 1, 'validation_fraction must lie between 0 and 1')
        _require(self.weight_decay >= 0, 'weight_decay must not be negative')
        _require(0 <= self.warm_up_epochs < self.epochs, 'warm_up_epochs must be at least 0, and fewer than epochs')
        _require(self.decay_epochs >= 0, 'decay_epochs must not be negative')
        _require(0 < self.decay_rate <= 1, 'decay_rate must be above 0, and at most 1')
        _require(0 < self.constant <= self.batch_size, 'constant (c) must be positive, and at most the batch size N')

    @property
    def batch_size(self) -> int:
        """N."""
        return self.classes_per_batch * self.images_per_class

    def of_row(self, row: Row) -> dict[str, Any]:
        """All that a row depends on, as JSON keeps it; what others are set to, or the other margin, is not in it."""
        values = {name: value for name, value in vars(self).items() if name != 'losses'}
        values |= vars(self.losses[row.loss])
        unused = {'margin'} if row.adaptive else {'neighbours', 'constant'}
        return {name: value for name, value in values.items() if name not in unused}

    def with_changes(self, changes: Iterable[str]) -> Settings:
        """These settings with some values changed.

        Args:
            changes: such as `epochs=3` or `contrastive.margin=1`.

        Raises:
            SettingsError: an unknown name, or a value out of range or of another type.
            ConfigError: a change without `=`.
        """
        own: dict[str, Any] = {}
        of_losses: dict[str, dict[str, Any]] = {}
        for key, text in map(parse_pair, changes):
            if key not in self.names():
                raise SettingsError(f'unknown setting {key!r}; known: {", ".join(self.names())}')
            loss, _, name = key.rpartition('.')
            if loss:
                of_losses.setdefault(loss, {})[name] = _value(key, text, _LOSS_TYPES[name])
            else:
                own[name] = _value(key, text, _TYPES[name])
        # All at once, for one may be in range only together with another.
        losses = {loss: dataclasses.replace(old, **of_losses.get(loss, {})) for loss, old in self.losses.items()}
        return dataclasses.replace(self, losses=losses, **own)

    @staticmethod
    def names() -> list[str]:
        """The settings that `with_changes` knows."""
        return [name for name in _TYPES if name != 'losses'] + [
            f'{loss}.{name}' for loss in LOSSES for name in _LOSS_TYPES
        ]


_TYPES = typing.get_type_hints(Settings)
_LOSS_TYPES = typing.get_type_hints(LossSettings)


def _value(name: str, text: str, kind: Any) -> Any:
    if kind not in (int, float):
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (kind is int and not value.is_integer()):
        raise SettingsError(f'{name} must be a {"whole " * (kind is int)}number; it is {text!r}')
    return kind(value)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise SettingsError(message)


def _published(learning_rate: float) -> dict[str, LossSettings]:
    """The published static margins, and one learning rate for all."""
    margins = {'contrastive': 0.5, 'triplet': 0.2, 'margin': 0.2, 'dsml': 0.2, 'proxy_anchor': 0.1}
    own_rates = {'proxy_anchor': 100.0}
    return {
        loss: LossSettings(learning_rate, margin, neighbours=4, own_rate=own_rates.get(loss, 1.0))
        for loss, margin in margins.items()
    }


DRAWINGS = Settings(
    network='drawing',
    stored_size=28,
    image_size=28,
    augmentation='affine',
    embedding=64,
    classes_per_batch=16,
    images_per_class=5,
    epochs=20,
    losses=_published(learning_rate=2e-3),
)
"""For drawings, such as those of Omniglot."""


def _photographs(decay_epochs: int) -> Settings:
    return Settings(
        network='resnet18',
        stored_size=256,
        image_size=224,
        augmentation='crop',
        embedding=512,
        classes_per_batch=45,
        images_per_class=4,
        epochs=60,
        warm_up_epochs=1,
        decay_epochs=decay_epochs,
        losses=_published(learning_rate=1e-4),
    )


RECIPES: Mapping[str, Settings] = {
    'cars196': _photographs(decay_epochs=20),
    'cub200': _photographs(decay_epochs=10),
    'folders': DRAWINGS,
    'omniglot': DRAWINGS,
}
"""The settings of each layout of classes.

Those of photographs are the ones published with the proxy-anchor loss (S. Kim et al., CVPR 2020) for a network of 512
dimensions, with ResNet18 in the place of the BN-Inception network, and batches balanced over classes.
"""
