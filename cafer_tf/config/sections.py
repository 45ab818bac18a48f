"""The parts of a configuration; each checks its own values."""

from __future__ import annotations

import dataclasses
from typing import Literal

from cafer_tf.config.errors import require

Encoder = Literal['compact', 'alexnet', 'resnet18']
SMALLEST_IMAGE = {'compact': 32, 'alexnet': 63, 'resnet18': 32}
"""The smallest side, in pixels, of an encoder's input."""


@dataclasses.dataclass(frozen=True)
class FacesConfig:
    """From a photograph to the face that the network sees; the same at ingestion and at prediction.

    Attributes:
        source: where the face is: `as_is` (each image shows one face, cropped already), `given` (where the data set's
            landmarks or boxes say; at prediction, where the detector does) or `detect` (where the detector says).
        align: whether the eyes are made level.
        margin: what the crop adds on each side, as a fraction of the face's side, in [0, 2].
        size: side, in pixels, of the image that is stored; 0 keeps the file's bytes, which `as_is` alone can.
        quality: of the JPEG that is stored, in [1, 100].
        min_confidence: the least confidence of a detection, in [0, 1].
    """

    source: Literal['as_is', 'given', 'detect'] = 'as_is'
    align: bool = True
    margin: float = 0.3
    size: int = 0
    quality: int = 95
    min_confidence: float = 0.9

    def __post_init__(self) -> None:
        require(0 <= self.margin <= 2, 'faces.margin must be in [0, 2]')
        require(0 <= self.size <= 4096, 'faces.size must be in [0, 4096] pixels')
        require(1 <= self.quality <= 100, 'faces.quality must be in [1, 100]')
        require(0 <= self.min_confidence <= 1, 'faces.min_confidence must be in [0, 1]')
        require(
            self.source == 'as_is' or self.size > 0,
            f'faces.size must be given with faces.source {self.source}: the side of the crops, in pixels, for example '
            '96; a little more than input.image_size leaves room for the random crop',
        )


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
        require(0 <= self.crop <= 0.5, 'input.crop must be in [0, 0.5]')


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
        require(0 <= self.cutout <= 0.5, 'augmentation.cutout must be in [0, 0.5]')
        for name in ('brightness', 'contrast', 'saturation'):
            require(0 <= getattr(self, name) < 1, f'augmentation.{name} must be in [0, 1)')
        require(0 <= self.rotation <= 180, 'augmentation.rotation must be in [0, 180] degrees')


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The networks.

    Attributes:
        encoder: `compact` (a residual network that two processor cores can train), `alexnet` or `resnet18` (the
            paper's).
        pooling: what becomes of the last feature map: `grid` averages it to 6 x 6 cells, `global` to one; `auto` is
            `grid` for `alexnet`, as in the paper, and `global` otherwise.
        mean, standard_deviation: of the red, green and blue that the encoder was trained on, in [0, 1]; ImageNet's.
            They are part of the network, wherever it is saved.
        head_dropout: dropout before each of the first two dense layers of the AV head. The default suits the compact
            encoder's 128 features; the paper has 0.5 on AlexNet's 9,216.
        critic_dropout: dropout before the critic's activation; the paper's.
        critic_output: activation of the critic's output.
        spectral_normalization: whether the critic's layers have a spectral norm of 1.
        encoder_weights, head_weights: files of pretrained weights (see `cafer_tf.networks.load_weights`); none where
            empty.
    """

    encoder: Encoder = 'compact'
    pooling: Literal['auto', 'grid', 'global'] = 'auto'
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


@dataclasses.dataclass(frozen=True)
class GroupingConfig:
    """How a batch is parted into strong and weak emotion.

    Attributes:
        rule: `otsu` (Otsu's threshold of the training split), `otsu_per_batch` (of each batch) or `legacy` (the
            cumulative rule of the authors' code).
        balanced: whether training batches are drawn half from above and half from below the training split's threshold;
            otherwise they are drawn from all examples alike.
    """

    rule: Literal['otsu', 'otsu_per_batch', 'legacy'] = 'otsu'
    balanced: bool = True


@dataclasses.dataclass(frozen=True)
class AdversarialConfig:
    """Critic against encoder.

    Attributes:
        weight: `w`, of the encoder's adversarial term; 0 trains without a critic. The default is that of the authors'
            code.
        pairs: what the critic learns to tell apart: `emotion` (pairs of strong emotion, and strong with weak: the
            paper's) or `person` (pairs of one person's faces, and of two people's). `person` needs data that name the
            person, the encoder's objective `divergence`, and batches that are not balanced; see the preset
            `person_pairs`.
        critic_objective: `divergence` (the poster's bound) or `lagrangian` (the authors' code, after Fisher GAN).
        multiplier, penalty: λ at the start, and ρ, of `lagrangian`.
        encoder_objective: `mean_output` raises the critic's output on weak emotion (the authors' code); `divergence`
            lowers the bound that the critic raises, by way of the weak examples.
        update_order: `shared` makes one encoder pass a step; `reference` is the order of the authors' code, with three.
        separate_optimizer: whether the encoder's adversarial term has an optimizer of its own. Its gradient is then
            taken by itself, which costs `shared` a second backward pass.
    """

    weight: float = 0.1
    pairs: Literal['emotion', 'person'] = 'emotion'
    critic_objective: Literal['divergence', 'lagrangian'] = 'divergence'
    multiplier: float = 0.0
    penalty: float = 1e-6
    encoder_objective: Literal['mean_output', 'divergence'] = 'mean_output'
    update_order: Literal['shared', 'reference'] = 'shared'
    separate_optimizer: bool = False

    def __post_init__(self) -> None:
        require(self.weight >= 0, 'adversarial.weight must not be negative')
        require(self.penalty >= 0, 'adversarial.penalty must not be negative')
        require(
            self.pairs == 'emotion' or self.encoder_objective == 'divergence',
            'adversarial.pairs person needs adversarial.encoder_objective divergence: there is no weak group whose '
            'output the encoder could raise',
        )

    @property
    def compares_people(self) -> bool:
        """Whether training needs to know who is shown."""
        return self.weight > 0 and self.pairs == 'person'


@dataclasses.dataclass(frozen=True)
class MarginConfig:
    """The adaptive margin, mutual information plus a confidence term; with neither, a static one.

    Attributes:
        mutual_information: `gaussian` (the poster), `channel` (the authors' code, for each pair) or `none`.
        variance: σ² of `channel`.
        confidence: `closed_form` (the poster), `log(N / c) / (2 K)` with N the batch size; `nearest_neighbours` (the
            authors' code, for each pair); or `none`.
        constant: `c` of `closed_form`, in (0, N]. The poster gives no value; with 1 the term is `log N / (2 K)`.
        neighbours: `K` of `closed_form`, at least 1. The poster gives no value; 4 lifts the margin to 0.52 at a batch
            of 64.
        coefficient: `A` of `nearest_neighbours`, above 1/2.
        static: a part that does not adapt, not negative; by itself where the other two are `none`.
        stop_gradient: whether the margin is a constant for the critic's gradient; in the authors' code it is not.
    """

    mutual_information: Literal['gaussian', 'channel', 'none'] = 'gaussian'
    variance: float = 0.2
    confidence: Literal['closed_form', 'nearest_neighbours', 'none'] = 'closed_form'
    constant: float = 1.0
    neighbours: int = 4
    coefficient: float = 0.7
    static: float = 0.0
    stop_gradient: bool = True

    def __post_init__(self) -> None:
        require(self.variance > 0, 'margin.variance must be positive')
        require(self.constant > 0, 'margin.constant (c) must be positive')
        require(self.neighbours >= 1, 'margin.neighbours (K) must be at least 1')
        require(self.static >= 0, 'margin.static must not be negative')
        require(self.coefficient > 0.5, 'margin.coefficient (A) must be above 1/2: a neighbourhood has two members')


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the networks are trained.

    Attributes:
        batch_size: examples of one step, over all replicas; even.
        epochs: passes over as many examples as the training split holds, at most.
        patience: epochs without a better validation CCC after which training stops; 0 for all epochs.
        learning_rate: of Adam, for encoder, head and critic alike. The default suits the compact encoder; the paper has
            1e-4 for AlexNet.
        beta_1, beta_2: Adam's decay rates; the paper's.
        schedule: of the learning rate: `constant`; `exponential` or `staircase`, which multiply it by `decay_rate`
            every `decay_steps`, smoothly or at once; or `cosine`, down to 0 at the last epoch.
        decay_rate: of `exponential` and `staircase`, in (0, 1].
        decay_steps: of the same; 0 is an epoch. (The paper has .9 every 5,000 steps.)
        clip_norm: largest norm of the gradient of each network; longer ones are shortened. 0 does not clip.
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
    learning_rate: float = 1e-3
    beta_1: float = 0.5
    beta_2: float = 0.9
    schedule: Literal['constant', 'exponential', 'staircase', 'cosine'] = 'exponential'
    decay_rate: float = 0.9
    decay_steps: int = 0
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
        require(self.learning_rate > 0, 'training.learning_rate must be positive')
        for name in ('beta_1', 'beta_2', 'ema'):
            require(0 <= getattr(self, name) < 1, f'training.{name} must be in [0, 1)')
        require(0 < self.decay_rate <= 1, 'training.decay_rate must be in (0, 1]')
        for name in ('patience', 'decay_steps', 'clip_norm'):
            require(getattr(self, name) >= 0, f'training.{name} must not be negative')
        require(self.backup_steps >= 1, 'training.backup_steps must be at least 1')
