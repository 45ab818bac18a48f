"""The presets that the study compares, and the steps between them."""

from __future__ import annotations

from typing import Any

from cafer_tf.config import Config

BUDGET: dict[str, Any] = {
    'input.image_size': 32,
    'input.crop': 0.0625,
    'training.batch_size': 32,
    'training.epochs': 28,
    'training.learning_rate': 2e-3,
    'training.schedule': 'cosine',
}
"""What all variants share: the compact encoder, and as many steps of as many faces."""
STATIC_MARGIN = 0.5
BASELINE, METHOD = 'supervised', 'paper'

_NO_CRITIC: dict[str, Any] = {'adversarial.weight': 0.0}
_Choices = dict[str, tuple[str, dict[str, Any]]]
_LADDER: _Choices = {
    'supervised': ('supervised', {}),
    'balanced': ('paper', _NO_CRITIC),
    'static_margin': (
        'paper',
        {'margin.mutual_information': 'none', 'margin.confidence': 'none', 'margin.static': STATIC_MARGIN},
    ),
    'adaptive_margin': ('paper', {'margin.confidence': 'none'}),
    'paper': ('paper', {}),
    'divergence_encoder': ('paper', {'adversarial.encoder_objective': 'divergence'}),
    'published_code': ('published_code', {}),
}
_BESIDE: _Choices = {
    'person_pairs': ('person_pairs', {}),
    'avce2022': ('avce2022', {}),
    'elim2022': ('elim2022', {}),
}
LADDER = tuple(_LADDER)
"""From labels alone to the method and to its authors' code; the other variants are other methods."""
DESCRIPTIONS = {
    'supervised': 'labels alone',
    'balanced': '+ batches half strong, half weak',
    'static_margin': f'+ critic, static margin {STATIC_MARGIN:g}',
    'adaptive_margin': '+ critic, adaptive margin without the confidence term',
    'paper': '+ critic, adaptive margin with it (the method)',
    'divergence_encoder': "the method, the encoder's objective by divergence",
    'published_code': "the authors' published code",
    'person_pairs': 'no groups: critic of the person, adaptive margin, encoder by divergence, weight 1',
    'avce2022': 'a newer method: two views of the embedding, compared by angle and intensity',
    'elim2022': "a newer method: regression without each person's shift",
}
"""Each variant in a few words: the ladder, from the fewest parts to the most, and then other methods."""


def config_of(variant: str, seed: int, changes: dict[str, Any] | None = None) -> Config:
    """The configuration of a variant.

    Args:
        variant: a name of `DESCRIPTIONS`.
        seed: of initialisation, order and augmentation.
        changes: values that differ from the study's, by path; variants without a critic stay without one.

    Raises:
        ConfigError: a change that is none.
    """
    preset, choices = (_LADDER | _BESIDE)[variant]
    own = Config.from_preset(preset).with_changes(choices.items())
    everything = {**BUDGET, 'training.seed': seed, **(changes or {})}
    if not own.adversarial.weight:
        everything |= _NO_CRITIC
    return own.with_changes(everything.items())
