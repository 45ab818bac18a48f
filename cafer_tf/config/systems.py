"""The systems that the poster compares with, as presets: network, loss and training of their valence and arousal.

Each says what its paper or its authors' code says, and the plainest reading of the rest; docs/table.md lists which is
which. None has a critic, and batches are drawn from all examples alike.
"""

from __future__ import annotations

from typing import Any

_ALONE: dict[str, dict[str, Any]] = {
    'grouping': {'rule': 'otsu', 'balanced': False},
    'adversarial': {'weight': 0.0, 'update_order': 'shared'},
    'similarity': {'weight': 0.0},
    'matching': {'weight': 0.0},
}
IMAGENET: dict[str, Any] = {'mean': (0.485, 0.456, 0.406), 'standard_deviation': (0.229, 0.224, 0.225)}
"""Of the images that networks saw which come with no others."""
_NETWORK: dict[str, Any] = {
    'pooling': 'auto',
    'bottleneck': (),
    'head': (),
    'head_output': 'linear',
    'dense_normalization': False,
    **IMAGENET,
    'head_dropout': 0.0,
}
"""What networks have unless they say otherwise, so that nothing of an earlier preset stays."""
MIRRORED: dict[str, Any] = {
    'flip': True,
    'brightness': 0.0,
    'contrast': 0.0,
    'saturation': 0.0,
    'rotation': 0.0,
    'cutout': 0.0,
}
"""Augmentation of those that mirror and crop alone."""
_IN_PLACE: dict[str, Any] = {**MIRRORED, 'expansion': 1.0}
_TRAINING: dict[str, Any] = {
    'ddof': 0,
    'epochs': 25,
    'optimizer': 'adam',
    'head_rate': 1.0,
    'beta_1': 0.9,
    'beta_2': 0.999,
    'decay_rate': 0.9,
    'decay_steps': 0,
    'warmup_steps': 0,
}
"""Likewise of training."""

_MOLLAHOSSEINI2017: dict[str, dict[str, Any]] = {
    **_ALONE,
    'input': {'image_size': 224, 'crop': 0.125},
    'augmentation': _IN_PLACE,
    'network': {**_NETWORK, 'encoder': 'alexnet', 'pooling': 'grid', 'head': (4096, 4096, 1000), 'head_dropout': 0.5},
    'training': {
        **_TRAINING,
        'loss': 'mse',
        'batch_size': 256,
        'epochs': 16,
        'optimizer': 'sgd',
        'learning_rate': 1e-3,
        'schedule': 'staircase',
        'decay_rate': 0.1,
        'decay_steps': 10_000,
    },
}
_JANG2019: dict[str, dict[str, Any]] = {
    **_ALONE,
    'input': {'image_size': 300, 'crop': 0.0625},
    'augmentation': {**MIRRORED, 'brightness': 0.125, 'contrast': 0.5, 'saturation': 0.5, 'expansion': 2.0},
    'network': {**_NETWORK, 'encoder': 'face_ssd'},
    'training': {
        **_TRAINING,
        'loss': 'mse',
        'batch_size': 32,
        'learning_rate': 1e-4,
        'schedule': 'staircase',
        'decay_rate': 0.9,
        'decay_steps': 5000,
    },
}
_KOLLIAS2018: dict[str, dict[str, Any]] = {
    **_ALONE,
    'input': {'image_size': 96, 'crop': 0.0},
    'augmentation': _IN_PLACE,
    'network': {
        **_NETWORK,
        'encoder': 'vgg16',
        'pooling': 'flatten',
        'mean': (0.5, 0.5, 0.5),
        'standard_deviation': (0.5, 0.5, 0.5),
        'head': (4096, 4096),
        'head_dropout': 0.5,
    },
    'training': {**_TRAINING, 'loss': 'ccc', 'batch_size': 64, 'learning_rate': 1e-4, 'schedule': 'constant'},
}
_BARROS2019: dict[str, dict[str, Any]] = {
    **_ALONE,
    'input': {'image_size': 64, 'crop': 0.0625},
    'augmentation': {**_IN_PLACE, 'rotation': 10.0},
    'network': {
        **_NETWORK,
        'encoder': 'face_channel',
        'pooling': 'flatten',
        'mean': (0.0, 0.0, 0.0),
        'standard_deviation': (1.0, 1.0, 1.0),
        'head': (200,),
        'head_output': 'tanh',
    },
    'training': {
        **_TRAINING,
        'loss': 'mse',
        'batch_size': 128,
        'epochs': 100,
        'optimizer': 'adamax',
        'learning_rate': 2e-3,
        'schedule': 'exponential',
        'decay_rate': 0.97,
        'decay_steps': 0,
    },
}
_KOSSAIFI2020: dict[str, dict[str, Any]] = {
    **_ALONE,
    'input': {'image_size': 224, 'crop': 0.125},
    'augmentation': {**_IN_PLACE, 'brightness': 0.15, 'contrast': 0.2, 'saturation': 0.2},
    'network': {**_NETWORK, 'encoder': 'cp_resnet18', 'pooling': 'global'},
    'training': {
        **_TRAINING,
        'loss': 'mse_agreement',
        'batch_size': 128,
        'learning_rate': 1e-4,
        'schedule': 'staircase',
        'decay_rate': 0.9,
        'decay_steps': 5000,
    },
}
_HASANI2020: dict[str, dict[str, Any]] = {
    **_ALONE,
    'input': {'image_size': 64, 'crop': 0.1},
    'augmentation': {**_IN_PLACE, 'brightness': 0.05, 'contrast': 0.3, 'saturation': 0.4},
    'network': {
        **_NETWORK,
        'encoder': 'breg_next50',
        'pooling': 'global',
        'mean': (0.5727663, 0.44812188, 0.39362228),
        'standard_deviation': (1.0, 1.0, 1.0),
    },
    'training': {
        **_TRAINING,
        'loss': 'mse',
        'batch_size': 64,
        'epochs': 100,
        'learning_rate': 1e-4,
        'schedule': 'staircase',
        'decay_rate': 0.8,
        'decay_steps': 8000,
    },
}

SYSTEMS: dict[str, dict[str, dict[str, Any]]] = {
    'mollahosseini2017': _MOLLAHOSSEINI2017,
    'jang2019': _JANG2019,
    'kollias2018': _KOLLIAS2018,
    'barros2019': _BARROS2019,
    'kossaifi2020': _KOSSAIFI2020,
    'hasani2020': _HASANI2020,
}
"""In the poster's order."""
