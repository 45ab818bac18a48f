"""`Cafer`: encoder, AV head and critic, trained against each other in one Keras model."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf import features, finite
from cafer_tf.config import Config
from cafer_tf.correlation import weighted_mean
from cafer_tf.losses import agreement_terms, contrastive_adversarial_loss, encoder_adversarial_loss, pair_distances
from cafer_tf.margins import adaptive_margin
from cafer_tf.metrics import RunningMean, agreement_metrics
from cafer_tf.networks import build_critic, build_encoder, build_head
from cafer_tf.pairing import Pairing, pair_groups


@tf.keras.utils.register_keras_serializable(package='cafer_tf')
class Cafer(tf.keras.Model):
    """Person-independent valence and arousal: encoder E, AV head R and critic C.

    Each training step makes one forward pass of the encoder, updates the critic on its detached features, and then
    updates encoder and head together against the updated critic:

    `min_C -J(C(E(x)))`, then `min_(E, R) L_agreement(y, R(E(x))) - w · mean C(E(x_weak))`

    Inputs are images `[n, size, size, 3]`, float, RGB in [0, 1]; targets are labels `[n, 2]`, valence first, in
    [-1, 1]. Strong and weak emotion are parted at `threshold`; batches hold any number of each, half and half at best.

    Example:
        ```python
        threshold = cafer_tf.grouping.otsu_threshold(cafer_tf.grouping.intensity(labels))
        model = cafer_tf.Cafer(cafer_tf.Config(), threshold=threshold)
        model.compile()
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
        self.encoder = build_encoder(self.config.network.encoder, self.config.input.image_size)
        feature_size = self.encoder.output_shape[-1]
        self.head = build_head(feature_size, self.config.network.head_dropout)
        self.critic = build_critic(feature_size)
        self.critic_optimizer: tf.keras.optimizers.Optimizer | None = None
        self._means: dict[str, RunningMean] = {}
        size = self.config.input.image_size
        self.build([None, size, size, 3])

    def build(self, input_shape: Any) -> None:
        """The networks build themselves; this only marks the model as built."""
        self.built = True

    @property
    def adversarial(self) -> bool:
        """Whether there is an adversarial term, and so a critic to train."""
        return self.config.adversarial.weight > 0

    def compile(
        self,
        optimizer: Any = None,
        critic_optimizer: Any = None,
        metrics: list[tf.keras.metrics.Metric] | None = None,
        steps_per_epoch: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Sets the optimizers and metrics.

        Args:
            optimizer: of encoder and head. By default the configured Adam. (One optimizer serves both: Adam's state is
                per variable and they are updated together.)
            critic_optimizer: of the critic, likewise.
            metrics: by default the mean CCC, and RMSE, PCC, CCC and SAGR of valence and of arousal.
            steps_per_epoch: with it, the configured Adam's learning rate decays by `training.decay_rate` an epoch;
                without, it is constant.
            **kwargs: as for `keras.Model.compile`; a `loss` is refused, since the model brings its own.
        """
        if kwargs.pop('loss', None) is not None:
            raise ValueError('Cafer brings its own losses; compile it without loss')
        super().compile(
            optimizer=optimizer or self._adam(steps_per_epoch),
            metrics=agreement_metrics() if metrics is None else metrics,
            **kwargs,
        )
        self.critic_optimizer = tf.keras.optimizers.get(critic_optimizer or self._adam(steps_per_epoch))
        self.optimizer.build(self._regressor_variables)
        self.critic_optimizer.build(self.critic.trainable_variables)
        names = ['loss', 'rmse_loss', 'pcc_loss', 'ccc_loss', 'strong_fraction']
        if self.adversarial:
            names += ['adversarial_loss', 'critic_loss', 'positive_distance', 'negative_distance']
            names += ['margin', 'mutual_information']
        self._means = {name: RunningMean(name) for name in names}

    def _adam(self, steps_per_epoch: int | None) -> tf.keras.optimizers.Optimizer:
        training = self.config.training
        rate: Any = training.learning_rate
        if steps_per_epoch is not None:
            rate = tf.keras.optimizers.schedules.ExponentialDecay(rate, steps_per_epoch, training.decay_rate)
        return tf.keras.optimizers.Adam(rate, training.beta_1, training.beta_2, epsilon=1e-8)

    @property
    def metrics(self) -> list[tf.keras.metrics.Metric]:
        """Running means of the loss terms, then the compiled metrics; all are reset every epoch."""
        return [*self._means.values(), *super().metrics]

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Valence and arousal `[n, 2]`; kept within [-1, 1] outside training."""
        predictions = self.head(self.encoder(inputs, training=training), training=training)
        return predictions if training else _bounded(predictions)

    def embed(self, images: tf.Tensor) -> tf.Tensor:
        """The encoder's features `[n, d]` of images `[n, size, size, 3]`."""
        return self.encoder(images, training=False)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step: the critic first, then encoder and head against the updated critic."""
        images, labels = _unpack(data)
        inputs = {'images': tf.reduce_sum(images), 'labels': tf.reduce_sum(labels)}
        # Before the forward pass, which would carry a NaN into the moving averages of batch normalisation.
        with tf.control_dependencies([finite.require_finite(inputs, self.optimizer.iterations)]):
            images, labels = tf.identity(images), tf.identity(labels)
        pairing = pair_groups(labels, self.threshold)
        monitored = {}
        with tf.GradientTape() as tape:
            embedding = self.encoder(images, training=True)
            if self.adversarial:
                with tape.stop_recording():
                    monitored = self._update_critic(tf.stop_gradient(embedding), pairing)
            predictions = self.head(embedding, training=True)
            terms = self._loss_terms(labels, predictions, embedding, pairing, training=True)
        self._update(self.optimizer, tape, terms, 'loss', self._regressor_variables)
        return self._report(labels, predictions, pairing, terms | monitored)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """The same terms, without an update."""
        images, labels = _unpack(data)
        pairing = pair_groups(labels, self.threshold)
        embedding = self.encoder(images, training=False)
        predictions = _bounded(self.head(embedding, training=False))
        terms = self._loss_terms(labels, predictions, embedding, pairing, training=False)
        if self.adversarial:
            terms |= self._critic_terms(embedding, pairing, training=False)
        return self._report(labels, predictions, pairing, terms)

    def fit(self, *args: Any, **kwargs: Any) -> tf.keras.callbacks.History:
        """As `keras.Model.fit`.

        Raises:
            NonFiniteError: a loss term or a gradient became NaN or infinite; it names the step and the term.
        """
        try:
            return super().fit(*args, **kwargs)
        except tf.errors.InvalidArgumentError as error:
            if (readable := finite.translate(error)) is not None:
                raise readable from None
            raise

    @property
    def _regressor_variables(self) -> list[tf.Variable]:
        return [*self.encoder.trainable_variables, *self.head.trainable_variables]

    def _loss_terms(
        self, labels: tf.Tensor, predictions: tf.Tensor, embedding: tf.Tensor, pairing: Pairing, training: bool
    ) -> dict[str, tf.Tensor]:
        """The terms that encoder and head minimise, and their sum, `loss`."""
        terms = {f'{name}_loss': term for name, term in agreement_terms(labels, predictions).items()}
        if self.adversarial:
            weak_outputs = self.critic(tf.gather(embedding, pairing.weak), training=training)
            weight = self.config.adversarial.weight
            terms['adversarial_loss'] = encoder_adversarial_loss(weak_outputs, weight, pairing.weak_weight)
        return {**terms, 'loss': tf.add_n(list(terms.values()))}

    def _critic_terms(self, embedding: tf.Tensor, pairing: Pairing, training: bool) -> dict[str, tf.Tensor]:
        """What the critic minimises, `critic_loss`, and what it is made of."""
        outputs = self.critic(embedding, training=training)
        strong, weak = tf.gather(outputs, pairing.strong), tf.gather(outputs, pairing.weak)
        margin = adaptive_margin(
            strong,
            tf.gather(weak, pairing.partner),
            batch_size=tf.shape(embedding)[0] * tf.distribute.get_strategy().num_replicas_in_sync,
            constant=self.config.margin.constant,
            neighbours=self.config.margin.neighbours,
            weights=pairing.pair_weight,
        )
        distances = pair_distances(strong, weak, pairing.partner)
        return {
            'critic_loss': contrastive_adversarial_loss(*distances, margin.margin, pairing.pair_weight),
            'positive_distance': weighted_mean(distances.positive, pairing.pair_weight),
            'negative_distance': weighted_mean(distances.negative, pairing.pair_weight),
            'margin': margin.margin,
            'mutual_information': margin.mutual_information,
        }

    def _update_critic(self, embedding: tf.Tensor, pairing: Pairing) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            terms = self._critic_terms(embedding, pairing, training=True)
        self._update(self.critic_optimizer, tape, terms, 'critic_loss', self.critic.trainable_variables)
        return terms

    def _update(
        self,
        optimizer: tf.keras.optimizers.Optimizer,
        tape: tf.GradientTape,
        terms: dict[str, tf.Tensor],
        loss: str,
        variables: list[tf.Variable],
    ) -> None:
        """One optimizer step on `terms[loss]`, a mean over this replica's batch, if all is finite."""
        gradients = tape.gradient(terms[loss], variables)
        checked = {**terms, f'{loss} gradient norm': tf.linalg.global_norm(gradients)}
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.control_dependencies([finite.require_finite(checked, self.optimizer.iterations)]):
            gradients = [gradient / replicas for gradient in gradients]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    def _report(
        self, labels: tf.Tensor, predictions: tf.Tensor, pairing: Pairing, terms: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        for name, value in {**terms, 'strong_fraction': pairing.strong_fraction}.items():
            self._means[name].update_state(value)
        return self.compute_metrics(None, labels, predictions, None)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {'config': self.config.to_dict(), 'threshold': self.threshold, 'name': self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Cafer:
        """The model that `get_config` describes."""
        return cls(**config)

    def get_compile_config(self) -> dict[str, Any] | None:
        """The optimizers; None before `compile`."""
        if self.critic_optimizer is None:
            return None
        serialize = tf.keras.saving.serialize_keras_object
        return {'optimizer': serialize(self.optimizer), 'critic_optimizer': serialize(self.critic_optimizer)}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as `get_compile_config` says, with the default metrics."""
        self.compile(**{key: tf.keras.saving.deserialize_keras_object(value) for key, value in config.items()})


def _bounded(predictions: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(predictions, features.LABEL_MIN, features.LABEL_MAX)


def _unpack(data: Any) -> tuple[tf.Tensor, tf.Tensor]:
    images, labels, weights = tf.keras.utils.unpack_x_y_sample_weight(data)
    if labels is None:
        raise ValueError('Cafer trains and tests on (images, labels); the data set yields images alone')
    if weights is not None:
        raise ValueError('Cafer takes no sample weights: its losses are statistics of the whole batch')
    return tf.cast(images, tf.float32), tf.cast(labels, tf.float32)
