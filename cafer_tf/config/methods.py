"""What is learned beside valence and arousal, so that the embedding keeps the person out of them."""

from __future__ import annotations

import dataclasses
from typing import Literal

from cafer_tf.config.errors import require


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
        warmup_steps: in which the weight first rises from 0, in proportion to the step; 0 has all of it from the start.
        pairs: what the critic learns to tell apart: `emotion` (pairs of strong emotion, and strong with weak: the
            paper's) or `person` (pairs of one person's faces, and of two people's). `person` needs data that name the
            person, the encoder's objective `divergence`, and batches that are not balanced; see the preset
            `person_pairs`.
        critic_objective: `divergence` (the poster's bound) or `lagrangian` (the authors' code, after Fisher GAN).
        multiplier, penalty: λ at the start, and ρ, of `lagrangian`.
        critic_steps: of the critic on each batch, before the encoder's one.
        encoder_objective: `mean_output` raises the critic's output on weak emotion (the authors' code); `divergence`
            lowers the bound that the critic raises, by way of the weak examples.
        update_order: `shared` makes one encoder pass a step; `reference` is the order of the authors' code, with three.
        separate_optimizer: whether the encoder's adversarial term has an optimizer of its own. Its gradient is then
            taken by itself, which costs `shared` a second backward pass.
    """

    weight: float = 0.1
    warmup_steps: int = 0
    pairs: Literal['emotion', 'person'] = 'emotion'
    critic_objective: Literal['divergence', 'lagrangian'] = 'divergence'
    multiplier: float = 0.0
    penalty: float = 1e-6
    critic_steps: int = 1
    encoder_objective: Literal['mean_output', 'divergence'] = 'mean_output'
    update_order: Literal['shared', 'reference'] = 'shared'
    separate_optimizer: bool = False

    def __post_init__(self) -> None:
        require(self.weight >= 0, 'adversarial.weight must not be negative')
        require(self.warmup_steps >= 0, 'adversarial.warmup_steps must not be negative')
        require(self.penalty >= 0, 'adversarial.penalty must not be negative')
        require(self.critic_steps >= 1, 'adversarial.critic_steps must be at least 1')
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
class SimilarityConfig:
    """Contrast of two views of the embedding by angle and intensity in the plane of valence and arousal (AVCE).

    Attributes:
        weight: of the contrast; 0 trains without it.
        learning_rate: of the views' projections, by SGD with a momentum of 0.9.
    """

    weight: float = 0.0
    learning_rate: float = 1e-2

    def __post_init__(self) -> None:
        require(self.weight >= 0, 'similarity.weight must not be negative')
        require(self.learning_rate > 0, 'similarity.learning_rate must be positive')


@dataclasses.dataclass(frozen=True)
class MatchingConfig:
    """Regression of embeddings that are freed of each person's shift, which is found by matching people (ELIM).

    Needs data that name the person.

    Attributes:
        weight: of the regression of the freed embeddings; 0 trains without it.
        people: of a batch that are matched, at least 2: a reference, and the others with it.
        sharpness: λ of the kernel `exp(-λ cost)`.
        iterations: of Sinkhorn's algorithm.
        start, full: the steps at which the weight begins to grow, in proportion to the step, and at which it is whole.
    """

    weight: float = 0.0
    people: int = 10
    sharpness: float = 5.0
    iterations: int = 5
    start: int = 5
    full: int = 50

    def __post_init__(self) -> None:
        require(self.weight >= 0, 'matching.weight must not be negative')
        require(self.people >= 2, 'matching.people must be at least 2')
        require(self.sharpness > 0, 'matching.sharpness must be positive')
        require(self.iterations >= 1, 'matching.iterations must be at least 1')
        require(0 <= self.start <= self.full, 'matching.start must be in [0, matching.full]')
