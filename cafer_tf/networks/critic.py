"""The critic, which learns to tell strong emotion from weak."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.networks.dropout import Dropout


def build_critic(
    feature_size: int, *, dropout: float = 0.2, output: str = 'linear', spectral_normalization: bool = False
) -> tf.keras.Model:
    """The critic C: dense 64, dense 32, dense 16; 592,496 parameters on AlexNet's 9,216 features.

    Args:
        feature_size: d, length of the encoder's features.
        dropout: rate before the only ReLU.
        output: activation of the output, `linear`, `tanh` or `sigmoid`.
        spectral_normalization: whether every training call first divides each kernel W by an estimate of its largest
            singular value, which one power iteration a call carries on; the norm is 1 after some calls.

    Returns:
        A network from `[n, d]` to `[n, 16]`, float32 under every precision policy. As in the published network, the
        first two layers follow each other without an activation, and dropout comes before the only ReLU.

    Reference: for `spectral_normalization`, T. Miyato et al., "Spectral normalization for generative adversarial
    networks", ICLR 2018.
    """

    def dense(units: int, name: str, **kwargs: Any) -> tf.keras.layers.Layer:
        layer = tf.keras.layers.Dense(units, name=name, **kwargs)
        if not spectral_normalization:
            return layer
        # Imported where it is used: tensorflow-addons takes its time, and warns that its development has ended.
        import tensorflow_addons as tfa

        # In half precision, the kernel itself would be rounded at every call. The layer inside keeps its own precision.
        return tfa.layers.SpectralNormalization(layer, dtype='float32', name=name)

    return tf.keras.Sequential(
        [
            tf.keras.Input([feature_size], name='features'),
            dense(64, 'dense1'),
            dense(32, 'dense2'),
            Dropout(dropout, name='dropout'),
            tf.keras.layers.ReLU(name='relu'),
            dense(16, 'embedding', activation=output, dtype='float32'),
        ],
        name='critic',
    )
