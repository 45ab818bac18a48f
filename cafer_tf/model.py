"""`Cafer`: encoder, AV head and critic, trained against each other in one Keras model."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf import features, finite, optimizers, targets
from cafer_tf.averaging import WeightAverage
from cafer_tf.config import Config
from cafer_tf.metrics import RunningMeans, agreement_metrics
from cafer_tf.networks import build_networks
from cafer_tf.objectives import adversarial_term, critic_terms
from cafer_tf.pairing import Pairing, pair_groups, pair_people
from cafer_tf.replicas import GlobalBatch
from cafer_tf.steps import reference_step, shared_step, term_names
from cafer_tf.supervision import regress, supervise
from cafer_tf.targets import Targets

_STEPS = {'shared': shared_step, 'reference': reference_step}


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class Cafer(tf.keras.Model):
    """Person-independent valence and arousal: encoder E, AV head R and critic C.

    By default each training step makes one forward pass of the encoder, updates the critic on its detached features,
    and then updates encoder and head together against the updated critic:

    `min_C -J(C(E(x)))`, then `min_(E, R) L_agreement(y, R(E(x))) - w · mean C(E(x_weak))`

    The variants of the method, and other methods, are choices of the configuration (`grouping`, `adversarial`,
    `margin`, `similarity`, `matching`, `training.loss`; see `cafer_tf.config.PRESETS`). Under a distribution strategy
    every statistic is that of the global batch, so that the number of replicas changes nothing.

    Inputs are images `[n, size, size, 3]`, float, RGB in [0, 1]; targets are labels `[n, 2]`, valence first, in
    [-1, 1], or, with `adversarial.pairs` of `person`, `{'labels': labels, 'people': [n] integers}`; so with
    `matching.weight` in training, and a network that finds faces takes `boxes` `[n, 3]` beside the labels. Strong and
    weak emotion are parted at `threshold`; batches hold any number of each, half and half at best.

    Example:
        ```python
        threshold = cafer_tf.grouping.otsu_threshold(cafer_tf.grouping.intensity(labels))
        model = cafer_tf.Cafer(cafer_tf.Config(), threshold=threshold)
        model.compile(steps_per_epoch=len(train))  # a schedule of the learning rate goes by epochs
        model.fit(train, validation_data=validation, epochs=30)
        model.predict(images)  # [n, 2]: valence, arousal
        model.save('model.keras')
        ```

    Args:
        config: the configuration, as `Config` or as its dictionary.
        threshold: τ, Otsu's threshold of the training split's emotional intensity, in [0, sqrt(2)].
        name: the model's name.

    Reference: D. H. Kim and B. C. Song, "Contrastive Adversarial Learning for Person Independent Facial Emotion
    Recognition", AAAI 2021.
    """

    def __init__(self, config: Config | dict[str, Any] | None = None, threshold: float = 0.5, name: str = 'cafer'):
        super().__init__(name=name)
        if not 0 <= threshold <= features.MAX_INTENSITY:
            raise ValueError(f'threshold must be an emotional intensity in [0, sqrt(2)]; it is {threshold}')
        self.config = Config.from_dict(config) if isinstance(config, dict) else config or Config()
        self.threshold = float(threshold)
        self.encoder, self.head, self.critic, self.projector = build_networks(self.config)
        self.multiplier: tf.Variable | None = None
        if self.adversarial and self.config.adversarial.critic_objective == 'lagrangian':
            self.multiplier = self.add_weight(
                'multiplier',
                shape=[],
                initializer=tf.keras.initializers.Constant(self.config.adversarial.multiplier),
                trainable=False,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )
        self.head_optimizer: tf.keras.optimizers.Optimizer | None = None
        self.critic_optimizer: tf.keras.optimizers.Optimizer | None = None
        self.adversarial_optimizer: tf.keras.optimizers.Optimizer | None = None
        self.projector_optimizer: tf.keras.optimizers.Optimizer | None = None
        self.average: WeightAverage | None = None
        self._means = RunningMeans([])
        size = self.config.input.image_size
        self.build([None, size, size, 3])

    def build(self, input_shape: Any) -> None:
        """The networks build themselves; this only marks the model as built."""
        self.built = True

    @property
    def adversarial(self) -> bool:
        """Whether there is an adversarial term, and so a critic to train."""
        return self.config.adversarial.weight > 0

    @property
    def optimizers(self) -> dict[str, tf.keras.optimizers.Optimizer]:
        """The optimizers by name.

        `encoder` and `head`; `critic`, and `adversarial` where the encoder has a second one; `projector` of the views.
        """
        every = {
            'encoder': self.optimizer,
            'head': self.head_optimizer,
            'critic': self.critic_optimizer,
            'adversarial': self.adversarial_optimizer,
            'projector': self.projector_optimizer,
        }
        return {name: optimizer for name, optimizer in every.items() if optimizer is not None}

    def compile(
        self,
        optimizer: Any = None,
        head_optimizer: Any = None,
        critic_optimizer: Any = None,
        adversarial_optimizer: Any = None,
        projector_optimizer: Any = None,
        metrics: list[tf.keras.metrics.Metric] | None = None,
        steps_per_epoch: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Sets the optimizers and metrics.

        Args:
            optimizer: of the encoder. By default the configured one.
            head_optimizer: of the head. By default one like `optimizer`, or the configured one at `training.head_rate`.
            critic_optimizer: of the critic. By default the configured one.
            adversarial_optimizer: of the encoder against the critic, with `adversarial.separate_optimizer`; by default
                the configured one.
            projector_optimizer: of the views' projections, with `similarity.weight`; by default SGD.
            metrics: by default the mean CCC, and RMSE, PCC, CCC and SAGR of valence and of arousal.
            steps_per_epoch: what the configured schedule of the learning rate needs where it goes by epochs; without
                it, such a rate is constant.
            **kwargs: as for `keras.Model.compile`; a `loss` is refused, since the model brings its own.

        With `training.ema` the steps keep an average of the weights; the callback `AveragedWeights` of
        `cafer_tf.callbacks` judges and keeps the model by it, as `training.train` does.
        """
        if kwargs.pop('loss', None) is not None:
            raise ValueError('Cafer brings its own losses; compile it without loss')
        settings = self.config.adversarial
        separate = self.adversarial and settings.separate_optimizer
        if adversarial_optimizer is not None and not separate:
            raise ValueError('an adversarial_optimizer needs adversarial.separate_optimizer')
        if projector_optimizer is not None and self.projector is None:
            raise ValueError('a projector_optimizer needs similarity.weight above 0')
        # The authors' order applies the encoder's optimizer once for the labels and once against the critic.
        twice = self.adversarial and settings.update_order == 'reference' and not separate
        training = self.config.training

        def chosen(given: Any, updates_per_step: int = 1, relative_rate: float = 1) -> tf.keras.optimizers.Optimizer:
            if given is None:
                given = optimizers.configured(training, steps_per_epoch, updates_per_step, relative_rate)
            return optimizers.scaled(given, training.precision)

        if optimizer is not None:
            optimizer = tf.keras.optimizers.get(optimizer)
            if head_optimizer is None:
                head_optimizer = type(optimizer).from_config(optimizer.get_config())
        super().compile(
            optimizer=chosen(optimizer, 2 if twice else 1),
            metrics=agreement_metrics() if metrics is None else metrics,
            **{'jit_compile': training.jit_compile, **kwargs},
        )
        self.head_optimizer = chosen(head_optimizer, relative_rate=training.head_rate)
        self.critic_optimizer = chosen(critic_optimizer, settings.critic_steps) if self.adversarial else None
        self.adversarial_optimizer = chosen(adversarial_optimizer) if separate else None
        if self.projector is not None:
            views = optimizers.momentum(self.config.similarity.learning_rate)
            self.projector_optimizer = chosen(views if projector_optimizer is None else projector_optimizer)
        networks = {
            'encoder': self.encoder,
            'head': self.head,
            'critic': self.critic,
            'adversarial': self.encoder,
            'projector': self.projector,
        }
        for name, owner in self.optimizers.items():
            owner.build(networks[name].trainable_variables)
        self.average = WeightAverage(self.trainable_variables, training.ema) if training.ema else None
        self._means = RunningMeans(term_names(self.config))
        # Keras would make them with the first batch, after a backup restores them.
        self.compiled_metrics.build(y_pred=tf.zeros([1, 2]), y_true=tf.zeros([1, 2]))

    @property
    def metrics(self) -> list[tf.keras.metrics.Metric]:
        """Running means of the terms of the step, then the compiled metrics; all are reset every epoch."""
        return [*self._means.metrics, *super().metrics]

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Valence and arousal `[n, 2]`; kept within [-1, 1] outside training."""
        embedding = self.encoder(inputs, training=True) if training else self._encode(inputs)
        return regress(self.head, embedding, training)

    def _encode(self, images: tf.Tensor) -> tf.Tensor:
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return self.encoder(images, training=False)
        # A last batch may leave a replica without images, on which TensorFlow's convolutions fail.
        count = tf.shape(images)[0]
        missing = tf.cast(count == 0, tf.int32)
        return self.encoder(tf.pad(images, [[0, missing], [0, 0], [0, 0], [0, 0]]), training=False)[:count]

    def embed(self, images: tf.Tensor) -> tf.Tensor:
        """The encoder's features `[n, d]` of images `[n, size, size, 3]`."""
        return tf.cast(self.encoder(images, training=False), tf.float32)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One alternation of critic and encoder, in the configured order (see `cafer_tf.steps`)."""
        images, own = targets.unpack(data, self.config, training=True)
        inputs = {'images': tf.reduce_sum(images), 'labels': tf.reduce_sum(own.labels)}
        # Before the forward pass, which would carry a NaN into the moving averages of batch normalisation.
        with tf.control_dependencies([finite.require_finite(inputs)]):
            images, own = tf.identity(images), own._replace(labels=tf.identity(own.labels))
        batch, every, pairing = self._pair(images, own)
        step = _STEPS[self.config.adversarial.update_order]
        predictions, terms = step(self, images, every, pairing, batch)
        if self.average is not None:
            self.average.update()
        return self._report(own.labels, predictions, pairing, terms)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """The terms by which a batch is judged, without an update.

        What is measured in training alone is not among them: the terms of `similarity` and `matching`, which only
        teach, and the norms of gradients. `evaluate` names those that are with `return_dict=True`.
        """
        images, own = targets.unpack(data, self.config, training=False)
        batch, every, pairing = self._pair(images, own)
        embedding = self._encode(images)
        predictions, terms = supervise(self, embedding, every, batch, training=False)
        monitored = {}
        if self.adversarial:
            outputs = batch.gather(tf.cast(self.critic(embedding, training=False), tf.float32))
            terms |= adversarial_term(outputs, outputs, pairing, self.config)
            monitored = critic_terms(outputs, pairing, self.config, self.multiplier)
        terms['loss'] = tf.add_n(list(terms.values()))
        return self._report(own.labels, predictions, pairing, terms | monitored)

    def _pair(self, images: tf.Tensor, own: Targets) -> tuple[GlobalBatch, Targets, Pairing]:
        batch, rule = GlobalBatch(tf.shape(images)[0]), self.config.grouping.rule
        every = Targets(*(None if part is None else batch.gather(part) for part in own))
        if self.config.adversarial.compares_people:
            return batch, every, pair_people(every.labels, every.people, self.threshold, rule)
        return batch, every, pair_groups(every.labels, self.threshold, rule)

    def fit(self, *args: Any, **kwargs: Any) -> tf.keras.callbacks.History:
        """As `keras.Model.fit`.

        Raises:
            NonFiniteError: a loss term or a gradient became NaN or infinite; it names the step and the term.
        """
        if self.jit_compile:  # XLA leaves assertions out
            kwargs['callbacks'] = [
                finite.StopAtNonFinite(),
                *(kwargs.get('callbacks') or []),
            ]  # before a backup is made
        try:
            return super().fit(*args, **kwargs)
        except tf.errors.InvalidArgumentError as error:
            if (readable := finite.translate(error, int(self._train_counter.numpy()))) is not None:
                raise readable from None
            raise

    def _report(
        self, labels: tf.Tensor, predictions: tf.Tensor, pairing: Pairing, terms: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        measured = terms | {'threshold': pairing.threshold, 'strong_fraction': pairing.strong_fraction}
        self._means.update(measured)
        results = self.compute_metrics(None, labels, predictions, None)
        # A mean of nothing would read 0.
        missing = {mean.name for mean in self._means.metrics} - measured.keys()
        return {name: result for name, result in results.items() if name not in missing}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {'config': self.config.to_dict(), 'threshold': self.threshold, 'name': self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Cafer:
        """The model that `get_config` describes."""
        return cls(**config)

    def get_compile_config(self) -> dict[str, Any] | None:
        """The optimizers; None before `compile`."""
        if self.head_optimizer is None:
            return None
        names = {'encoder': 'optimizer', 'head': 'head_optimizer'}
        return {
            names.get(name, f'{name}_optimizer'): tf.keras.saving.serialize_keras_object(optimizer)
            for name, optimizer in self.optimizers.items()
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as `get_compile_config` says, with the default metrics."""
        self.compile(**{key: tf.keras.saving.deserialize_keras_object(value) for key, value in config.items()})
