"""Named sets of choices that belong together; a preset changes what it names and leaves the rest alone.

`paper`, `published_code`, `person_pairs`, `supervised`, `avce2022` and `elim2022` choose the method, `alexnet` and
`resnet18` the network and how it is trained: `Config.from_preset('published_code', 'alexnet')` is what the authors
published. The other systems of the poster's table choose both (see `systems`). `short` is a small budget for all.
A method and a network come in either order. Nothing of an earlier preset stays in use in a later that chooses as much.

References: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021: the poster, and the code published with it. `avce2022`: "Emotion-aware Multi-view Contrastive
Learning for Facial Emotion Recognition", ECCV 2022, and its code. `elim2022`: "Optimal Transport-based Identity
Matching for Identity-invariant Facial Expression Recognition", NeurIPS 2022, and its code; by the same authors.
"""

from __future__ import annotations

from typing import Any

from cafer_tf.config.systems import IMAGENET, MIRRORED, SYSTEMS

_HEAD: dict[str, Any] = {'bottleneck': (), 'head': (64, 8), 'head_output': 'linear', 'dense_normalization': False}
_ALONE: dict[str, dict[str, Any]] = {'similarity': {'weight': 0.0}, 'matching': {'weight': 0.0}}
_AGREEMENT: dict[str, Any] = {'loss': 'agreement', 'ddof': 0, 'head_rate': 1.0}
"""What the methods of the paper have in common: its head and loss, and none of the newer methods' terms."""
_PAPER: dict[str, dict[str, Any]] = {
    **_ALONE,
    'grouping': {'rule': 'otsu', 'balanced': True},
    'adversarial': {
        'weight': 0.1,
        'warmup_steps': 0,
        'pairs': 'emotion',
        'critic_objective': 'divergence',
        'critic_steps': 1,
        'encoder_objective': 'mean_output',
        'update_order': 'shared',
        'separate_optimizer': False,
    },
    'margin': {'mutual_information': 'gaussian', 'confidence': 'closed_form', 'stop_gradient': True},
    'network': {**_HEAD, 'critic_output': 'linear', 'spectral_normalization': False},
    'training': _AGREEMENT,
}
_PUBLISHED_CODE: dict[str, dict[str, Any]] = {
    **_ALONE,
    'grouping': {'rule': 'legacy', 'balanced': False},
    'adversarial': {
        'weight': 0.1,
        'warmup_steps': 0,
        'pairs': 'emotion',
        'critic_objective': 'lagrangian',
        'multiplier': 0.0,
        'penalty': 1e-6,
        'critic_steps': 1,
        'encoder_objective': 'mean_output',
        'update_order': 'reference',
        'separate_optimizer': False,
    },
    'margin': {
        'mutual_information': 'channel',
        'confidence': 'nearest_neighbours',
        'variance': 0.2,
        'coefficient': 0.7,
        'stop_gradient': False,
    },
    'network': {**_HEAD, 'critic_output': 'linear', 'spectral_normalization': False},
    'training': {**_AGREEMENT, 'ddof': 'published'},
}
_PERSON_PAIRS: dict[str, dict[str, Any]] = {
    **_PAPER,
    'grouping': {'rule': 'otsu', 'balanced': False},
    'adversarial': {**_PAPER['adversarial'], 'weight': 1.0, 'pairs': 'person', 'encoder_objective': 'divergence'},
}
_SUPERVISED: dict[str, dict[str, Any]] = {
    **_ALONE,
    'grouping': {'rule': 'otsu', 'balanced': False},
    'adversarial': {'weight': 0.0, 'update_order': 'shared'},
    'network': _HEAD,
    'training': _AGREEMENT,
}
_AVCE2022: dict[str, dict[str, Any]] = {
    **_SUPERVISED,
    'similarity': {'weight': 0.0256},
    'network': {**_HEAD, 'bottleneck': (32,), 'head': (256,)},
    'training': {**_AGREEMENT, 'loss': 'mse_agreement', 'ddof': 'published'},
}
_ELIM2022: dict[str, dict[str, Any]] = {
    **_SUPERVISED,
    'matching': {'weight': 1.0, 'people': 10, 'sharpness': 5.0, 'iterations': 5, 'start': 5, 'full': 50},
    'network': {**_HEAD, 'bottleneck': (256, 512), 'head': (10_240,), 'dense_normalization': True},
    'training': {**_AGREEMENT, 'loss': 'mse_agreement', 'ddof': 'published', 'head_rate': 0.2},
}


def _network(encoder: str, pooling: str, batch_size: int) -> dict[str, dict[str, Any]]:
    return {
        'input': {'image_size': 224, 'crop': 0.125},
        'augmentation': {'expansion': 1.0},
        'network': {'encoder': encoder, 'pooling': pooling, **IMAGENET, 'head_dropout': 0.5},
        'training': {
            'batch_size': batch_size,
            'epochs': 25,
            'optimizer': 'adam',
            'learning_rate': 1e-4,
            'beta_1': 0.5,
            'beta_2': 0.9,
            'schedule': 'staircase',
            'decay_rate': 0.9,
            'decay_steps': 5000,
            'warmup_steps': 0,
        },
    }


_SHORT: dict[str, dict[str, Any]] = {
    'input': {'image_size': 64},
    'augmentation': {**MIRRORED},
    'training': {
        'batch_size': 16,
        'epochs': 6,
        'optimizer': 'adam',
        'learning_rate': 5e-4,
        'beta_1': 0.9,
        'beta_2': 0.999,
        'schedule': 'cosine',
        'warmup_steps': 150,
    },
}
"""One budget for networks of any size, which two processor cores can afford: small images, few passes over them, which
make the most of small batches and little augmentation."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    'paper': _PAPER,
    'published_code': _PUBLISHED_CODE,
    'person_pairs': _PERSON_PAIRS,
    'supervised': _SUPERVISED,
    'avce2022': _AVCE2022,
    'elim2022': _ELIM2022,
    'alexnet': _network('alexnet', 'grid', 256),
    'resnet18': _network('resnet18', 'global', 128),
    **SYSTEMS,
    'short': _SHORT,
}
"""What each preset changes, by its name, nested as `Config.to_dict` gives the tree."""
