"""Named sets of choices that belong together; a preset changes what it names and leaves the rest alone.

`paper`, `published_code`, `person_pairs` and `supervised` choose the method, `alexnet` and `resnet18` the network and
how it is trained: `Config.from_preset('published_code', 'alexnet')` is what the authors published.

Reference: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021: the poster, and the code published with it.
"""

from __future__ import annotations

from typing import Any

_PAPER: dict[str, dict[str, Any]] = {
    'grouping': {'rule': 'otsu', 'balanced': True},
    'adversarial': {
        'weight': 0.1,
        'pairs': 'emotion',
        'critic_objective': 'divergence',
        'encoder_objective': 'mean_output',
        'update_order': 'shared',
        'separate_optimizer': False,
    },
    'margin': {'mutual_information': 'gaussian', 'confidence': 'closed_form', 'stop_gradient': True},
    'network': {'critic_output': 'linear', 'spectral_normalization': False},
    'training': {'ddof': 0},
}
_PUBLISHED_CODE: dict[str, dict[str, Any]] = {
    'grouping': {'rule': 'legacy', 'balanced': False},
    'adversarial': {
        'weight': 0.1,
        'pairs': 'emotion',
        'critic_objective': 'lagrangian',
        'multiplier': 0.0,
        'penalty': 1e-6,
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
    'network': {'critic_output': 'linear', 'spectral_normalization': False},
    'training': {'ddof': 'published'},
}
_PERSON_PAIRS: dict[str, dict[str, Any]] = {
    **_PAPER,
    'grouping': {'rule': 'otsu', 'balanced': False},
    'adversarial': {**_PAPER['adversarial'], 'weight': 1.0, 'pairs': 'person', 'encoder_objective': 'divergence'},
}
_SUPERVISED: dict[str, dict[str, Any]] = {
    'grouping': {'rule': 'otsu', 'balanced': False},
    'adversarial': {'weight': 0.0},
    'training': {'ddof': 0},
}


def _network(encoder: str, pooling: str, batch_size: int) -> dict[str, dict[str, Any]]:
    return {
        'input': {'image_size': 224, 'crop': 0.125},
        'network': {'encoder': encoder, 'pooling': pooling, 'head_dropout': 0.5},
        'training': {
            'batch_size': batch_size,
            'learning_rate': 1e-4,
            'schedule': 'staircase',
            'decay_rate': 0.9,
            'decay_steps': 5000,
        },
    }


PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    'paper': _PAPER,
    'published_code': _PUBLISHED_CODE,
    'person_pairs': _PERSON_PAIRS,
    'supervised': _SUPERVISED,
    'alexnet': _network('alexnet', 'grid', 256),
    'resnet18': _network('resnet18', 'global', 128),
}
"""What each preset changes, by its name, nested as `Config.to_dict` gives the tree."""
