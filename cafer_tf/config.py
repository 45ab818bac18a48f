"""The configuration of a run: a tree of frozen dataclasses that travels as plain dictionaries.

`Config().to_dict()` is JSON-serialisable, `Config.from_dict` refuses keys and values it does not know, so that a
misspelled option stops a run instead of being ignored.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable
from typing import Any, Literal

Encoder = Literal['compact', 'alexnet']
SMALLEST_IMAGE = {'compact': 32, 'alexnet': 63}
"""The smallest side, in pixels, of an encoder's input."""


class ConfigError(ValueError):
    """A configuration has an unknown key, or a value outside its range."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


@dataclasses.dataclass(frozen=True)
class InputConfig:
    """The image that the networks see.

    Attributes:
        image_size: side of the square input, in pixels.
        crop: fraction of the resized image's side that the crop leaves out (at random in training, evenly in
            prediction), in [0, 0.5]; 0.125 is the paper's 224 of 256 pixels.
    """

    image_size: int = 64
    crop: float = 0.0625

    def __post_init__(self) -> None:
        _require(0 <= self.crop <= 0.5, 'input.crop must be in [0, 0.5]')


@dataclasses.dataclass(frozen=True)
class AugmentationConfig:
    """Random changes of the training images.

    Attributes:
        flip: mirror half of the images.
        brightness: largest change of brightness, as a fraction of the range.
        contrast: largest relative change of contrast.
        saturation: largest relative change of saturation.
        rotation: largest rotation, in degrees.
        cutout: side of the blanked square, as a fraction of the image's side, in [0, 0.5].
    """

    flip: bool = True
    brightness: float = 0.15
    contrast: float = 0.2
    saturation: float = 0.2
    rotation: float = 8.0
    cutout: float = 0.2

    def __post_init__(self) -> None:
        _require(0 <= self.cutout <= 0.5, 'augmentation.cutout must be in [0, 0.5]')
        for name in ('brightness', 'contrast', 'saturation'):
            _require(0 <= getattr(self, name) < 1, f'augmentation.{name} must be in [0, 1)')
        _require(0 <= self.rotation <= 180, 'augmentation.rotation must be in [0, 180] degrees')


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The networks.

    Attributes:
        encoder: `compact` (a residual network that two processor cores can train) or `alexnet` (the paper's).
        head_dropout: dropout before each of the first two dense layers of the AV head. The default suits the compact
            encoder's 128 features; the paper has 0.5 on AlexNet's 9,216.
    """

    encoder: Encoder = 'compact'
    head_dropout: float = 0.2

    def __post_init__(self) -> None:
        _require(0 <= self.head_dropout < 1, 'network.head_dropout must be in [0, 1)')


@dataclasses.dataclass(frozen=True)
class MarginConfig:
    """The confidence term `log(N / c) / (2 K)` of the adaptive margin; `N` is the batch size.

    Attributes:
        constant: `c`, in (0, N]. The poster gives no value; with 1 the term is `log N / (2 K)`.
        neighbours: `K`, at least 1. The poster gives no value; 4 lifts the margin to 0.52 at a batch of 64.
    """

    constant: float = 1.0
    neighbours: int = 4

    def __post_init__(self) -> None:
        _require(self.constant > 0, 'margin.constant (c) must be positive')
        _require(self.neighbours >= 1, 'margin.neighbours (K) must be at least 1')


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the networks are trained.

    Attributes:
        adversarial_weight: `w`, the weight of the encoder's adversarial term; 0 trains without a critic. The default is
            that of the authors' code.
        batch_size: examples of one step, half of them strong and half weak; even.
        epochs: passes over as many examples as the training split holds.
        learning_rate: of Adam, for encoder and head and for the critic. The default suits the compact encoder; the
            paper has 1e-4 for AlexNet.
        beta_1, beta_2: Adam's decay rates; the paper's.
        decay_rate: factor of the learning rate from one epoch to the next, applied smoothly. The paper's .9 every
            5,000 steps is about .976 an epoch of AffectNet.
        seed: of initialisation, order and augmentation.
    """

    adversarial_weight: float = 0.1
    batch_size: int = 64
    epochs: int = 25
    learning_rate: float = 1e-3
    beta_1: float = 0.5
    beta_2: float = 0.9
    decay_rate: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        _require(self.adversarial_weight >= 0, 'training.adversarial_weight must not be negative')
        _require(self.batch_size >= 4 and self.batch_size % 2 == 0, 'training.batch_size must be even and at least 4')
        _require(self.epochs >= 1, 'training.epochs must be at least 1')
        _require(self.learning_rate > 0, 'training.learning_rate must be positive')
        _require(0 <= self.beta_1 < 1 and 0 <= self.beta_2 < 1, 'training.beta_1 and beta_2 must be in [0, 1)')
        _require(0 < self.decay_rate <= 1, 'training.decay_rate must be in (0, 1]')


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that a run may vary.

    Example:
        >>> config = Config.from_dict({'training': {'batch_size': 32}})
        >>> config.training.batch_size, config.network.encoder
        (32, 'compact')
        >>> Config.from_dict(config.to_dict()) == config
        True
        >>> Config.from_dict({'training': {'batch': 32}})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        cafer_tf.config.ConfigError: unknown key training.batch; known: adversarial_weight, batch_size, ...
    """

    input: InputConfig = dataclasses.field(default_factory=InputConfig)
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)
    augmentation: AugmentationConfig = dataclasses.field(default_factory=AugmentationConfig)
    margin: MarginConfig = dataclasses.field(default_factory=MarginConfig)
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        smallest = SMALLEST_IMAGE[self.network.encoder]
        _require(
            self.input.image_size >= smallest,
            f'input.image_size {self.input.image_size} is too small for network.encoder {self.network.encoder}, which '
            f'needs {smallest} pixels or more',
        )
        _require(
            self.margin.constant <= self.training.batch_size,
            f'margin.constant (c = {self.margin.constant:g}) above training.batch_size (N = '
            f'{self.training.batch_size}) would make the confidence term negative; lower c or raise the batch size',
        )

    def to_dict(self) -> dict[str, Any]:
        """The tree as nested dictionaries of plain values."""
        return dataclasses.asdict(self)

    def flat(self) -> dict[str, Any]:
        """Every value by its path.

        Example:
            >>> Config().flat()['training.epochs']
            25
        """
        return {f'{part}.{key}': value for part, values in self.to_dict().items() for key, value in values.items()}

    def with_changes(self, changes: Iterable[tuple[str, Any]]) -> Config:
        """The tree with some values changed, each named by its path.

        Args:
            changes: pairs such as `('training.epochs', 3)`.

        Raises:
            ConfigError: as `from_dict`.

        Example:
            >>> Config().with_changes([('training.epochs', 3)]).training.epochs
            3
        """
        tree = self.to_dict()
        for path, value in changes:
            *parents, last = path.split('.')
            node = tree
            for parent in parents:
                _require(isinstance(node.get(parent), dict), f'unknown key {path}; known: {", ".join(node)}')
                node = node[parent]
            node[last] = value
        return Config.from_dict(tree)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        """The tree from nested dictionaries; missing keys keep their default.

        Raises:
            ConfigError: an unknown key, a value of the wrong type, or one outside its range.
        """
        return _build(cls, values, '')


def _build(cls: type, values: dict[str, Any], prefix: str) -> Any:
    _require(isinstance(values, dict), f'{prefix.rstrip(".") or "the configuration"} must be a mapping')
    hints = typing.get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        _require(key in hints, f'unknown key {prefix}{key}; known: {", ".join(hints)}')
        arguments[key] = _convert(hints[key], value, prefix + key)
    return cls(**arguments)


def _convert(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value, name + '.')
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        _require(value in choices, f'{name} must be one of {", ".join(choices)}; it is {value!r}')
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    _require(type(value) is hint, f'{name} must be of type {hint.__name__}; it is {value!r}')
    return value
