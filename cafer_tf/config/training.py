"""How the networks are trained."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Literal

from cafer_tf.config.errors import require


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the networks are trained.

    Attributes:
        batch_size: examples of one step, over all replicas; even.
        epochs: passes over as many examples as the training split holds, at most.
        patience: epochs without a better validation CCC after which training stops; 0 for all epochs.
        loss: of valence and arousal: `agreement` (RMSE and lack of correlation and concordance, the paper's), `mse`,
            `mse_agreement` (`agreement` with MSE in the place of RMSE) or `ccc` (lack of concordance alone).
        optimizer: `adam`, `adamax` or `sgd`.
        learning_rate: of encoder and critic, and of the head times `head_rate`. The default suits the compact encoder;
            the paper has 1e-4 for AlexNet.
        head_rate: learning rate of the head, relative to `learning_rate`.
        beta_1, beta_2: decay rates of Adam and Adamax; the paper's. With `sgd`, `beta_1` is the momentum.
        schedule: of the learning rate: `constant`; `exponential` or `staircase`, which multiply it by `decay_rate`
            every `decay_steps`, smoothly or at once; `milestones`, which does so at those steps; or `cosine`, down to 0
            at the last epoch.
        decay_rate: of `exponential`, `staircase` and `milestones`, in (0, 1].
        decay_steps: of `exponential` and `staircase`; 0 is an epoch. (The paper has .9 every 5,000 steps.)
        milestones: steps, one after another.
        warmup_steps: of `cosine`, in which the rate first rises from 0; at most half of the training's. Networks
            without normalisation need them at rates that suit those with it.
        clip_norm: largest norm of the gradient of encoder, head and critic; longer ones are shortened. 0 does not clip.
        ema: momentum of an exponential moving average of the weights, by which the model is then judged and exported;
            0 uses the weights themselves.
        ddof: 0 for plain moments in the loss of the AV head; `published` for those of the authors' code.
        precision: `float32`, `mixed_float16` or `mixed_bfloat16`; statistics are float32 in each.
        jit_compile: whether XLA compiles the step; for one replica.
        backup_steps: steps between two backups, from which a run that was killed goes on, besides one an epoch.
        seed: of initialisation, order and augmentation.
    """

    batch_size: int = 64
    epochs: int = 25
    patience: int = 0
    loss: Literal['agreement', 'mse', 'mse_agreement', 'ccc'] = 'agreement'
    optimizer: Literal['adam', 'adamax', 'sgd'] = 'adam'
    learning_rate: float = 1e-3
    head_rate: float = 1.0
    beta_1: float = 0.5
    beta_2: float = 0.9
    schedule: Literal['constant', 'exponential', 'staircase', 'milestones', 'cosine'] = 'exponential'
    decay_rate: float = 0.9
    decay_steps: int = 0
    milestones: tuple[int, ...] = ()
    warmup_steps: int = 0
    clip_norm: float = 0.0
    ema: float = 0.0
    ddof: Literal[0, 'published'] = 0
    precision: Literal['float32', 'mixed_float16', 'mixed_bfloat16'] = 'float32'
    jit_compile: bool = False
    backup_steps: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.batch_size >= 4 and self.batch_size % 2 == 0, 'training.batch_size must be even and at least 4')
        require(self.epochs >= 1, 'training.epochs must be at least 1')
        for name in ('learning_rate', 'head_rate'):
            require(getattr(self, name) > 0, f'training.{name} must be positive')
        rising = all(earlier < later for earlier, later in itertools.pairwise((0, *self.milestones)))
        require(rising, 'training.milestones must be positive steps, each above the one before')
        require(
            bool(self.milestones) == (self.schedule == 'milestones'),
            'training.milestones and training.schedule milestones belong together: give both or neither',
        )
        for name in ('beta_1', 'beta_2', 'ema'):
            require(0 <= getattr(self, name) < 1, f'training.{name} must be in [0, 1)')
        require(0 < self.decay_rate <= 1, 'training.decay_rate must be in (0, 1]')
        require(
            not self.warmup_steps or self.schedule == 'cosine',
            'training.warmup_steps are of training.schedule cosine; leave them out, or choose that schedule',
        )
        for name in ('patience', 'decay_steps', 'warmup_steps', 'clip_norm'):
            require(getattr(self, name) >= 0, f'training.{name} must not be negative')
        require(self.backup_steps >= 1, 'training.backup_steps must be at least 1')
