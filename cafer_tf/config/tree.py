"""The whole tree, and how it is built from dictionaries."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from cafer_tf.config.errors import require
from cafer_tf.config.images import AugmentationConfig, FacesConfig, InputConfig
from cafer_tf.config.methods import AdversarialConfig, GroupingConfig, MarginConfig, MatchingConfig, SimilarityConfig
from cafer_tf.config.networks import SMALLEST_IMAGE, NetworkConfig
from cafer_tf.config.presets import PRESETS
from cafer_tf.config.training import TrainingConfig


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
        cafer_tf.config.errors.ConfigError: unknown key training.batch; known: batch_size, epochs, ...
    """

    faces: FacesConfig = dataclasses.field(default_factory=FacesConfig)
    input: InputConfig = dataclasses.field(default_factory=InputConfig)
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)
    augmentation: AugmentationConfig = dataclasses.field(default_factory=AugmentationConfig)
    grouping: GroupingConfig = dataclasses.field(default_factory=GroupingConfig)
    adversarial: AdversarialConfig = dataclasses.field(default_factory=AdversarialConfig)
    margin: MarginConfig = dataclasses.field(default_factory=MarginConfig)
    similarity: SimilarityConfig = dataclasses.field(default_factory=SimilarityConfig)
    matching: MatchingConfig = dataclasses.field(default_factory=MatchingConfig)
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        smallest = SMALLEST_IMAGE[self.network.encoder]
        require(
            self.input.image_size >= smallest,
            f'input.image_size {self.input.image_size} is too small for network.encoder {self.network.encoder}, which '
            f'needs {smallest} pixels or more',
        )
        if self.adversarial.compares_people:
            require(
                not self.grouping.balanced,
                'adversarial.pairs person needs grouping.balanced false: in balanced batches weak and strong take '
                'turns, so that the next face of somebody else would nearly always be of the other group; the preset '
                'person_pairs has it',
            )
            require(
                self.margin.confidence != 'nearest_neighbours',
                'margin.confidence nearest_neighbours needs two groups, which adversarial.pairs person does not have; '
                'use closed_form or none',
            )
        if self.similarity.weight or self.matching.weight:
            require(
                self.adversarial.update_order == 'shared',
                'similarity.weight and matching.weight need adversarial.update_order shared: they are terms of its one '
                'encoder pass',
            )
        if self.finds_faces:
            require(
                not self.network.bottleneck,
                'network.bottleneck must be empty for network.encoder face_ssd, whose cells the head reads as they are',
            )
            require(
                not self.network.head_weights,
                'network.head_weights must be empty for network.encoder face_ssd: the head reads its cells and has no '
                'weights',
            )
            methods = ('adversarial', 'similarity', 'matching')
            used = [f'{name}.weight' for name in methods if getattr(self, name).weight]
            require(
                not used,
                f'{" and ".join(used)} must be 0 for network.encoder face_ssd: its embedding is a map of the image, '
                'not features of a face',
            )
        else:
            require(
                self.augmentation.expansion == 1,
                'augmentation.expansion above 1 is for network.encoder face_ssd, which finds the face again; the other '
                'encoders expect it where the crop puts it',
            )
        require(
            self.margin.constant <= self.training.batch_size,
            f'margin.constant (c = {self.margin.constant:g}) above training.batch_size (N = '
            f'{self.training.batch_size}) would make the confidence term negative; lower c or raise the batch size',
        )

    @property
    def compares_people(self) -> bool:
        """Whether training needs to know who is shown."""
        return self.adversarial.compares_people or self.matching.weight > 0

    @property
    def finds_faces(self) -> bool:
        """Whether the network itself finds the face, and learns from its box."""
        return self.network.encoder == 'face_ssd'

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

    def updated(self, values: Mapping[str, Any]) -> Config:
        """The tree with the values of a part of it changed.

        Args:
            values: nested as `to_dict` gives them.

        Raises:
            ConfigError: as `from_dict`.

        Example:
            >>> Config().updated({'training': {'epochs': 3}}).training.epochs
            3
        """
        require(isinstance(values, Mapping), 'the configuration must be a mapping')
        tree = self.to_dict()
        for part, changes in values.items():
            both = part in tree and isinstance(changes, Mapping)
            tree[part] = {**tree[part], **changes} if both else changes
        return Config.from_dict(tree)

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
                require(isinstance(node.get(parent), dict), f'unknown key {path}; known: {", ".join(node)}')
                node = node[parent]
            node[last] = value
        return Config.from_dict(tree)

    @classmethod
    def from_preset(cls, *names: str) -> Config:
        """The tree that presets choose, a later one before an earlier; see `cafer_tf.config.presets`.

        Raises:
            ConfigError: an unknown preset.

        Example:
            >>> config = Config.from_preset('published_code', 'alexnet')
            >>> config.adversarial.critic_objective, config.network.encoder
            ('lagrangian', 'alexnet')
        """
        config = cls()
        for name in names:
            require(name in PRESETS, f'unknown preset {name!r}; known: {", ".join(PRESETS)}')
            config = config.updated(PRESETS[name])
        return config

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        """The tree from nested dictionaries; missing keys keep their default.

        Raises:
            ConfigError: an unknown key, a value of the wrong type, or one outside its range.
        """
        return _build(cls, values, '')

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A tree as JSON keeps it, with what it lacks at the default: an earlier version had fewer keys.

        Args:
            values: as `to_dict` of some version gave it.

        Raises:
            ConfigError: as `from_dict`.

        Example:
            >>> Config.completed({'training': {'epochs': 3}}) == Config.completed(
            ...     Config().with_changes([('training.epochs', 3)]).to_dict()
            ... )
            True
        """
        tree: dict[str, Any] = json.loads(json.dumps(cls.from_dict(values).to_dict()))
        return tree


def _build(cls: type, values: dict[str, Any], prefix: str) -> Any:
    require(isinstance(values, dict), f'{prefix.rstrip(".") or "the configuration"} must be a mapping')
    hints = typing.get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        require(key in hints, f'unknown key {prefix}{key}; known: {", ".join(hints)}')
        arguments[key] = _convert(hints[key], value, prefix + key)
    return cls(**arguments)


def _convert(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value, name + '.')
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        require(value in choices, f'{name} must be one of {", ".join(map(str, choices))}; it is {value!r}')
        return value
    if typing.get_origin(hint) is tuple:
        hints = typing.get_args(hint)
        given = isinstance(value, (list, tuple))
        if hints[-1] is Ellipsis:
            require(given, f'{name} must be a list of numbers; it is {value!r}')
            return tuple(_convert(hints[0], item, name) for item in value)
        require(given and len(value) == len(hints), f'{name} must be {len(hints)} numbers; it is {value!r}')
        return tuple(_convert(part, item, name) for part, item in zip(hints, value, strict=True))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    require(type(value) is hint, f'{name} must be of type {hint.__name__}; it is {value!r}')
    return value
